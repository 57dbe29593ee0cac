// tests/supervision/core_driver.hpp
//
// Runs a supervisor's core on virtual time: plays the shell, the children and the clock, and writes
// down what happens in short lines ("start a#2", "stop a#2", "kill a#2", "exit shutdown", "reply 1
// ok").
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/dynamic_supervisor_core.hpp>
#include <slipway/supervision/supervisor_core.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::testing {

using lines = std::vector<std::string>;

/// Outcome of one scripted start.
struct start_outcome {
  enum class kind { ok, ignore, fail, hang };
  kind what = kind::ok;
  exit_reason reason = {};
  std::string info = {};
};

inline start_outcome ok(std::string info = {}) {
  return {start_outcome::kind::ok, {}, std::move(info)};
}
inline start_outcome declines() {
  return {start_outcome::kind::ignore};
}
inline start_outcome fails(exit_reason reason) {
  return {start_outcome::kind::fail, std::move(reason)};
}
/// The start goes on until started(), start_failed() or down() is called.
inline start_outcome hangs() {
  return {start_outcome::kind::hang};
}

inline exit_reason boom() {
  return exit_reason::error("boom", "");
}

inline child_rules rules(child_id id, restart_type restart = restart_type::permanent,
                         std::optional<shutdown_type> shutdown = {}) {
  return {.id = std::move(id), .restart = restart, .shutdown = shutdown};
}

template <class Core>
class basic_core_driver {
 public:
  basic_core_driver(supervisor_flags flags, std::vector<child_rules> children,
                    std::shared_ptr<restart_budget> budget = {})
      : core_(make_setup(flags, std::move(children), std::move(budget))) {}
  explicit basic_core_driver(dynamic_supervisor_flags flags)
      : core_(dynamic_supervisor_setup{.flags = std::move(flags)}) {}

  /// The outcomes of the next starts of a child; after them every start is ok.
  void script(const child_id& id, std::deque<start_outcome> outcomes) {
    scripts_[id] = std::move(outcomes);
  }
  /// Children that do not end when they are asked.
  void ignores_shutdown(const child_id& id) { deaf_[id] = true; }
  /// Children that end with this reason instead of the one asked for.
  void ends_with(const child_id& id, exit_reason reason) { own_reason_[id] = std::move(reason); }
  /// Children whose kill shows no effect until down() is called.
  void outlives_kill(const child_id& id) { undead_[id] = true; }

  void start() { feed(supervisor_input::start{}); }
  void stop(exit_reason reason = exit_reason::shutdown()) {
    feed(supervisor_input::stop_requested{std::move(reason)});
  }
  /// The child's present (or starting) run ends.
  void down(const child_id& id, exit_reason reason) { down(current_.at(id), std::move(reason)); }
  void down(run_number run, exit_reason reason) {
    feed(supervisor_input::child_down{run, std::move(reason)});
  }
  void started(const child_id& id) {
    living_.insert(current_.at(id));
    feed(supervisor_input::child_started{current_.at(id), {}});
  }
  void start_failed(const child_id& id, exit_reason reason) {
    feed(supervisor_input::child_start_failed{current_.at(id), std::move(reason)});
  }
  [[nodiscard]] run_number run_of(const child_id& id) const { return current_.at(id); }

  call_number call(supervisor_call::any what) {
    const call_number number = next_call_++;
    feed(supervisor_input::call{number, std::move(what)});
    return number;
  }
  call_number start_child(child_rules added) {
    return call(supervisor_call::start_child{std::move(added), next_recipe_++});
  }
  call_number start_child(argument_list arguments) {
    return call(supervisor_call::start_from_template{std::move(arguments)});
  }
  /// By the actor that had this name, `id#n`.
  call_number terminate_process(const std::string& full) {
    return call(supervisor_call::terminate_child{process(full)});
  }
  [[nodiscard]] child_process process(const std::string& full) const {
    const auto found = runs_.find(full);
    return found == runs_.end() ? child_process{}
                                : child_process{found->second, living_.contains(found->second)};
  }
  call_number terminate_child(const child_id& id) {
    return call(supervisor_call::terminate_child{id});
  }
  call_number restart_child(const child_id& id) { return call(supervisor_call::restart_child{id}); }
  call_number delete_child(const child_id& id) { return call(supervisor_call::delete_child{id}); }

  /// The reply to a call, as text; "none" while there is none.
  [[nodiscard]] std::string reply(call_number number) const {
    const auto entry = replies_.find(number);
    return entry == replies_.end() ? "none" : entry->second;
  }
  /// which_children in one line: "b=running a=idle".
  std::string which() { return reply(call(supervisor_call::which_children{})); }
  /// count_children in one line: "specs 2 active 1 supervisors 0 workers 2".
  std::string count() { return reply(call(supervisor_call::count_children{})); }

  /// Lets time pass, and timers run down at their instant.
  void wait(monotonic_time time) {
    const monotonic_time end = now_ + time;
    for (;;) {
      const bool delayed_is_next =
          !delayed_.empty() && (!timer_ || delayed_.begin()->first < timer_->second);
      const monotonic_time due = delayed_is_next ? delayed_.begin()->first
                                 : timer_        ? timer_->second
                                                 : monotonic_time::max();
      if (due > end) {
        break;
      }
      now_ = due;
      if (delayed_is_next) {
        feed(delayed_.extract(delayed_.begin()).mapped());
      } else {
        feed(supervisor_input::timer_fired{std::exchange(timer_, std::nullopt)->first});
      }
    }
    now_ = end;
  }
  /// Lets time pass until the core waits for nothing more.
  void settle() {
    while (core_.busy() && timer_) {
      wait(timer_->second - now_);
    }
  }
  [[nodiscard]] monotonic_time now() const { return now_; }
  /// While held, retries stay where they are: for what happens between two tries.
  void hold_retries() { hold_ = true; }
  void release_retries() {
    hold_ = false;
    drain();
  }

  /// What happened since the last call.
  lines take() { return std::exchange(log_, {}); }
  [[nodiscard]] const std::vector<supervisor_event>& events() const { return events_; }
  template <class Event>
  [[nodiscard]] std::vector<Event> events_of() const {
    std::vector<Event> found;
    for (const supervisor_event& event : events_) {
      if (const auto* match = std::get_if<Event>(&event)) {
        found.push_back(*match);
      }
    }
    return found;
  }
  [[nodiscard]] const Core& core() const { return core_; }
  /// The arguments of the last start.
  [[nodiscard]] const argument_list& last_arguments() const { return last_arguments_; }
  [[nodiscard]] std::size_t forgotten() const { return forgotten_; }

 private:
  supervisor_setup make_setup(supervisor_flags flags, std::vector<child_rules> children,
                              std::shared_ptr<restart_budget> budget) {
    supervisor_setup setup{.flags = flags, .budget = std::move(budget)};
    for (child_rules& child : children) {
      setup.children.push_back({std::move(child), next_recipe_++});
    }
    return setup;
  }

  template <class Input>
  void feed(Input input) {
    inputs_.emplace_back(std::move(input));
    drain();
  }

  void note_end(const supervisor_input::any& input) {
    if (const auto* down = std::get_if<supervisor_input::child_down>(&input)) {
      living_.erase(down->run);
    }
  }

  void drain() {
    if (draining_) {
      return;
    }
    draining_ = true;
    while (!inputs_.empty()) {
      const supervisor_input::any next = std::move(inputs_.front());
      inputs_.pop_front();
      if (hold_ && std::holds_alternative<supervisor_input::retry_restart>(next)) {
        held_.push_back(next);
        continue;
      }
      note_end(next);
      for (const supervisor_action::any& action : core_.step(next, now_)) {
        std::visit([this](const auto& what) { this->perform(what); }, action);
      }
      if (!hold_) {
        for (auto& retry : std::exchange(held_, {})) {
          inputs_.push_back(std::move(retry));
        }
      }
    }
    draining_ = false;
    if (!hold_ && !held_.empty()) {
      inputs_.insert(inputs_.end(), held_.begin(), held_.end());
      held_.clear();
      drain();
    }
  }

  [[nodiscard]] std::string name(run_number run) const { return names_.at(run); }

  void perform(const supervisor_action::start_child& action) {
    const std::string full = action.id + "#" + std::to_string(++starts_[action.id]);
    names_[action.run] = full;
    runs_[full] = action.run;
    last_arguments_ = action.arguments;
    ids_[action.run] = action.id;
    current_[action.id] = action.run;
    log_.push_back("start " + full);
    start_outcome outcome;
    std::deque<start_outcome>& script = scripts_[action.id];
    if (!script.empty()) {
      outcome = std::move(script.front());
      script.pop_front();
    }
    switch (outcome.what) {
      case start_outcome::kind::ok:
        living_.insert(action.run);
        inputs_.push_front(supervisor_input::child_started{action.run, outcome.info});
        break;
      case start_outcome::kind::ignore:
        inputs_.push_front(supervisor_input::child_ignored{action.run});
        break;
      case start_outcome::kind::fail:
        inputs_.push_front(supervisor_input::child_start_failed{action.run, outcome.reason});
        break;
      case start_outcome::kind::hang:
        break;
    }
  }
  void perform(const supervisor_action::release_run& /*action*/) {}
  void perform(const supervisor_action::stop_child& action) {
    log_.push_back("stop " + name(action.run));
    const child_id& id = ids_.at(action.run);
    if (deaf_[id]) {
      return;
    }
    const auto own = own_reason_.find(id);
    inputs_.push_back(supervisor_input::child_down{
        action.run, own == own_reason_.end() ? exit_reason::shutdown() : own->second});
  }
  void perform(const supervisor_action::kill_child& action) {
    log_.push_back("kill " + name(action.run));
    if (!undead_[ids_.at(action.run)]) {
      inputs_.push_back(supervisor_input::child_down{action.run, exit_reason::killed()});
    }
  }
  void perform(const supervisor_action::arm_timer& action) {
    timer_.emplace(action.timer, now_ + action.after);
  }
  void perform(const supervisor_action::cancel_timer& action) {
    if (timer_ && timer_->first == action.timer) {
      timer_.reset();
    }
  }
  void perform(const supervisor_action::retry_later& action) {
    const supervisor_input::retry_restart retry{action.id, action.run, action.attempt};
    if (action.after.count() == 0) {
      inputs_.push_back(retry);
    } else {
      delayed_.emplace(now_ + action.after, retry);
    }
  }
  void perform(const supervisor_action::reply& action) {
    replies_[action.call] =
        std::visit([this](const auto& what) { return this->text(what); }, action.what);
  }
  void perform(const supervisor_action::forget_recipe& /*action*/) { ++forgotten_; }
  void perform(const supervisor_action::acknowledge& /*action*/) { log_.emplace_back("started"); }
  void perform(const supervisor_action::decline& /*action*/) { log_.emplace_back("declined"); }
  void perform(const supervisor_action::report& action) { events_.push_back(action.event); }
  void perform(const supervisor_action::terminate& action) {
    log_.push_back("exit " + to_string(action.reason));
  }

  static std::string text(const supervisor_reply::done& /*reply*/) { return "ok"; }
  [[nodiscard]] std::string text(const supervisor_reply::started& reply) const {
    return "ok " + (reply.run == 0 ? "undefined" : name(reply.run)) +
           (reply.info.empty() ? "" : " " + reply.info);
  }
  [[nodiscard]] std::string text(const supervisor_reply::children& reply) const {
    std::string all;
    for (const supervisor_reply::child_line& line : reply) {
      all += (all.empty() ? "" : " ") + line.id + "=" +
             (line.status == child_status::running ? name(line.run)
                                                   : std::string(to_string(line.status)));
    }
    return all;
  }
  static std::string text(const supervisor_reply::description& reply) {
    std::string all = std::to_string(reply.uptime.count()) + " ms";
    for (const supervisor_reply::child_description& each : reply.children) {
      all += ", " + each.line.id + " " + std::to_string(each.restarts) + " restarts " +
             (each.uptime ? std::to_string(each.uptime->count()) + " ms" : "down") +
             (each.last_exit ? " after " + to_string(*each.last_exit) : "");
    }
    return all;
  }
  static std::string text(const child_counts& reply) {
    return "specs " + std::to_string(reply.specs) + " active " + std::to_string(reply.active) +
           " supervisors " + std::to_string(reply.supervisors) + " workers " +
           std::to_string(reply.workers);
  }
  static std::string text(const child_rules& reply) {
    return reply.id + " " + std::string(to_string(reply.restart)) + " " +
           (reply.shutdown ? to_string(*reply.shutdown) : "?") + " " +
           std::string(to_string(reply.type));
  }
  [[nodiscard]] std::string text(const supervisor_reply::failed& reply) const {
    std::string all = "error " + std::string(to_string(reply.code));
    if (reply.running != 0) {
      all += " " + name(reply.running);
    }
    if (reply.cause) {
      all += " " + to_string(*reply.cause);
    }
    if (reply.invalid) {
      all += " " + reply.invalid->field;
    }
    return all;
  }

  recipe_number next_recipe_ = 1;
  Core core_;
  monotonic_time now_{0};
  std::deque<supervisor_input::any> inputs_;
  std::vector<supervisor_input::any> held_;
  bool hold_ = false;
  bool draining_ = false;
  std::optional<std::pair<timer_number, monotonic_time>> timer_;
  std::multimap<monotonic_time, supervisor_input::retry_restart> delayed_;
  std::map<child_id, std::deque<start_outcome>> scripts_;
  std::map<child_id, bool> deaf_;
  std::map<child_id, bool> undead_;
  std::map<child_id, exit_reason> own_reason_;
  std::map<child_id, int> starts_;
  std::map<child_id, run_number> current_;
  std::map<run_number, std::string> names_;
  std::map<std::string, run_number> runs_;
  std::set<run_number> living_;
  argument_list last_arguments_;
  std::map<run_number, child_id> ids_;
  std::map<call_number, std::string> replies_;
  call_number next_call_ = 1;
  std::size_t forgotten_ = 0;
  lines log_;
  std::vector<supervisor_event> events_;
};

using core_driver = basic_core_driver<supervisor_core>;
/// Of a dynamic supervisor and of simple_one_for_one.
using dynamic_core_driver = basic_core_driver<dynamic_supervisor_core>;

}  // namespace slipway::testing
