// slipway/supervision/dynamic_supervisor_core.cpp
//
// The functions of supervisor.erl and dynamic_supervisor.ex that a function here mirrors stand in
// its comment.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor_core.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace slipway {

namespace {

namespace input = supervisor_input;
namespace action = supervisor_action;

// supervisor.erl wait_dynamic_children/5; dynamic_supervisor.ex wait_child.
bool is_fine(const child_rules& rules, const exit_reason& reason) {
  return reason.kind == exit_kind::shutdown || reason.kind == exit_kind::shutdown_term ||
         (reason.kind == exit_kind::normal && rules.restart != restart_type::permanent);
}

argument_list joined(argument_list front, const argument_list& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

}  // namespace

dynamic_supervisor_core::dynamic_supervisor_core(dynamic_supervisor_setup setup)
    : kind_(kind::dynamic_supervisor),
      strategy_(setup.flags.strategy),
      intensity_(setup.flags.max_restarts),
      period_(setup.flags.max_seconds),
      resolution_(setup.flags.resolution),
      max_children_(setup.flags.max_children),
      extra_arguments_(std::move(setup.flags.extra_arguments)),
      kill_patience_(setup.kill_patience),
      init_(setup.init),
      flaw_(std::move(setup.flaw)),
      control_({.intensity = intensity_,
                .period = period_,
                .resolution = resolution_,
                .backoff = setup.flags.backoff,
                .budget = std::move(setup.budget),
                .seed = setup.seed}) {}

dynamic_supervisor_core::dynamic_supervisor_core(supervisor_setup setup)
    : kind_(kind::simple_one_for_one),
      strategy_(setup.flags.strategy),
      intensity_(setup.flags.intensity),
      period_(setup.flags.period),
      resolution_(setup.flags.resolution),
      auto_shutdown_(setup.flags.auto_shutdown),
      templates_(std::move(setup.children)),
      kill_patience_(setup.kill_patience),
      init_(setup.init),
      flaw_(std::move(setup.flaw)),
      control_({.intensity = intensity_,
                .period = period_,
                .resolution = resolution_,
                .backoff = setup.flags.backoff,
                .budget = std::move(setup.budget),
                .seed = setup.seed}) {}

dynamic_supervisor_core::actions dynamic_supervisor_core::step(input::any input,
                                                               monotonic_time now) {
  now_ = now;
  if (is_awaited(input)) {
    take_awaited(input);
  } else if (std::holds_alternative<input::start>(input)) {
    inbox_.push_front(std::move(input));
  } else if (!std::holds_alternative<input::timer_fired>(input)) {
    if (const auto* down = std::get_if<input::child_down>(&input)) {
      remember_end(*down);
    }
    inbox_.push_back(std::move(input));
  }
  while (!busy() && !ended() && !inbox_.empty()) {
    if (phase_ == phase::fresh && !std::holds_alternative<input::start>(inbox_.front())) {
      break;
    }
    const input::any next = std::move(inbox_.front());
    inbox_.pop_front();
    std::visit(
        [this](const auto& what) {
          if constexpr (requires { handle(what); }) {
            handle(what);
          }
        },
        next);
  }
  now_ = monotonic_time::zero();
  return std::exchange(out_, {});
}

// -- inputs ---------------------------------------------------------------------------------------

// supervisor.erl init_dynamic/2; dynamic_supervisor.ex init.
void dynamic_supervisor_core::handle(const input::start& /*input*/) {
  if (phase_ != phase::fresh) {
    return;
  }
  phase_ = phase::serving;
  began_ = now_;
  if (init_ == supervisor_init::declined) {
    out_.emplace_back(action::decline{});
    shut_down(exit_reason::normal());
  } else if (const auto flaw = flaw_of_setup()) {
    shut_down(start_refused(*flaw));
  } else {
    report(supervisor_started{});
    out_.emplace_back(action::acknowledge{});
  }
}

// supervisor.erl do_restart/3; dynamic_supervisor.ex maybe_restart_child.
void dynamic_supervisor_core::handle(const input::child_down& input) {
  if (outliving_.erase(input.run) != 0) {
    out_.emplace_back(action::release_run{input.run});
    return;
  }
  const auto which = children_.find(input.run);
  if (which == children_.end() || which->second.status != child_status::running) {
    return;  // it was stopped meanwhile, or is nobody's
  }
  child& ended = which->second;
  ended.history.last_exit = input.reason;
  const bool again = ended.rules.restart == restart_type::permanent ||
                     (ended.rules.restart == restart_type::transient && input.reason.is_abnormal());
  report(child_exited{ended.rules.id, input.run, input.reason,
                      again ? exit_outcome::restart : exit_outcome::forget});
  if (again) {
    ended.history.failed(now_, control_.backoff());
    restart(which);
    return;
  }
  const child gone = ended;
  remove(which);
  if (ends_with(gone)) {
    report(auto_shutdown_triggered{gone.rules.id});
    shut_down(exit_reason::shutdown());
  }
}

// supervisor.erl handle_cast/2 for try_again_restart; dynamic_supervisor.ex, its $gen_restart.
void dynamic_supervisor_core::handle(const input::retry_restart& input) {
  const auto which = children_.find(input.run);
  if (which == children_.end() || which->second.status != child_status::restarting ||
      which->second.history.attempt != input.attempt) {
    return;
  }
  if (which->second.history.counted) {
    restart_now(which);
  } else {
    restart(which);
  }
}

// gen_server's handling of the parent's exit.
void dynamic_supervisor_core::handle(const input::stop_requested& input) {
  shut_down(input.reason);
}

void dynamic_supervisor_core::handle(const input::call& input) {
  std::visit([this, &input](const auto& what) { serve(input.number, what); }, input.what);
}

// -- where the two differ -------------------------------------------------------------------------

std::optional<spec_error> dynamic_supervisor_core::flaw_of_setup() const {
  if (flaw_) {
    return flaw_;
  }
  if (kind_ == kind::dynamic_supervisor) {
    return check({.strategy = strategy_,
                  .max_restarts = intensity_,
                  .max_seconds = period_,
                  .resolution = resolution_,
                  .backoff = control_.backoff()});
  }
  if (auto flaw = check(flags())) {
    return flaw;
  }
  if (templates_.size() != 1) {
    std::vector<child_id> ids;
    for (const first_child& each : templates_) {
      ids.push_back(each.rules.id);
    }
    return not_one_template(ids);
  }
  const first_child& only = templates_.front();
  return check(only.rules, only.recipe, only.flaw, auto_shutdown_);
}

// dynamic_supervisor.ex handle_call for start_child. Under simple_one_for_one a spec is no list of
// arguments; OTP's supervisor crashes of it.
void dynamic_supervisor_core::serve(call_number caller, const supervisor_call::start_child& call) {
  const bool is_dynamic = kind_ == kind::dynamic_supervisor;
  if (!is_dynamic) {
    refuse(caller, supervisor_errc::simple_one_for_one, call.rules.id);
  } else if (auto flaw = check_dynamic(call.rules, call.recipe, call.flaw)) {
    refuse_spec(caller, std::move(*flaw));
  } else if (max_children_ && children_.size() >= *max_children_) {
    refuse(caller, supervisor_errc::max_children, call.rules.id);
  } else {
    child_rules rules = call.rules;
    rules.arguments = joined(extra_arguments_, call.rules.arguments);
    add(caller, std::move(rules), call.recipe);
    return;
  }
  out_.emplace_back(action::forget_recipe{call.recipe});
}

// supervisor.erl handle_call/3 for start_child under simple_one_for_one.
void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::start_from_template& call) {
  if (kind_ == kind::dynamic_supervisor) {
    refuse_spec(caller, {spec_errc::invalid_child_spec,
                         {},
                         "spec",
                         "must be given: a dynamic supervisor has no template"});
    return;
  }
  const first_child& only = templates_.front();
  child_rules rules = only.rules;
  rules.arguments = joined(only.rules.arguments, call.arguments);
  add(caller, std::move(rules), only.recipe);
}

// supervisor.erl find_child/2; dynamic_supervisor.ex handle_call for terminate_child.
void dynamic_supervisor_core::terminate_unknown(call_number caller,
                                                const supervisor_call::terminate_child& call) {
  const auto* process = std::get_if<child_process>(&call.child);
  if (process == nullptr) {
    refuse(caller, supervisor_errc::simple_one_for_one, std::get<child_id>(call.child));
  } else if (kind_ == kind::simple_one_for_one && !process->alive) {
    answer(caller, supervisor_reply::done{});
  } else {
    refuse(caller, supervisor_errc::not_found);
  }
}

std::size_t dynamic_supervisor_core::specs() const {
  return kind_ == kind::simple_one_for_one ? 1 : children_.size();
}

// supervisor.erl do_auto_shutdown/2: under all_significant the last one counts, and children that
// are being restarted are still there.
bool dynamic_supervisor_core::ends_with(const child& ended) const {
  return kind_ == kind::simple_one_for_one && ended.rules.significant &&
         (auto_shutdown_ == auto_shutdown_type::any_significant ||
          (auto_shutdown_ == auto_shutdown_type::all_significant && children_.empty()));
}

// supervisor.erl find_child/2 answers with the template, also for a process that has ended.
const child_rules* dynamic_supervisor_core::spec_of(const child_ref& which) const {
  const auto* process = std::get_if<child_process>(&which);
  if (process != nullptr) {
    if (const auto entry = children_.find(process->run); entry != children_.end()) {
      return kind_ == kind::simple_one_for_one ? &templates_.front().rules : &entry->second.rules;
    }
  }
  if (kind_ == kind::dynamic_supervisor) {
    return nullptr;
  }
  const child_rules& only = templates_.front().rules;
  const bool meant = process != nullptr ? !process->alive : std::get<child_id>(which) == only.id;
  return meant ? &only : nullptr;
}

// A template's start function is needed as long as its supervisor lives.
void dynamic_supervisor_core::forget_recipe(recipe_number recipe) {
  if (kind_ == kind::dynamic_supervisor) {
    out_.emplace_back(action::forget_recipe{recipe});
  }
}

// -- management calls: supervisor.erl handle_call/3, dynamic_supervisor.ex handle_call ------------

void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::terminate_child& call) {
  const auto* process = std::get_if<child_process>(&call.child);
  const auto which = process == nullptr ? children_.end() : children_.find(process->run);
  if (which == children_.end()) {
    terminate_unknown(caller, call);
    return;
  }
  const auto unseen = reasons_.find(which->first);
  if (unseen != reasons_.end()) {  // nothing is left to stop
    if (which->second.status == child_status::running) {
      report_stopped(which->first, which->second, unseen->second);
    }
    remove(which);
    answer(caller, supervisor_reply::done{});
    return;
  }
  job_ = {.waits_for = wait::stop, .run = which->first, .caller = caller};
  ask_to_end(which);
  arm_next();
}

void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::restart_child& call) {
  refuse(caller, supervisor_errc::simple_one_for_one, call.id);
}

void dynamic_supervisor_core::serve(call_number caller, const supervisor_call::delete_child& call) {
  refuse(caller, supervisor_errc::simple_one_for_one, call.id);
}

void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::which_children& /*call*/) {
  supervisor_reply::children lines;
  lines.reserve(children_.size() + outliving_.size());
  for (const auto& [run, id] : outliving_) {
    lines.push_back({id, child_status::outlives_kill, child_type::worker, run});
  }
  for (const auto& [run, which] : children_) {
    lines.push_back({which.rules.id, which.status, which.rules.type,
                     which.status == child_status::running ? run : 0});
  }
  answer(caller, std::move(lines));
}

void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::describe_children& /*call*/) {
  const auto since = [this](monotonic_time then) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - then);
  };
  supervisor_reply::description told{.flags = flags(), .uptime = since(began_)};
  told.children.reserve(children_.size() + outliving_.size());
  for (const auto& [run, which] : children_) {
    const bool runs = which.status == child_status::running;
    told.children.push_back(
        {.line = {which.rules.id, which.status, which.rules.type, runs ? run : 0},
         .restarts = which.history.restarts,
         .uptime = runs ? std::optional(since(which.history.since)) : std::nullopt,
         .last_exit = which.history.last_exit});
  }
  for (const auto& [run, id] : outliving_) {
    told.children.push_back({.line = {id, child_status::outlives_kill, child_type::worker, run}});
  }
  answer(caller, std::move(told));
}

// A child that has ended is active until that is seen: unlike an ordinary supervisor this one looks
// at no actor for counting.
void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::count_children& /*call*/) {
  answer(caller, child_counts{specs(), children_.size() - restarting_, supervisors_,
                              children_.size() - supervisors_});
}

void dynamic_supervisor_core::serve(call_number caller,
                                    const supervisor_call::get_childspec& call) {
  const child_rules* found = spec_of(call.child);
  if (found == nullptr) {
    const auto* id = std::get_if<child_id>(&call.child);
    refuse(caller, supervisor_errc::not_found, id == nullptr ? child_id{} : *id);
    return;
  }
  child_rules rules = *found;
  rules.shutdown = rules.effective_shutdown();
  answer(caller, std::move(rules));
}

// -- what is awaited ------------------------------------------------------------------------------

bool dynamic_supervisor_core::is_awaited(const input::any& input) const {
  if (const auto* timer = std::get_if<input::timer_fired>(&input)) {
    return timer_ == timer->timer;
  }
  if (const auto* down = std::get_if<input::child_down>(&input)) {
    return job_.waits_for == wait::all_ends ? children_.contains(down->run)
                                            : busy() && job_.run == down->run;
  }
  return job_.waits_for == wait::start && input::run_of_start_outcome(input) == job_.run;
}

void dynamic_supervisor_core::take_awaited(const input::any& input) {
  if (std::holds_alternative<input::timer_fired>(input)) {
    timer_ran_down();
  } else if (const auto* started = std::get_if<input::child_started>(&input)) {
    start_succeeded(started->info);
  } else if (std::holds_alternative<input::child_ignored>(input)) {
    start_declined();
  } else if (const auto* failed = std::get_if<input::child_start_failed>(&input)) {
    start_failed(failed->reason);
  } else if (const auto* down = std::get_if<input::child_down>(&input)) {
    if (job_.waits_for == wait::start) {
      start_failed(down->reason);
    } else {
      stopped(*down);
    }
  }
}

// dynamic_supervisor.ex save_child; supervisor.erl dyn_store/3.
void dynamic_supervisor_core::start_succeeded(const std::string& info) {
  job done = std::exchange(job_, {});
  if (done.caller) {
    const child_id id = done.added.rules.id;
    count(done.added, 1);
    done.added.history.began(now_);
    children_.emplace_hint(children_.end(), done.run, std::move(done.added));
    report(child_started{id, done.run});
    answer(*done.caller, supervisor_reply::started{done.run, info});
    return;
  }
  auto node = children_.extract(done.before);
  out_.emplace_back(action::release_run{done.before});
  reasons_.erase(done.before);
  node.key() = done.run;
  node.mapped().history.began(now_);
  ++node.mapped().history.restarts;
  set_status(node.mapped(), child_status::running);
  report(child_restarted{node.mapped().rules.id, done.run, control_.size(), intensity_});
  children_.insert(children_.end(), std::move(node));
}

void dynamic_supervisor_core::start_declined() {
  const job done = std::exchange(job_, {});
  out_.emplace_back(action::release_run{done.run});
  if (done.caller) {
    report(child_ignored{done.added.rules.id});
    forget_recipe(done.added.recipe);
    answer(*done.caller, supervisor_reply::started{});
    return;
  }
  const auto which = children_.find(done.before);
  report(child_ignored{which->second.rules.id});
  remove(which);
}

void dynamic_supervisor_core::start_failed(const exit_reason& reason) {
  const job done = std::exchange(job_, {});
  out_.emplace_back(action::release_run{done.run});
  if (done.caller) {
    const child_id& id = done.added.rules.id;
    report(child_start_failed{id, reason});
    forget_recipe(done.added.recipe);
    answer(*done.caller, supervisor_reply::failed{
                             .code = supervisor_errc::start_failed, .child = id, .cause = reason});
    return;
  }
  const auto which = children_.find(done.before);
  report(child_start_failed{which->second.rules.id, reason});
  reasons_.insert_or_assign(done.before, reason);
  which->second.history.last_exit = reason;
  which->second.history.counted = false;
  wait_for_restart(which, std::chrono::milliseconds{0});
}

void dynamic_supervisor_core::stopped(const input::child_down& input) {
  const auto which = children_.find(input.run);
  report_stopped(input.run, which->second, input.reason);
  remove(which);
  if (job_.waits_for != wait::all_ends) {
    disarm();
    const job done = std::exchange(job_, {});
    answer(*done.caller, supervisor_reply::done{});
  } else if (children_.empty()) {
    finish();
  }
}

void dynamic_supervisor_core::timer_ran_down() {
  timer_.reset();
  while (!alarms_.empty() && alarms_.begin()->first <= now_) {
    const std::vector<alarm> due = std::move(alarms_.begin()->second);
    alarms_.erase(alarms_.begin());
    for (const alarm& each : due) {
      for (const run_number run : each.runs) {
        const auto which = children_.find(run);
        if (which == children_.end()) {
          continue;
        }
        if (each.then == alarm::what::kill) {
          kill(run, ending::timed_out);
        } else {
          report(child_outlives_kill{which->second.rules.id, run, kill_patience_});
          let_outlive(which);
        }
      }
    }
  }
  arm_next();
}

// -- rules ----------------------------------------------------------------------------------------

// supervisor.erl restart/2; dynamic_supervisor.ex restart_child.
void dynamic_supervisor_core::restart(children_map::iterator which) {
  if (control_.add_restart(now_) == restart_window::verdict::give_up) {
    report(gave_up{which->second.rules.id, reasons_[which->first], intensity_, period_});
    remove(which);
    shut_down(exit_reason::shutdown());
    return;
  }
  if (const auto delay = control_.delay_after(which->second.history); delay.count() > 0) {
    which->second.history.counted = true;
    wait_for_restart(which, delay);
  } else {
    restart_now(which);
  }
}

void dynamic_supervisor_core::restart_now(children_map::iterator which) {
  job_.before = which->first;
  begin_start(which->second);
}

// The note comes back behind all that has arrived by now; one that is out of date by then is dropped.
void dynamic_supervisor_core::wait_for_restart(children_map::iterator which,
                                               std::chrono::milliseconds delay) {
  set_status(which->second, child_status::restarting);
  which->second.history.attempt = next_attempt_++;
  out_.emplace_back(action::retry_later{which->second.rules.id, which->first,
                                        which->second.history.attempt, delay});
}

// The tree goes on without the child; its actor is kept for which_children until it ends.
void dynamic_supervisor_core::let_outlive(children_map::iterator which) {
  outliving_.emplace(which->first, which->second.rules.id);
  stopped({which->first, exit_reason::killed()});
}

// supervisor.erl terminate_dynamic_children/1; dynamic_supervisor.ex terminate_children.
void dynamic_supervisor_core::shut_down(exit_reason reason) {
  phase_ = phase::stopping;
  report(supervisor_stopping{reason});
  final_reason_ = std::move(reason);
  job_ = {.waits_for = wait::all_ends};
  for (auto which = children_.begin(); which != children_.end();) {
    const auto current = which++;
    const auto unseen = reasons_.find(current->first);
    if (unseen == reasons_.end()) {
      ask_to_end(current);
      continue;
    }
    if (current->second.status == child_status::running) {
      report_stopped(current->first, current->second, unseen->second);
    }
    remove(current);
  }
  arm_next();
  if (children_.empty()) {
    finish();
  }
}

void dynamic_supervisor_core::add(call_number caller, child_rules rules, recipe_number recipe) {
  job_.caller = caller;
  job_.added = {.rules = std::move(rules), .recipe = recipe};
  begin_start(job_.added);
}

// -- starting and stopping ------------------------------------------------------------------------

void dynamic_supervisor_core::begin_start(const child& which) {
  job_.waits_for = wait::start;
  job_.run = next_run_++;
  out_.emplace_back(
      action::start_child{job_.run, which.rules.id, which.recipe, which.rules.arguments});
}

void dynamic_supervisor_core::ask_to_end(children_map::iterator which) {
  const shutdown_type shutdown = which->second.rules.effective_shutdown();
  if (shutdown.kind() == shutdown_type::how::brutal_kill) {
    kill(which->first, ending::brutal);
    return;
  }
  out_.emplace_back(action::stop_child{which->first});
  if (shutdown.kind() == shutdown_type::how::timeout) {
    set_alarm(shutdown.limit(), alarm::what::kill, which->first);
  }
}

void dynamic_supervisor_core::kill(run_number run, ending how) {
  children_.at(run).how = how;
  out_.emplace_back(action::kill_child{run});
  if (kill_patience_.count() > 0) {
    set_alarm(kill_patience_, alarm::what::report, run);
  }
}

void dynamic_supervisor_core::finish() {
  disarm();
  job_ = {};
  phase_ = phase::ended;
  report(supervisor_stopped{final_reason_});
  out_.emplace_back(action::terminate{final_reason_});
}

// -- help -----------------------------------------------------------------------------------------

// In the words of an ordinary supervisor.
supervisor_flags dynamic_supervisor_core::flags() const {
  return {.strategy = strategy_,
          .intensity = intensity_,
          .period = period_,
          .auto_shutdown = auto_shutdown_,
          .resolution = resolution_,
          .backoff = control_.backoff()};
}

void dynamic_supervisor_core::remember_end(const input::child_down& input) {
  const auto which = children_.find(input.run);
  if (which != children_.end() && which->second.status == child_status::running) {
    reasons_.insert_or_assign(input.run, input.reason);
  }
}

void dynamic_supervisor_core::count(const child& which, std::ptrdiff_t by) {
  const auto change = static_cast<std::size_t>(by);  // wraps around for -1, as it shall
  if (which.rules.type == child_type::supervisor) {
    supervisors_ += change;
  }
  if (which.status == child_status::restarting) {
    restarting_ += change;
  }
}

void dynamic_supervisor_core::set_status(child& which, child_status status) {
  count(which, -1);
  which.status = status;
  count(which, 1);
}

void dynamic_supervisor_core::remove(children_map::iterator which) {
  count(which->second, -1);
  reasons_.erase(which->first);
  if (!outliving_.contains(which->first)) {
    out_.emplace_back(action::release_run{which->first});
  }
  forget_recipe(which->second.recipe);
  children_.erase(which);
}

// Children that are asked at one instant and given the same time share one alarm.
void dynamic_supervisor_core::set_alarm(std::chrono::milliseconds after, alarm::what then,
                                        run_number run) {
  std::vector<alarm>& at_that_time = alarms_[now_ + after];
  if (at_that_time.empty() || at_that_time.back().then != then) {
    at_that_time.push_back({.then = then});
  }
  at_that_time.back().runs.push_back(run);
}

// Alarms are set in one step for the children asked in it, and those set later never come before
// them but when a kill's patience is shorter than a shutdown time: then the armed timer is
// replaced.
void dynamic_supervisor_core::arm_next() {
  if (timer_) {
    out_.emplace_back(action::cancel_timer{*timer_});
    timer_.reset();
  }
  if (!alarms_.empty()) {
    timer_ = next_timer_++;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(alarms_.begin()->first - now_);
    out_.emplace_back(action::arm_timer{*timer_, left});
  }
}

void dynamic_supervisor_core::disarm() {
  alarms_.clear();
  arm_next();
}

void dynamic_supervisor_core::report_stopped(run_number run, const child& which,
                                             const exit_reason& reason) {
  stop_outcome outcome = stop_outcome::timed_out;
  if (which.how != ending::timed_out) {
    const bool as_asked = which.how == ending::brutal ? reason.kind == exit_kind::killed
                                                      : is_fine(which.rules, reason);
    outcome = as_asked ? stop_outcome::as_asked : stop_outcome::other_reason;
  }
  report(child_stopped{which.rules.id, run, reason, outcome});
}

void dynamic_supervisor_core::answer(call_number caller, supervisor_reply::any what) {
  out_.emplace_back(action::reply{caller, std::move(what)});
}

void dynamic_supervisor_core::refuse(call_number caller, supervisor_errc code, const child_id& id) {
  answer(caller, supervisor_reply::failed{.code = code, .child = id});
}

void dynamic_supervisor_core::refuse_spec(call_number caller, spec_error flaw) {
  answer(caller, supervisor_reply::failed{
                     .code = supervisor_errc::invalid_spec, .child = flaw.child, .invalid = flaw});
}

template <class Event>
void dynamic_supervisor_core::report(Event event) {
  out_.emplace_back(action::report{supervisor_event{std::move(event)}});
}

std::string dynamic_supervisor_core::dump() const {
  static constexpr const char* phases[] = {"fresh", "serving", "stopping", "ended"};
  static constexpr const char* waits[] = {"nothing", "a start", "a stop", "all ends"};
  std::string text = kind_ == kind::dynamic_supervisor ? "dynamic_supervisor " : "supervisor ";
  text += phases[static_cast<std::size_t>(phase_)];
  text += ", waits for ";
  text += waits[static_cast<std::size_t>(job_.waits_for)];
  text += ", " + std::to_string(inbox_.size()) + " kept, " + std::to_string(control_.size()) +
          " restarts counted\n";
  for (const auto& [run, which] : children_) {
    text +=
        "  " + which.rules.id + " (run " + std::to_string(run) +
        "): " + std::string(to_string(which.status)) +
        (which.status == child_status::running && reasons_.contains(run) ? ", ended unseen" : "") +
        "\n";
  }
  return text;
}

}  // namespace slipway
