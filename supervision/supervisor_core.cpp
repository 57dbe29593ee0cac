// slipway/supervision/supervisor_core.cpp
//
// The functions of supervisor.erl that a function here mirrors stand in its comment.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor_core.hpp>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>

namespace slipway {

namespace {

namespace input = supervisor_input;
namespace action = supervisor_action;

// supervisor.erl shutdown/1: what counts as having stopped as asked.
bool is_fine(const child_rules& rules, const exit_reason& reason) {
  if (reason.kind == exit_kind::normal || reason.kind == exit_kind::shutdown_term) {
    return rules.restart != restart_type::permanent;
  }
  return false;
}

child_id id_of(const child_ref& which) {
  const auto* id = std::get_if<child_id>(&which);
  return id == nullptr ? child_id{} : *id;
}

}  // namespace

supervisor_core::supervisor_core(supervisor_setup setup)
    : flags_(setup.flags),
      kill_patience_(setup.kill_patience),
      init_(setup.init),
      flaw_(std::move(setup.flaw)),
      first_children_(std::move(setup.children)),
      control_({.intensity = setup.flags.intensity,
                .period = setup.flags.period,
                .resolution = setup.flags.resolution,
                .backoff = setup.flags.backoff,
                .budget = std::move(setup.budget),
                .seed = setup.seed}) {}

supervisor_core::actions supervisor_core::step(input::any input, monotonic_time now) {
  now_ = now;
  if (is_awaited(input)) {
    take_awaited(input);
    advance();
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
    advance();
  }
  now_ = monotonic_time::zero();
  return std::exchange(out_, {});
}

// -- inputs ---------------------------------------------------------------------------------------

// supervisor.erl init/1, init_children/2.
void supervisor_core::handle(const input::start& /*input*/) {
  if (phase_ != phase::fresh) {
    return;
  }
  phase_ = phase::starting_up;
  began_ = now_;
  if (init_ == supervisor_init::declined) {
    out_.emplace_back(action::decline{});
    shut_down(exit_reason::normal());
    return;
  }
  if (const auto flaw = flaw_of_setup()) {
    shut_down(start_refused(*flaw));
    return;
  }
  std::vector<first_child> first = std::exchange(first_children_, {});
  job next{.why = purpose::start_up};
  for (first_child& each : first) {
    next.to_start.push_back(add(std::move(each.rules), each.recipe));
  }
  std::reverse(next.to_start.begin(), next.to_start.end());
  begin(std::move(next));
}

// supervisor.erl handle_info/2 for 'EXIT', do_restart/3.
void supervisor_core::handle(const input::child_down& input) {
  if (outliving_.erase(input.run) != 0) {
    out_.emplace_back(action::release_run{input.run});
    return;
  }
  const auto entry = by_run_.find(input.run);
  if (entry == by_run_.end()) {
    return;  // it was stopped meanwhile, or is nobody's
  }
  const position at = entry->second;
  release(input.run);
  child& ended = children_.at(at);
  ended.status = child_status::idle;
  ended.run = 0;
  ended.alive = false;
  const bool again = ended.rules.restart == restart_type::permanent ||
                     (ended.rules.restart == restart_type::transient && input.reason.is_abnormal());
  exit_outcome outcome = again ? exit_outcome::restart : exit_outcome::keep;
  if (ended.rules.restart == restart_type::temporary) {
    outcome = exit_outcome::forget;
  }
  report(child_exited{ended.rules.id, input.run, input.reason, outcome});
  if (again) {
    ended.history.failed(now_, control_.backoff());
    restart(at);
    return;
  }
  const child gone = ended;
  put_aside(at);
  auto_shutdown(gone);
}

// supervisor.erl handle_cast/2 for try_again_restart.
void supervisor_core::handle(const input::retry_restart& input) {
  const child* waiting = find(input.id);
  if (waiting == nullptr || waiting->status != child_status::restarting ||
      waiting->history.attempt != input.attempt) {
    return;
  }
  const position at = by_id_.at(input.id);
  if (waiting->history.counted) {
    restart_now(at);
  } else {
    restart(at);
  }
}

// gen_server's handling of the parent's exit; supervisor.erl terminate/2.
void supervisor_core::handle(const input::stop_requested& input) {
  shut_down(input.reason);
}

void supervisor_core::handle(const input::call& input) {
  std::visit([this, &input](const auto& what) { serve(input.number, what); }, input.what);
}

// -- management calls: supervisor.erl handle_call/3 -----------------------------------------------

// Also supervisor.erl handle_start_child/2.
void supervisor_core::serve(call_number caller, const supervisor_call::start_child& call) {
  const auto refuse_spec = [&](spec_error flaw) {
    answer(caller, supervisor_reply::failed{.code = supervisor_errc::invalid_spec,
                                            .child = call.rules.id,
                                            .invalid = std::move(flaw)});
  };
  if (auto flaw = check(call.rules, call.recipe, call.flaw, flags_.auto_shutdown)) {
    refuse_spec(std::move(*flaw));
  } else if (const child* present = find(call.rules.id)) {
    const bool runs = present->status == child_status::running;
    answer(caller, supervisor_reply::failed{.code = runs ? supervisor_errc::already_started
                                                         : supervisor_errc::already_present,
                                            .child = call.rules.id,
                                            .running = present->run});
  } else {
    const position at = add(call.rules, call.recipe);
    begin({.why = purpose::add_child, .to_start = {at}, .caller = caller});
    return;
  }
  out_.emplace_back(action::forget_recipe{call.recipe});
}

// OTP takes the arguments for a child spec, and finds that they are none.
void supervisor_core::serve(call_number caller,
                            const supervisor_call::start_from_template& /*call*/) {
  answer(
      caller,
      supervisor_reply::failed{
          .code = supervisor_errc::invalid_spec,
          .invalid = spec_error{
              spec_errc::invalid_child_spec, {}, "spec", "must be given: there is no template"}});
}

void supervisor_core::serve(call_number caller, const supervisor_call::terminate_child& call) {
  if (find(call.child) == nullptr) {
    refuse(caller, supervisor_errc::not_found, id_of(call.child));
    return;
  }
  begin({.why = purpose::terminate_by_call,
         .to_stop = {by_id_.at(id_of(call.child))},
         .caller = caller});
}

void supervisor_core::serve(call_number caller, const supervisor_call::restart_child& call) {
  const child* which = find(call.id);
  if (which == nullptr) {
    refuse(caller, supervisor_errc::not_found, call.id);
  } else if (which->status == child_status::running) {
    refuse(caller, supervisor_errc::running, call.id);
  } else if (which->status == child_status::restarting) {
    refuse(caller, supervisor_errc::restarting, call.id);
  } else {
    begin({.why = purpose::restart_by_call, .to_start = {by_id_.at(call.id)}, .caller = caller});
  }
}

void supervisor_core::serve(call_number caller, const supervisor_call::delete_child& call) {
  const child* which = find(call.id);
  if (which == nullptr) {
    refuse(caller, supervisor_errc::not_found, call.id);
  } else if (which->status == child_status::running) {
    refuse(caller, supervisor_errc::running, call.id);
  } else if (which->status == child_status::restarting) {
    refuse(caller, supervisor_errc::restarting, call.id);
  } else {
    remove(by_id_.at(call.id));
    answer(caller, supervisor_reply::done{});
  }
}

void supervisor_core::serve(call_number caller, const supervisor_call::which_children& /*call*/) {
  supervisor_reply::children lines;
  lines.reserve(children_.size() + outliving_.size());
  for (const auto& [run, id] : outliving_) {
    lines.push_back({id, child_status::outlives_kill, child_type::worker, run});
  }
  for (auto entry = children_.rbegin(); entry != children_.rend(); ++entry) {
    const child& which = entry->second;
    lines.push_back({which.rules.id, which.status, which.rules.type, which.run});
  }
  answer(caller, std::move(lines));
}

// Also supervisor.erl count_child/2: an actor that has ended is not active, though its end is yet
// unseen.
void supervisor_core::serve(call_number caller, const supervisor_call::count_children& /*call*/) {
  child_counts counts;
  for (const auto& [at, which] : children_) {
    ++counts.specs;
    ++(which.rules.type == child_type::supervisor ? counts.supervisors : counts.workers);
    if (which.alive) {
      ++counts.active;
    }
  }
  answer(caller, counts);
}

void supervisor_core::serve(call_number caller, const supervisor_call::get_childspec& call) {
  const child* which = find(call.child);
  if (which == nullptr) {
    refuse(caller, supervisor_errc::not_found, id_of(call.child));
    return;
  }
  child_rules rules = which->rules;
  rules.shutdown = rules.effective_shutdown();
  answer(caller, std::move(rules));
}

void supervisor_core::serve(call_number caller,
                            const supervisor_call::describe_children& /*call*/) {
  supervisor_reply::description told{.flags = flags_, .uptime = since(began_), .children = {}};
  told.children.reserve(children_.size() + outliving_.size());
  for (const auto& [at, which] : children_) {
    supervisor_reply::child_description each{
        .line = {which.rules.id, which.status, which.rules.type, which.run},
        .restarts = which.history.restarts,
        .last_exit = which.history.last_exit};
    if (which.alive) {
      each.uptime = since(which.history.since);
    }
    told.children.push_back(std::move(each));
  }
  for (const auto& [run, id] : outliving_) {
    told.children.push_back({.line = {id, child_status::outlives_kill, child_type::worker, run}});
  }
  answer(caller, std::move(told));
}

// -- what is awaited ------------------------------------------------------------------------------

bool supervisor_core::is_awaited(const input::any& input) const {
  if (const auto* timer = std::get_if<input::timer_fired>(&input)) {
    return job_.timer == timer->timer;
  }
  if (const auto* down = std::get_if<input::child_down>(&input)) {
    return busy() && job_.run == down->run;
  }
  return job_.waits_for == wait::start && input::run_of_start_outcome(input) == job_.run;
}

void supervisor_core::take_awaited(const input::any& input) {
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
      stopped(down->reason);
    }
  }
}

void supervisor_core::start_succeeded(const std::string& info) {
  job_.waits_for = wait::nothing;
  child& which = children_.at(job_.subject);
  which.status = child_status::running;
  which.run = job_.run;
  which.alive = true;
  which.history.began(now_);
  by_run_.emplace_hint(by_run_.end(), which.run, job_.subject);
  if (job_.why == purpose::restart) {
    ++which.history.restarts;
    report(child_restarted{which.rules.id, which.run, control_.size(), flags_.intensity});
  } else {
    report(child_started{which.rules.id, which.run});
  }
  if (job_.why == purpose::add_child || job_.why == purpose::restart_by_call) {
    answer(job_.caller, supervisor_reply::started{which.run, info});
  }
}

void supervisor_core::start_declined() {
  job_.waits_for = wait::nothing;
  release(job_.run);
  report(child_ignored{children_.at(job_.subject).rules.id});
  put_aside(job_.subject);
  if (job_.why == purpose::add_child || job_.why == purpose::restart_by_call) {
    answer(job_.caller, supervisor_reply::started{});
  }
}

void supervisor_core::start_failed(const exit_reason& reason) {
  job_.waits_for = wait::nothing;
  release(job_.run);
  job_.to_start.clear();
  child& which = children_.at(job_.subject);
  const child_id id = which.rules.id;
  which.history.last_exit = reason;
  report(child_start_failed{id, reason});
  switch (job_.why) {
    case purpose::start_up:
      shut_down(exit_reason::failed_to_start_child(id, reason));
      break;
    case purpose::restart:
      which.history.counted = false;
      wait_for_restart(which, std::chrono::milliseconds{0});
      break;
    default:
      answer(job_.caller, supervisor_reply::failed{
                              .code = supervisor_errc::start_failed, .child = id, .cause = reason});
      if (job_.why == purpose::add_child) {
        remove(job_.subject);
      }
  }
}

// supervisor.erl shutdown/1, do_terminate/2.
void supervisor_core::stopped(const exit_reason& reason) {
  disarm();
  job_.waits_for = wait::nothing;
  child& which = children_.at(job_.subject);
  which.history.last_exit = reason;
  stop_outcome outcome = stop_outcome::timed_out;
  if (job_.how != ending::timed_out) {
    const exit_kind asked = job_.how == ending::brutal ? exit_kind::killed : exit_kind::shutdown;
    outcome = reason.kind == asked || is_fine(which.rules, reason) ? stop_outcome::as_asked
                                                                   : stop_outcome::other_reason;
  }
  report_stopped(which, reason, outcome);
  put_aside(job_.subject);
}

void supervisor_core::timer_ran_down() {
  job_.timer.reset();
  if (job_.waits_for == wait::stop) {
    kill_awaited(ending::timed_out);
  } else {
    report(child_outlives_kill{children_.at(job_.subject).rules.id, job_.run, kill_patience_});
    // The tree goes on without it; its actor is kept for which_children until it ends.
    outliving_.emplace(job_.run, children_.at(job_.subject).rules.id);
    stopped(exit_reason::killed());
  }
}

// -- rules ----------------------------------------------------------------------------------------

// supervisor.erl init/1, check_flags/1, check_startspec/2: specs one after the other, each against
// those before it.
std::optional<spec_error> supervisor_core::flaw_of_setup() const {
  if (flaw_) {
    return flaw_;
  }
  if (auto flaw = check(flags_)) {
    return flaw;
  }
  if (flags_.strategy == restart_strategy::simple_one_for_one) {
    return spec_error{spec_errc::invalid_strategy, {}, "strategy", "is dynamic_supervisor_core's"};
  }
  std::set<child_id> seen;
  for (const first_child& each : first_children_) {
    if (auto flaw = check(each.rules, each.recipe, each.flaw, flags_.auto_shutdown)) {
      return flaw;
    }
    if (!seen.insert(each.rules.id).second) {
      return id_used_twice(each.rules.id);
    }
  }
  return std::nullopt;
}

// supervisor.erl restart/2, add_restart/1. Beyond OTP: the delay.
void supervisor_core::restart(position at) {
  child& which = children_.at(at);
  if (control_.add_restart(now_) == restart_window::verdict::give_up) {
    report(gave_up{which.rules.id, which.history.last_exit.value_or(exit_reason{}),
                   flags_.intensity, flags_.period});
    put_aside(at);
    shut_down(exit_reason::shutdown());
    return;
  }
  if (const auto delay = control_.delay_after(which.history); delay.count() > 0) {
    which.history.counted = true;
    wait_for_restart(which, delay);
  } else {
    restart_now(at);
  }
}

// supervisor.erl restart/2 by strategy, restart_multiple_children/3.
void supervisor_core::restart_now(position at) {
  children_.at(at).status = child_status::idle;
  job next{.why = purpose::restart};
  if (flags_.strategy == restart_strategy::one_for_one) {
    next.to_start.push_back(at);
  } else {
    auto entry =
        flags_.strategy == restart_strategy::rest_for_one ? children_.find(at) : children_.begin();
    for (; entry != children_.end(); ++entry) {
      next.to_stop.push_back(entry->first);
    }
    // Those that the stop makes forgotten (temporary ones) are passed over when their turn comes.
    next.to_start.assign(next.to_stop.rbegin(), next.to_stop.rend());
  }
  begin(std::move(next));
}

// supervisor.erl terminate/2, terminate_children/2.
void supervisor_core::shut_down(exit_reason reason) {
  phase_ = phase::stopping;
  report(supervisor_stopping{reason});
  job next{.why = purpose::shut_down};
  next.to_stop.reserve(children_.size());
  for (const auto& [at, which] : children_) {
    next.to_stop.push_back(at);
  }
  next.final_reason = std::move(reason);
  begin(std::move(next));
}

// supervisor.erl do_auto_shutdown/2.
void supervisor_core::auto_shutdown(const child& ended) {
  if (!ended.rules.significant || flags_.auto_shutdown == auto_shutdown_type::never) {
    return;
  }
  const auto holds_on = [](const auto& entry) {
    return entry.second.rules.significant && entry.second.status != child_status::idle;
  };
  if (flags_.auto_shutdown == auto_shutdown_type::all_significant &&
      std::any_of(children_.begin(), children_.end(), holds_on)) {
    return;
  }
  report(auto_shutdown_triggered{ended.rules.id});
  shut_down(exit_reason::shutdown());
}

// supervisor.erl del_child/2: a child without actor keeps its spec, unless it is temporary.
void supervisor_core::put_aside(position at) {
  child& which = children_.at(at);
  if (which.rules.restart == restart_type::temporary) {
    remove(at);
    return;
  }
  release(which.run);
  which.status = child_status::idle;
  which.run = 0;
  which.alive = false;
}

// supervisor.erl remove_child/2.
void supervisor_core::remove(position at) {
  const auto entry = children_.find(at);
  release(entry->second.run);
  by_id_.erase(entry->second.rules.id);
  out_.emplace_back(action::forget_recipe{entry->second.recipe});
  children_.erase(entry);
}

// -- the job under way ----------------------------------------------------------------------------

void supervisor_core::begin(job next) {
  job_ = std::move(next);
}

void supervisor_core::advance() {
  const auto take = [](std::vector<position>& from) {
    const position at = from.back();
    from.pop_back();
    return at;
  };
  while (job_.why != purpose::none && !busy()) {
    if (!job_.to_stop.empty()) {
      begin_stop(take(job_.to_stop));
    } else if (!job_.to_start.empty()) {
      begin_start(take(job_.to_start));
    } else {
      finish();
    }
  }
}

// supervisor.erl do_terminate/2, shutdown/1; monitor_child/1 for a child whose end is yet unseen.
void supervisor_core::begin_stop(position at) {
  const child& which = children_.at(at);
  if (which.status != child_status::running) {
    put_aside(at);
    return;
  }
  if (!which.alive) {
    // Its child_down in the inbox finds no run any more and is dropped.
    report_stopped(which, *which.history.last_exit,
                   is_fine(which.rules, *which.history.last_exit) ? stop_outcome::as_asked
                                                                  : stop_outcome::other_reason);
    put_aside(at);
    return;
  }
  job_.subject = at;
  job_.run = which.run;
  const shutdown_type shutdown = which.rules.effective_shutdown();
  if (shutdown.kind() == shutdown_type::how::brutal_kill) {
    kill_awaited(ending::brutal);
    return;
  }
  job_.waits_for = wait::stop;
  job_.how = ending::asked;
  out_.emplace_back(action::stop_child{which.run});
  if (shutdown.kind() == shutdown_type::how::timeout) {
    arm(shutdown.limit());
  }
}

void supervisor_core::kill_awaited(ending how) {
  job_.waits_for = wait::kill;
  job_.how = how;
  out_.emplace_back(action::kill_child{job_.run});
  if (kill_patience_.count() > 0) {
    arm(kill_patience_);
  }
}

// supervisor.erl do_start_child/2.
void supervisor_core::begin_start(position at) {
  const auto entry = children_.find(at);
  if (entry == children_.end()) {
    return;
  }
  job_.waits_for = wait::start;
  job_.subject = at;
  job_.run = next_run_++;
  const child& which = entry->second;
  out_.emplace_back(
      action::start_child{job_.run, which.rules.id, which.recipe, which.rules.arguments});
}

void supervisor_core::finish() {
  const job done = std::exchange(job_, {});
  switch (done.why) {
    case purpose::start_up:
      phase_ = phase::serving;
      // First the observer: who waits for the start may act at once.
      report(supervisor_started{by_run_.size()});
      out_.emplace_back(action::acknowledge{});
      break;
    case purpose::terminate_by_call:
      answer(done.caller, supervisor_reply::done{});
      break;
    case purpose::shut_down:
      phase_ = phase::ended;
      report(supervisor_stopped{done.final_reason});
      out_.emplace_back(action::terminate{done.final_reason});
      break;
    default:
      break;
  }
}

void supervisor_core::report_stopped(const child& which, const exit_reason& reason,
                                     stop_outcome outcome) {
  report(child_stopped{which.rules.id, which.run, reason, outcome});
}

// -- help -----------------------------------------------------------------------------------------

// The note comes back behind all that has arrived by now; one that is out of date by then is dropped.
void supervisor_core::wait_for_restart(child& which, std::chrono::milliseconds delay) {
  which.status = child_status::restarting;
  which.history.attempt = next_attempt_++;
  out_.emplace_back(
      action::retry_later{.id = which.rules.id, .attempt = which.history.attempt, .after = delay});
}

void supervisor_core::remember_end(const input::child_down& input) {
  const auto entry = by_run_.find(input.run);
  if (entry != by_run_.end()) {
    child& which = children_.at(entry->second);
    which.alive = false;
    which.history.last_exit = input.reason;
  }
}

supervisor_core::child* supervisor_core::find(const child_id& id) {
  const auto entry = by_id_.find(id);
  return entry == by_id_.end() ? nullptr : &children_.at(entry->second);
}

// supervisor.erl find_child/2: a process names a child under simple_one_for_one only.
supervisor_core::child* supervisor_core::find(const child_ref& which) {
  const auto* id = std::get_if<child_id>(&which);
  return id == nullptr ? nullptr : find(*id);
}

supervisor_core::position supervisor_core::add(child_rules rules, recipe_number recipe) {
  const position at = next_position_++;
  by_id_.emplace(rules.id, at);
  children_.emplace_hint(children_.end(), at, child{.rules = std::move(rules), .recipe = recipe});
  return at;
}

// `run` may be 0: a child that does not run.
void supervisor_core::release(run_number run) {
  by_run_.erase(run);
  if (run != 0 && !outliving_.contains(run)) {
    out_.emplace_back(action::release_run{run});
  }
}

void supervisor_core::arm(std::chrono::milliseconds after) {
  job_.timer = next_timer_++;
  out_.emplace_back(action::arm_timer{*job_.timer, after});
}

void supervisor_core::disarm() {
  if (job_.timer) {
    out_.emplace_back(action::cancel_timer{*job_.timer});
    job_.timer.reset();
  }
}

std::chrono::milliseconds supervisor_core::since(monotonic_time then) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - then);
}

void supervisor_core::answer(call_number caller, supervisor_reply::any what) {
  out_.emplace_back(action::reply{caller, std::move(what)});
}

void supervisor_core::refuse(call_number caller, supervisor_errc code, const child_id& id) {
  answer(caller, supervisor_reply::failed{.code = code, .child = id});
}

template <class Event>
void supervisor_core::report(Event event) {
  out_.emplace_back(action::report{supervisor_event{std::move(event)}});
}

std::string supervisor_core::dump() const {
  static constexpr const char* phases[] = {"fresh", "starting_up", "serving", "stopping", "ended"};
  static constexpr const char* waits[] = {"nothing", "a start", "a stop", "a kill"};
  std::string text = "supervisor ";
  text += phases[static_cast<std::size_t>(phase_)];
  text += ", waits for ";
  text += waits[static_cast<std::size_t>(job_.waits_for)];
  if (busy()) {
    text += " of run " + std::to_string(job_.run);
  }
  text += ", " + std::to_string(inbox_.size()) + " kept, " + std::to_string(control_.size()) +
          " restarts counted\n";
  for (const auto& [at, which] : children_) {
    text += "  " + which.rules.id + ": " + std::string(to_string(which.status));
    if (which.run != 0) {
      text += " (run " + std::to_string(which.run) + (which.alive ? ")" : ", ended unseen)");
    }
    text += "\n";
  }
  return text;
}

}  // namespace slipway
