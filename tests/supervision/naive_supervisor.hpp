// tests/supervision/naive_supervisor.hpp
//
// The documented rules of supervisors, written a second time and as plainly as possible: lists that
// are searched from end to end, functions that do one thing after the other and wait in place, a
// list of all restarts ever. Shares no code with the cores. For comparison in random tests, where a
// start has its outcome at once; what happens while a start or stop takes long is not modelled.
//
// Lines are those of core_driver.hpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core_driver.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::testing {

/// How the world behaves: the same for the model and for the driver of the core.
struct naive_world {
  std::map<child_id, std::deque<start_outcome>> scripts;
  std::set<child_id> deaf;  ///< do not end when asked
};

/// What all models have: the log, the time, starts, stops, counting restarts.
class naive_base {
 public:
  explicit naive_base(naive_world world) : world_(std::move(world)) {}

  lines take() { return std::exchange(log_, {}); }
  void pass(std::chrono::milliseconds time) { now_ += time; }
  [[nodiscard]] std::chrono::milliseconds now() const { return now_; }
  [[nodiscard]] bool ended() const { return ended_; }

 protected:
  struct child {
    child_rules rules;
    std::string status = "idle";
    std::string name = {};  ///< of its present or last run: `id#n`
  };

  start_outcome start(child& which, std::string& name) {
    const child_id& id = which.rules.id;
    name = id + "#" + std::to_string(++starts_[id]);
    log_.push_back("start " + name);
    std::deque<start_outcome>& script = world_.scripts[id];
    if (script.empty()) {
      return ok();
    }
    start_outcome outcome = script.front();
    script.pop_front();
    return outcome;
  }

  /// What a child is told to make it stop; nothing if it does not run.
  std::optional<std::chrono::milliseconds> ask(const child& which) {
    if (which.status != "running") {
      return std::nullopt;
    }
    const shutdown_type shutdown = which.rules.effective_shutdown();
    if (shutdown == shutdown_type::brutal_kill()) {
      log_.push_back("kill " + which.name);
      return std::nullopt;
    }
    log_.push_back("stop " + which.name);
    const bool obeys = world_.deaf.count(which.rules.id) == 0;
    return obeys ? std::nullopt : std::optional(shutdown.limit());
  }

  bool too_many_restarts(unsigned intensity, std::chrono::milliseconds period) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now_);
    restarts_.push_back(second);
    return std::count_if(restarts_.begin(), restarts_.end(), [&](std::chrono::seconds each) {
             return each >= second - period;
           }) > static_cast<std::ptrdiff_t>(intensity);
  }

  static bool comes_back(const child& which, const exit_reason& reason) {
    const bool fine = reason.kind == exit_kind::normal || reason.kind == exit_kind::shutdown ||
                      reason.kind == exit_kind::shutdown_term;
    return which.rules.restart == restart_type::permanent ||
           (which.rules.restart == restart_type::transient && !fine);
  }

  void say_end(const exit_reason& reason) {
    log_.push_back("exit " + to_string(reason));
    ended_ = true;
  }

  static std::string counted(std::size_t specs, const std::vector<child>& children) {
    std::size_t active = 0;
    std::size_t supervisors = 0;
    for (const child& each : children) {
      active += each.status == "running" ? 1 : 0;
      supervisors += each.rules.type == child_type::supervisor ? 1 : 0;
    }
    return "specs " + std::to_string(specs) + " active " + std::to_string(active) +
           " supervisors " + std::to_string(supervisors) + " workers " +
           std::to_string(children.size() - supervisors);
  }

  static std::string joined(const lines& parts) {
    std::string all;
    for (const std::string& part : parts) {
      all += (all.empty() ? "" : " ") + part;
    }
    return all;
  }

  lines log_;
  std::chrono::milliseconds now_{0};
  bool ended_ = false;
  std::deque<std::string> retries_;  ///< ids, or names where ids do not matter
  naive_world world_;

 private:
  std::map<child_id, int> starts_;
  std::vector<std::chrono::seconds> restarts_;
};

/// one_for_one, one_for_all and rest_for_one.
class naive_supervisor : public naive_base {
 public:
  naive_supervisor(supervisor_flags flags, const std::vector<child_rules>& first, naive_world world)
      : naive_base(std::move(world)), flags_(flags) {
    for (const child_rules& rules : first) {
      children_.push_back({rules});
    }
  }

  void start_up() {
    for (const child_id& id : ids()) {
      if (const auto reason = try_start(id)) {
        end(exit_reason::failed_to_start_child(id, *reason));
        return;
      }
    }
    log_.emplace_back("started");
  }

  void down(const child_id& id, const exit_reason& reason) {
    child gone = at(id);
    if (comes_back(gone, reason)) {
      restart(id);
      return;
    }
    put_aside(id);
    const auto significant_left = [](const child& each) {
      return each.rules.significant && each.status != "idle";
    };
    const bool last = std::none_of(children_.begin(), children_.end(), significant_left);
    if (gone.rules.significant &&
        (flags_.auto_shutdown == auto_shutdown_type::any_significant ||
         (flags_.auto_shutdown == auto_shutdown_type::all_significant && last))) {
      end(exit_reason::shutdown());
    }
  }

  void retry_all() {
    while (!retries_.empty() && !ended_) {
      const child_id id = retries_.front();
      retries_.pop_front();
      if (has(id) && at(id).status == "restarting") {
        restart(id);
      }
    }
  }

  void end(const exit_reason& reason) {
    lines order = ids();
    std::reverse(order.begin(), order.end());
    for (const child_id& id : order) {
      stop(id);
    }
    say_end(reason);
  }

  std::string start_child(const child_rules& rules) {
    if (has(rules.id)) {
      const child& present = at(rules.id);
      return present.status == "running" ? "error already_started " + present.name
                                         : "error already_present";
    }
    children_.push_back({rules});
    if (const auto reason = try_start(rules.id)) {
      forget(rules.id);
      return "error start_failed " + to_string(*reason);
    }
    return started(rules.id);
  }

  std::string terminate_child(const child_id& id) {
    if (!has(id)) {
      return "error not_found";
    }
    stop(id);
    return "ok";
  }

  std::string restart_child(const child_id& id) {
    if (!has(id)) {
      return "error not_found";
    }
    if (at(id).status != "idle") {
      return "error " + at(id).status;
    }
    if (const auto reason = try_start(id)) {
      return "error start_failed " + to_string(*reason);
    }
    return started(id);
  }

  std::string delete_child(const child_id& id) {
    if (!has(id)) {
      return "error not_found";
    }
    if (at(id).status != "idle") {
      return "error " + at(id).status;
    }
    forget(id);
    return "ok";
  }

  [[nodiscard]] std::string which() const {
    lines parts;
    for (auto each = children_.rbegin(); each != children_.rend(); ++each) {
      parts.push_back(each->rules.id + "=" +
                      (each->status == "running" ? each->name : each->status));
    }
    return joined(parts);
  }
  [[nodiscard]] std::string count() const { return counted(children_.size(), children_); }

  [[nodiscard]] lines running() const {
    lines found;
    for (const child& each : children_) {
      if (each.status == "running") {
        found.push_back(each.rules.id);
      }
    }
    return found;
  }

 private:
  [[nodiscard]] lines ids() const {
    lines all;
    for (const child& each : children_) {
      all.push_back(each.rules.id);
    }
    return all;
  }
  std::vector<child>::iterator find(const child_id& id) {
    return std::find_if(children_.begin(), children_.end(),
                        [&id](const child& each) { return each.rules.id == id; });
  }
  bool has(const child_id& id) { return find(id) != children_.end(); }
  child& at(const child_id& id) { return *find(id); }
  void forget(const child_id& id) { children_.erase(find(id)); }

  /// A child without process stays, unless it is temporary.
  void put_aside(const child_id& id) {
    at(id).status = "idle";
    if (at(id).rules.restart == restart_type::temporary) {
      forget(id);
    }
  }

  std::optional<exit_reason> try_start(const child_id& id) {
    child& which = at(id);
    const start_outcome outcome = start(which, which.name);
    if (outcome.what == start_outcome::kind::fail) {
      return outcome.reason;
    }
    which.status = "running";
    if (outcome.what == start_outcome::kind::ignore) {
      put_aside(id);
    }
    return std::nullopt;
  }

  std::string started(const child_id& id) {
    return has(id) && at(id).status == "running" ? "ok " + at(id).name : "ok undefined";
  }

  void stop(const child_id& id) {
    if (const auto patience = ask(at(id))) {
      now_ += *patience;
      log_.push_back("kill " + at(id).name);
    }
    put_aside(id);
  }

  void restart(const child_id& id) {
    at(id).status = "idle";
    if (too_many_restarts(flags_.intensity, flags_.period)) {
      end(exit_reason::shutdown());
      return;
    }
    lines affected = {id};
    if (flags_.strategy != restart_strategy::one_for_one) {
      affected = ids();
      if (flags_.strategy == restart_strategy::rest_for_one) {
        affected.erase(affected.begin(), std::find(affected.begin(), affected.end(), id));
      }
      for (auto each = affected.rbegin(); each != affected.rend(); ++each) {
        stop(*each);
      }
    }
    for (const child_id& each : affected) {
      if (has(each) && try_start(each)) {
        at(each).status = "restarting";
        retries_.push_back(each);
        return;
      }
    }
  }

  supervisor_flags flags_;
  std::vector<child> children_;
};

/// simple_one_for_one, with a template, and dynamic_supervisor, without one.
class naive_dynamic_supervisor : public naive_base {
 public:
  naive_dynamic_supervisor(supervisor_flags flags, const child_rules& only, naive_world world)
      : naive_base(std::move(world)), flags_(flags), template_(only) {}
  naive_dynamic_supervisor(const dynamic_supervisor_flags& flags, naive_world world)
      : naive_base(std::move(world)),
        flags_{.intensity = flags.max_restarts, .period = flags.max_seconds},
        max_children_(flags.max_children) {}

  void down(const std::string& name, const exit_reason& reason) {
    const child gone = *find(name);
    if (comes_back(gone, reason)) {
      restart(name);
      return;
    }
    children_.erase(find(name));
    if (template_ && template_->significant &&
        (flags_.auto_shutdown == auto_shutdown_type::any_significant ||
         (flags_.auto_shutdown == auto_shutdown_type::all_significant && children_.empty()))) {
      end(exit_reason::shutdown());
    }
  }

  void retry_all() {
    while (!retries_.empty() && !ended_) {
      const std::string name = retries_.front();
      retries_.pop_front();
      const auto which = find(name);
      if (which != children_.end() && which->status == "restarting") {
        restart(name);
      }
    }
  }

  /// All are asked at once; then each that does not listen is killed when its own time is over.
  void end(const exit_reason& reason) {
    std::map<std::chrono::milliseconds, lines> kills;
    for (const child& each : children_) {
      if (const auto patience = ask(each)) {
        kills[now_ + *patience].push_back(each.name);
      }
    }
    for (const auto& [when, names] : kills) {
      now_ = when;
      for (const std::string& name : names) {
        log_.push_back("kill " + name);
      }
    }
    children_.clear();
    say_end(reason);
  }

  std::string start_child(const child_rules& rules) {
    if (max_children_ && children_.size() >= *max_children_) {
      return "error max_children";
    }
    child added{template_ ? *template_ : rules};
    const start_outcome outcome = start(added, added.name);
    if (outcome.what == start_outcome::kind::fail) {
      return "error start_failed " + to_string(outcome.reason);
    }
    if (outcome.what == start_outcome::kind::ignore) {
      return "ok undefined";
    }
    added.status = "running";
    children_.push_back(added);
    return "ok " + added.name;
  }

  std::string terminate_process(const std::string& name) {
    const auto which = find(name);
    if (which == children_.end()) {
      return template_ ? "ok" : "error not_found";  // no stranger in these tests is alive
    }
    if (const auto patience = ask(*which)) {
      now_ += *patience;
      log_.push_back("kill " + name);
    }
    children_.erase(which);
    return "ok";
  }

  [[nodiscard]] std::string which() const {
    lines parts;
    for (const child& each : children_) {
      parts.push_back(each.rules.id + "=" + (each.status == "running" ? each.name : each.status));
    }
    return joined(parts);
  }
  [[nodiscard]] std::string count() const {
    return counted(template_ ? 1 : children_.size(), children_);
  }

  [[nodiscard]] lines running() const {
    lines found;
    for (const child& each : children_) {
      if (each.status == "running") {
        found.push_back(each.name);
      }
    }
    return found;
  }

 private:
  std::vector<child>::iterator find(const std::string& name) {
    return std::find_if(children_.begin(), children_.end(),
                        [&name](const child& each) { return each.name == name; });
  }

  void restart(const std::string& name) {
    const auto which = find(name);
    if (too_many_restarts(flags_.intensity, flags_.period)) {
      children_.erase(which);
      end(exit_reason::shutdown());
      return;
    }
    child again = *which;
    const start_outcome outcome = start(again, again.name);
    if (outcome.what == start_outcome::kind::fail) {
      which->status = "restarting";
      retries_.push_back(name);
      return;
    }
    children_.erase(which);
    if (outcome.what == start_outcome::kind::ok) {
      again.status = "running";
      children_.push_back(again);
    }
  }

  supervisor_flags flags_;
  std::optional<child_rules> template_;
  std::optional<std::size_t> max_children_;
  std::vector<child> children_;
};

}  // namespace slipway::testing
