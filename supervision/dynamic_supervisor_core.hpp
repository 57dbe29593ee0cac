// slipway/supervision/dynamic_supervisor_core.hpp
//
// Decides all that a supervisor of many like children does: inputs in, actions out, the time as an
// argument. Such children are added one by one, have no order and no id of their own, and are
// stopped side by side. Two supervisors are made so:
//
//                              simple_one_for_one            dynamic_supervisor
//   whose                      OTP, a strategy               Elixir
//   children are started from  one spec, the template        a spec each
//   a start function gets      template's + call's arguments extra_arguments + spec's
//   count_children, specs      1                             the children
//   terminate_child of an
//     actor that has ended     done                          not_found
//   significant, auto_shutdown as in OTP                     none
//   max_children               none                          yes
//   get_childspec by id        the template                  none
//
// All of this table, and nothing else that differs, stands in the section "where the two differ" of
// dynamic_supervisor_core.cpp.
//
//   fresh ── start ──► serving ── stop_requested, intensity exceeded, auto_shutdown ──► stopping
//                                                                                          │
//                                                              ended ◄── no child left ────┘
//
//   In serving it is either idle or waits for one thing: the outcome of one start or the end of one
//   child. In stopping it waits for the ends of all children at once.
//
// Invariants: (1) while it waits, every other input is kept, in order, and handled afterwards;
//             (2) the end of a child that came while it waited is remembered at once;
//             (3) an action start_child is the last of its list;
//             (4) after `terminate` no action is ever given;
//             (5) a child is known by the run that it has or had last: children_ is keyed by it, as
//                 OTP's and Elixir's maps are by process;
//             (6) at most one timer is armed;
//             (7) restarting_ and supervisors_ count what they say, so that counting is O(1).
// Source: OTP 25 lib/stdlib/src/supervisor.erl; Elixir 1.14 lib/elixir/lib/dynamic_supervisor.ex.
// Differs: a child whose restart is declined is dropped, also under simple_one_for_one, where OTP
//         25 keeps an entry that breaks it (mended in later releases).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/restart_budget.hpp>
#include <slipway/supervision/restart_control.hpp>
#include <slipway/supervision/supervisor_action.hpp>
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_core.hpp>
#include <slipway/supervision/supervisor_input.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// All that the core of a dynamic supervisor is made from; it starts without children.
struct dynamic_supervisor_setup {
  dynamic_supervisor_flags flags = {};
  /// As in supervisor_setup.
  std::chrono::milliseconds kill_patience{5000};
  std::shared_ptr<restart_budget> budget = {};
  std::uint32_t seed = 1;
  supervisor_init init = supervisor_init::ok;
  std::optional<spec_error> flaw = {};
};

/// The state machine of both. A value: copies go their own ways.
/// Thread  any, but one at a time.
class dynamic_supervisor_core {
 public:
  using actions = std::vector<supervisor_action::any>;

  /// A dynamic supervisor. Nothing is checked yet: invalid flags make the start fail.
  explicit dynamic_supervisor_core(dynamic_supervisor_setup setup);
  /// A supervisor of strategy simple_one_for_one. Its one child spec is the template.
  explicit dynamic_supervisor_core(supervisor_setup setup);

  /// Handles one input, and all that had to wait and now need not.
  /// @param now  not earlier than at the last call.
  /// @returns    what is to be done, in this order; may be empty.
  /// Errors      none: an input that makes no sense (an unknown run, a timer cancelled) is dropped.
  /// Cost        O(log children) for the start, end, restart or stop of one child, O(1) for
  ///             count_children, O(children) for which_children, O(children log children) for the
  ///             stop of all.
  [[nodiscard]] actions step(supervisor_input::any input, monotonic_time now);

  /// Whether `terminate` has been given.
  [[nodiscard]] bool ended() const noexcept { return phase_ == phase::ended; }
  /// Whether it waits for a start or an end, so that inputs are kept for later.
  [[nodiscard]] bool busy() const noexcept { return job_.waits_for != wait::nothing; }

  /// One line a child, and what it waits for: for tests and crash dumps.
  [[nodiscard]] std::string dump() const;

  friend bool operator==(const dynamic_supervisor_core&, const dynamic_supervisor_core&) = default;

 private:
  enum class kind : std::uint8_t { simple_one_for_one, dynamic_supervisor };
  enum class phase : std::uint8_t { fresh, serving, stopping, ended };
  enum class wait : std::uint8_t { nothing, start, stop, all_ends };
  enum class ending : std::uint8_t { asked, brutal, timed_out };

  struct child {
    child_rules rules = {};  ///< with all arguments that its start function gets
    recipe_number recipe = 0;
    child_status status = child_status::running;  ///< or restarting
    ending how = ending::asked;                   ///< once it is being stopped
    restart_history history = {};
    friend bool operator==(const child&, const child&) = default;
  };
  using children_map = std::map<run_number, child>;

  /// One start or stop under way.
  struct job {
    wait waits_for = wait::nothing;
    run_number run = 0;                   ///< whose start or end is awaited
    run_number before = 0;                ///< of a restart: the child's key until it succeeds
    child added = {};                     ///< of start_child: not kept unless its start succeeds
    std::optional<call_number> caller{};  ///< none for a restart
    friend bool operator==(const job&, const job&) = default;
  };

  /// What becomes of children that do not end: they are killed, then reported.
  struct alarm {
    enum class what : std::uint8_t { kill, report } then = what::kill;
    std::vector<run_number> runs = {};
    friend bool operator==(const alarm&, const alarm&) = default;
  };

  // One function an input; each is called only when it may be handled now.
  void handle(const supervisor_input::start& input);
  void handle(const supervisor_input::child_down& input);
  void handle(const supervisor_input::retry_restart& input);
  void handle(const supervisor_input::stop_requested& input);
  void handle(const supervisor_input::call& input);
  void serve(call_number caller, const supervisor_call::start_child& call);
  void serve(call_number caller, const supervisor_call::start_from_template& call);
  void serve(call_number caller, const supervisor_call::terminate_child& call);
  void serve(call_number caller, const supervisor_call::restart_child& call);
  void serve(call_number caller, const supervisor_call::delete_child& call);
  void serve(call_number caller, const supervisor_call::which_children& call);
  void serve(call_number caller, const supervisor_call::count_children& call);
  void serve(call_number caller, const supervisor_call::get_childspec& call);
  void serve(call_number caller, const supervisor_call::describe_children& call);

  // Where the two differ; see the table above.
  [[nodiscard]] std::optional<spec_error> flaw_of_setup() const;
  void terminate_unknown(call_number caller, const supervisor_call::terminate_child& call);
  [[nodiscard]] std::size_t specs() const;
  [[nodiscard]] bool ends_with(const child& ended) const;
  [[nodiscard]] const child_rules* spec_of(const child_ref& which) const;

  // What is awaited, when it comes.
  [[nodiscard]] bool is_awaited(const supervisor_input::any& input) const;
  void take_awaited(const supervisor_input::any& input);
  void start_succeeded(const std::string& info);
  void start_declined();
  void start_failed(const exit_reason& reason);
  void stopped(const supervisor_input::child_down& input);
  void timer_ran_down();

  // Rules.
  void restart(children_map::iterator which);
  void restart_now(children_map::iterator which);
  void wait_for_restart(children_map::iterator which, std::chrono::milliseconds delay);
  void let_outlive(children_map::iterator which);
  void shut_down(exit_reason reason);
  void add(call_number caller, child_rules rules, recipe_number recipe);

  // Starting and stopping.
  void begin_start(const child& which);
  void ask_to_end(children_map::iterator which);
  void kill(run_number run, ending how);
  void finish();

  // Help.
  [[nodiscard]] supervisor_flags flags() const;
  void remember_end(const supervisor_input::child_down& input);
  void count(const child& which, std::ptrdiff_t by);
  void set_status(child& which, child_status status);
  void remove(children_map::iterator which);
  void forget_recipe(recipe_number recipe);
  void set_alarm(std::chrono::milliseconds after, alarm::what then, run_number run);
  void arm_next();
  void disarm();
  void report_stopped(run_number run, const child& which, const exit_reason& reason);
  void answer(call_number caller, supervisor_reply::any what);
  void refuse(call_number caller, supervisor_errc code, const child_id& id = {});
  void refuse_spec(call_number caller, spec_error flaw);
  template <class Event>
  void report(Event event);

  kind kind_;
  restart_strategy strategy_;
  unsigned intensity_;
  std::chrono::milliseconds period_;
  std::chrono::milliseconds resolution_;
  auto_shutdown_type auto_shutdown_ = auto_shutdown_type::never;
  std::optional<std::size_t> max_children_ = {};
  argument_list extra_arguments_ = {};
  std::vector<first_child> templates_ = {};  ///< one, unless that is the flaw of the setup
  std::chrono::milliseconds kill_patience_;
  supervisor_init init_;
  std::optional<spec_error> flaw_;

  restart_control control_;
  phase phase_ = phase::fresh;
  children_map children_;
  std::map<run_number, exit_reason> reasons_;  ///< of ends yet unseen, and of failed restarts
  std::size_t restarting_ = 0;
  std::size_t supervisors_ = 0;
  std::deque<supervisor_input::any> inbox_;
  job job_;
  exit_reason final_reason_;  ///< once stopping
  std::map<monotonic_time, std::vector<alarm>> alarms_;
  std::optional<timer_number> timer_;
  std::map<run_number, child_id> outliving_;  ///< killed and given up, and still running
  monotonic_time began_{0};
  attempt_number next_attempt_ = 1;
  run_number next_run_ = 1;
  timer_number next_timer_ = 1;
  // Of the step under way only.
  actions out_;
  monotonic_time now_{0};
};

}  // namespace slipway
