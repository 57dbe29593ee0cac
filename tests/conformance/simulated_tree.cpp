// tests/conformance/simulated_tree.cpp
//
// One queue of what is about to happen, in order, and one of what happens later: messages between
// processes go through the first, timers through the second. A step is over when the first is
// empty.
//
// SPDX-License-Identifier: Apache-2.0
#include "simulated_tree.hpp"

#include "supervisor_terms.hpp"
#include <slipway/supervision/dynamic_supervisor_core.hpp>
#include <slipway/supervision/supervisor_core.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::conformance {

namespace {

namespace input = supervisor_input;
namespace action = supervisor_action;

struct simulated_supervisor;

// NOLINTNEXTLINE(bugprone-exception-escape): its own destructor, which clang-tidy takes for throwing
struct simulated_process {
  std::string name;
  json stop;
  simulated_supervisor* parent = nullptr;
  run_number run = 0;
  bool alive = false;
  bool starting = false;
  std::unique_ptr<simulated_supervisor> own;  ///< of a child that is a supervisor itself
};

struct simulated_supervisor {
  using step_function =
      std::function<std::vector<action::any>(const input::any&, monotonic_time now)>;

  simulated_process* self = nullptr;  ///< none for the root
  supervisor_kind kind = supervisor_kind::ordinary;
  step_function step;
  std::deque<input::any> pending;
  bool feeding = false;
  bool dead = false;
  bool acknowledged = false;
  bool declined = false;
  std::map<recipe_number, json> specs;
  recipe_number next_recipe = 1;
  std::map<run_number, simulated_process*> runs;
  std::map<call_number, std::pair<std::string, json>> callers;
  std::set<timer_number> cancelled;

  recipe_number keep(const recorded_spec& spec) {
    if (!spec.has_start) {
      return 0;
    }
    specs.emplace(next_recipe, spec.text);
    return next_recipe++;
  }
};

simulated_supervisor::step_function core_of(recorded_options options, simulated_supervisor& owner) {
  const auto stepping = [](auto core) -> simulated_supervisor::step_function {
    return [core = std::move(core)](const input::any& what, monotonic_time now) mutable {
      return core.step(what, now);
    };
  };
  owner.kind = options.kind;
  if (options.kind == supervisor_kind::dynamic) {
    return stepping(dynamic_supervisor_core{dynamic_supervisor_setup{
        .flags = std::move(options.dynamic_flags), .init = options.init, .flaw = options.flaw}});
  }
  supervisor_setup setup{.flags = options.flags, .init = options.init, .flaw = options.flaw};
  for (recorded_spec& spec : options.children) {
    const recipe_number recipe = owner.keep(spec);
    setup.children.push_back({std::move(spec.read.rules), recipe, std::move(spec.read.flaw)});
  }
  if (options.kind == supervisor_kind::simple) {
    return stepping(dynamic_supervisor_core{std::move(setup)});
  }
  return stepping(supervisor_core{std::move(setup)});
}

class simulated_tree final : public scenario_run {
 public:
  explicit simulated_tree(const scenario& recorded)
      : subject_(recorded.subject), options_(recorded.options), script_(recorded.script) {}

  json step(const json& step) override {
    seen_ = json::object();
    begin(step);
    drain();
    return std::exchange(seen_, json::object());
  }

 private:
  using thing_to_do = std::function<void()>;

  struct client {
    bool waits = false;
    std::deque<json> calls;
  };

  // -- steps --------------------------------------------------------------------------------------

  void begin(const json& step) {
    const auto& what = step.at("do").get_ref<const std::string&>();
    if (what == "start") {
      start_root(step.contains("options") ? step.at("options") : options_);
    } else if (what == "child_exit") {
      end_child(step.at("child"), step.at("reason"));
    } else if (what == "child_kill") {
      end_child(step.at("child"), "killed");
    } else if (what == "stop" || what == "parent_exit") {
      stop_root(step.at("reason"), what == "stop");
    } else if (what == "wait") {
      wait(std::chrono::milliseconds{step.at("ms").get<int>()});
    } else {
      call_in_turn(step.value("client", "a"), step);
    }
  }

  void start_root(const json& options) {
    root_ = make_supervisor(options, subject_, nullptr);
    feed(*root_, input::start{});
  }

  void end_child(const std::string& name, const json& reason) {
    const auto found = processes_.find(name);
    if (found != processes_.end()) {
      end(*found->second, reason);
    }
  }

  void stop_root(const json& reason, bool may_be_kill) {
    if (root_ == nullptr || root_->dead) {
      return;
    }
    if (may_be_kill && reason == "kill") {
      tell("sup", {"exit", "sup", "killed"});
      kill(*root_, exit_reason::killed());
    } else {
      post(*root_, input::stop_requested{to_reason(reason)});
    }
  }

  void wait(std::chrono::milliseconds time) {
    const monotonic_time end = now_ + time;
    drain();
    while (!timers_.empty() && timers_.begin()->first <= end) {
      now_ = timers_.begin()->first;
      drain();
    }
    now_ = end;
  }

  // -- time and order -----------------------------------------------------------------------------

  void soon(thing_to_do what) { queue_.push_back(std::move(what)); }
  void later(std::chrono::milliseconds after, thing_to_do what) {
    timers_.emplace(now_ + after, std::move(what));
  }
  void drain() {
    while (true) {
      thing_to_do next;
      if (!queue_.empty()) {
        next = std::move(queue_.front());
        queue_.pop_front();
      } else if (!timers_.empty() && timers_.begin()->first <= now_) {
        next = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
      } else {
        return;
      }
      next();
    }
  }

  void tell(const std::string& observer, json event) {
    json& events = seen_[observer];
    if (events.is_null()) {
      events = json::array();
    }
    events.push_back(std::move(event));
  }

  // -- supervisors --------------------------------------------------------------------------------

  static std::unique_ptr<simulated_supervisor> make_supervisor(const json& options,
                                                               const std::string& subject,
                                                               simulated_process* self) {
    auto made = std::make_unique<simulated_supervisor>();
    made->self = self;
    made->step = core_of(read_options(options, subject), *made);
    return made;
  }

  void feed(simulated_supervisor& supervisor, input::any what) {
    supervisor.pending.push_back(std::move(what));
    if (supervisor.feeding) {
      return;
    }
    supervisor.feeding = true;
    while (!supervisor.pending.empty() && !supervisor.dead) {
      const input::any next = std::move(supervisor.pending.front());
      supervisor.pending.pop_front();
      for (const action::any& each : supervisor.step(next, now_)) {
        std::visit([&](const auto& act) { perform(supervisor, act); }, each);
      }
    }
    supervisor.feeding = false;
  }
  void post(simulated_supervisor& supervisor, input::any what) {
    soon([this, &supervisor, what = std::move(what)] { feed(supervisor, what); });
  }

  void perform(simulated_supervisor& by, const action::start_child& act) {
    const json spec = by.specs.at(act.recipe);
    const tree_script::part part = script_.next(act.id);
    json event{"starting", part.name};
    if (!act.arguments.empty()) {
      event.push_back(to_term(act.arguments));
    }
    tell("sup", std::move(event));
    auto made = std::make_unique<simulated_process>();
    made->name = part.name;
    made->stop = part.stop;
    made->parent = &by;
    made->run = act.run;
    simulated_process& process = *made;
    processes_[part.name] = std::move(made);
    by.runs[act.run] = &process;
    go_on_starting(process, part.start, spec);
  }
  void perform(simulated_supervisor& by, const action::release_run& act) { by.runs.erase(act.run); }
  void perform(simulated_supervisor& by, const action::stop_child& act) {
    signal(*by.runs.at(act.run), "shutdown");
  }
  void perform(simulated_supervisor& by, const action::kill_child& act) {
    end(*by.runs.at(act.run), "killed");
  }
  void perform(simulated_supervisor& by, const action::arm_timer& act) {
    later(act.after, [this, &by, timer = act.timer] {
      if (!by.cancelled.contains(timer)) {
        feed(by, input::timer_fired{timer});
      }
    });
  }
  void perform(simulated_supervisor& by, const action::cancel_timer& act) {
    by.cancelled.insert(act.timer);
  }
  void perform(simulated_supervisor& by, const action::retry_later& act) {
    post(by, input::retry_restart{act.id, act.run, act.attempt});
  }
  void perform(simulated_supervisor& by, const action::reply& act) {
    const auto caller = by.callers.extract(act.call).mapped();
    returned(caller.first, answered(caller.second, by.kind, act.what,
                                    [&by](run_number run) { return by.runs.at(run)->name; }));
  }
  void perform(simulated_supervisor& by, const action::forget_recipe& act) {
    by.specs.erase(act.recipe);
  }
  void perform(simulated_supervisor& by, const action::acknowledge& /*act*/) {
    by.acknowledged = true;
    if (by.self == nullptr) {
      tell("parent", {"start", {"ok", "sup"}});
      return;
    }
    by.self->starting = false;
    tell("sup", {"started", by.self->name});
    feed(*by.self->parent, input::child_started{by.self->run, ""});
  }
  static void perform(simulated_supervisor& by, const action::decline& /*act*/) {
    by.declined = true;
  }
  static void perform(simulated_supervisor& /*by*/, const action::report& /*act*/) {}
  void perform(simulated_supervisor& by, const action::terminate& act) {
    by.dead = true;
    const json reason = to_term(act.reason);
    if (by.self != nullptr && by.declined) {
      by.self->alive = by.self->starting = false;
      tell("sup", {"exit", by.self->name, reason});
      tell("sup", {"ignored", by.self->name});
      feed(*by.self->parent, input::child_ignored{by.self->run});
    } else if (by.self != nullptr) {
      end(*by.self, reason);
    } else {
      tell("sup", {"exit", "sup", reason});
      if (by.declined) {
        tell("parent", {"start", "ignore"});
      } else if (!by.acknowledged) {
        tell("parent", {"start", {"error", reason}});
      }
    }
    turn_away_callers(by, act.reason);
  }

  void kill(simulated_supervisor& supervisor, const exit_reason& reason) {
    supervisor.dead = true;
    const auto runs = supervisor.runs;
    for (const auto& [run, process] : runs) {
      signal(*process, to_term(reason));
    }
    turn_away_callers(supervisor, reason);
  }

  void turn_away_callers(simulated_supervisor& supervisor, const exit_reason& reason) {
    for (const auto& [number, caller] : std::exchange(supervisor.callers, {})) {
      returned(caller.first, unanswered(caller.second, reason));
    }
  }

  // -- children -----------------------------------------------------------------------------------

  void go_on_starting(simulated_process& process, const json& outcome, const json& spec) {
    simulated_supervisor& parent = *process.parent;
    if (outcome.is_object() && outcome.contains("hang")) {
      const json then = outcome.value("then", json("ok"));
      process.starting = true;
      process.alive = has_process(then);
      later(std::chrono::milliseconds{outcome.at("hang").get<int>()},
            [this, &process, &parent, then, spec] {
              if (!parent.dead && process.starting) {
                process.starting = false;
                go_on_starting(process, then, spec);
              }
            });
    } else if (const auto why_not = failure_of(outcome)) {
      fail_start(process, *why_not, has_process(outcome));
    } else if (outcome == "ignore") {
      process.alive = false;
      tell("sup", {"ignored", process.name});
      feed(parent, input::child_ignored{process.run});
    } else if (spec.is_object() && spec.contains("sup") && outcome == "ok") {
      process.alive = process.starting = true;
      process.own = make_supervisor(spec.at("sup"), "supervisor", &process);
      feed(*process.own, input::start{});
    } else {
      process.alive = true;
      tell("sup", {"started", process.name});
      feed(parent, input::child_started{process.run, info_of(outcome)});
    }
  }

  void fail_start(simulated_process& process, const exit_reason& reason, bool had_process) {
    process.alive = false;
    const json term = to_term(reason);
    if (had_process) {
      tell("sup", {"exit", process.name, term});
    }
    tell("sup", {"start_failed", process.name, term});
    feed(*process.parent, input::child_start_failed{process.run, reason});
  }

  /// The process is gone at once.
  void end(simulated_process& process, const json& reason) {
    if (!process.alive) {
      return;
    }
    process.alive = false;
    tell("sup", {"exit", process.name, reason});
    if (process.own != nullptr && !process.own->dead) {
      kill(*process.own, to_reason(reason));
    }
    if (std::exchange(process.starting, false)) {
      tell("sup", {"start_failed", process.name, reason});
    }
    post(*process.parent, input::child_down{process.run, to_reason(reason)});
  }

  /// The process gets an exit signal of its supervisor.
  void signal(simulated_process& process, const json& reason) {
    if (!process.alive) {
      return;
    }
    if (process.own != nullptr) {
      post(*process.own, input::stop_requested{to_reason(reason)});
      return;
    }
    if (process.stop == "no_trap") {
      end(process, reason);
      return;
    }
    tell("sup", {"stopping", process.name, reason});
    if (process.stop == "ignore") {
      return;
    }
    const json own = process.stop.is_object() ? process.stop.value("reason", reason) : reason;
    if (process.stop.is_object() && process.stop.contains("after")) {
      later(std::chrono::milliseconds{process.stop.at("after").get<int>()},
            [this, &process, own] { end(process, own); });
    } else {
      end(process, own);
    }
  }

  // -- clients ------------------------------------------------------------------------------------

  void call_in_turn(const std::string& name, const json& step) {
    client& who = clients_[name];
    if (who.waits) {
      who.calls.push_back(step);
    } else {
      who.waits = true;
      soon([this, name, step] { call(name, step); });
    }
  }

  void call(const std::string& name, const json& step) {
    simulated_supervisor* callee = supervisor_named(step.value("sup", "sup"));
    supervisor_call::any what = to_call(step, kind_of(callee));
    if (auto* start = std::get_if<supervisor_call::start_child>(&what)) {
      const recorded_spec spec = read_spec(step.at("spec"), kind_of(callee));
      if (subject_ == "dynamic_supervisor") {
        if (auto flaw = check_dynamic(start->rules, spec.has_start ? 1 : 0, start->flaw)) {
          returned(name, {step.at("do"), {"error", to_term(*flaw)}});  // on the client's side
          return;
        }
      }
      start->recipe = callee == nullptr ? 0 : callee->keep(spec);
    }
    if (callee == nullptr || callee->dead) {
      returned(name, unanswered(step, exit_reason::noproc()));
      return;
    }
    if (auto* terminate = std::get_if<supervisor_call::terminate_child>(&what)) {
      look_up(*callee, step, terminate->child);
    } else if (auto* get = std::get_if<supervisor_call::get_childspec>(&what)) {
      look_up(*callee, step, get->child);
    }
    const call_number number = next_call_++;
    callee->callers[number] = {name, step};
    feed(*callee, input::call{number, std::move(what)});
  }

  void look_up(const simulated_supervisor& callee, const json& step, child_ref& which) const {
    auto* process = std::get_if<child_process>(&which);
    if (process == nullptr) {
      return;
    }
    const auto found = processes_.find(step.at("child").get<std::string>());
    if (found == processes_.end()) {
      process->alive = step.at("child") == "sup" && !root_->dead;
      return;
    }
    process->alive = found->second->alive;
    process->run = found->second->parent == &callee ? found->second->run : 0;
  }

  void returned(const std::string& name, json event) {
    tell(name, std::move(event));
    client& who = clients_[name];
    who.waits = false;
    if (!who.calls.empty()) {
      const json next = std::move(who.calls.front());
      who.calls.pop_front();
      call_in_turn(name, next);
    }
  }

  simulated_supervisor* supervisor_named(const std::string& name) {
    if (name == "sup") {
      return root_.get();
    }
    const auto found = processes_.find(name);
    return found == processes_.end() ? nullptr : found->second->own.get();
  }

  [[nodiscard]] supervisor_kind kind_of(const simulated_supervisor* callee) const {
    if (callee != nullptr) {
      return callee->kind;
    }
    return subject_ == "dynamic_supervisor" ? supervisor_kind::dynamic : supervisor_kind::ordinary;
  }

  std::string subject_;
  json options_;
  tree_script script_;
  json seen_;
  monotonic_time now_{0};
  std::deque<thing_to_do> queue_;
  std::multimap<monotonic_time, thing_to_do> timers_;
  std::map<std::string, std::unique_ptr<simulated_process>> processes_;
  std::unique_ptr<simulated_supervisor> root_;
  std::map<std::string, client> clients_;
  call_number next_call_ = 1;
};

}  // namespace

std::unique_ptr<scenario_run> drive_simulated_tree(const scenario& script) {
  return std::make_unique<simulated_tree>(script);
}

}  // namespace slipway::conformance
