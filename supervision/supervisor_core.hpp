// slipway/supervision/supervisor_core.hpp
//
// Decides all that a supervisor does: inputs in, actions out, the time as an argument.
// Belongs here: start and stop order, restart rules, intensity, management calls, what waits for
// what.
// Does not: actors, clocks, threads, logging (supervisor.cpp carries the actions out).
//
//   fresh ── start ──► starting_up ── all children started ──► serving
//                          │                                     │
//                          │ a start failed                      │ stop_requested, intensity
//                          └─────────────► stopping ◄────────────┘ exceeded, auto_shutdown
//                                              │ no child left
//                                              └──► ended
//
//   In starting_up, serving and stopping the supervisor is at any time either idle or waits for one
//   thing: the outcome of one start (begin_start → start_outcome) or the end of one child
//   (begin_stop → stop_outcome).
//
// Invariants: (1) while it waits, every other input is kept, in order, and handled afterwards: what
//                 OTP's supervisor leaves in its mailbox;
//             (2) the end of a child that came while it waited is remembered at once, so that
//                 stopping that child later needs no waiting;
//             (3) an action start_child is the last of its list;
//             (4) after `terminate` no action is ever given;
//             (5) positions, run numbers and timer numbers only grow; children are ordered by
//                 position.
// Source: OTP 25 lib/stdlib/src/supervisor.erl; the functions are named in supervisor_core.cpp.
// Differs: a child that outlives its kill is reported, and the supervisor goes on without it; restarts
//         may be delayed, and counted in a shared budget (restart_control.hpp), both off by default.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/restart_budget.hpp>
#include <slipway/supervision/restart_control.hpp>
#include <slipway/supervision/supervisor_action.hpp>
#include <slipway/supervision/supervisor_call.hpp>
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

/// A child that a supervisor starts with.
struct first_child {
  child_rules rules;
  recipe_number recipe = 0;
  std::optional<spec_error> flaw = {};  ///< of the text that the spec was read from
  friend bool operator==(const first_child&, const first_child&) = default;
};

/// All that a supervisor core is made from.
struct supervisor_setup {
  supervisor_flags flags = {};
  std::vector<first_child> children = {};  ///< in start order
  /// Time after a kill until child_outlives_kill is reported; 0 or less: never.
  std::chrono::milliseconds kill_patience{5000};
  /// Shared with other supervisors; null: none.
  std::shared_ptr<restart_budget> budget = {};
  /// Of the chance in restart delays.
  std::uint32_t seed = 1;
  supervisor_init init = supervisor_init::ok;
  std::optional<spec_error> flaw = {};  ///< of the text that the flags were read from
};

/// The supervisor's state machine. A value: copies go their own ways.
/// Thread  any, but one at a time.
class supervisor_core {
 public:
  using actions = std::vector<supervisor_action::any>;

  /// Nothing is checked yet: invalid flags or children make the start fail, as in OTP.
  explicit supervisor_core(supervisor_setup setup);

  /// Handles one input, and all that had to wait and now need not.
  /// @param now  not earlier than at the last call.
  /// @returns    what is to be done, in this order; may be empty.
  /// Errors      none: an input that makes no sense (an unknown run, a timer cancelled) is dropped.
  /// Cost        O(log children) for the end, start or stop of one child; O(children) for
  /// which_children,
  ///             count_children, the stop of the supervisor, and strategies that restart several.
  [[nodiscard]] actions step(supervisor_input::any input, monotonic_time now);

  /// Whether `terminate` has been given.
  [[nodiscard]] bool ended() const noexcept { return phase_ == phase::ended; }
  /// Whether it is about to start or stop a child, so that inputs are kept for later.
  [[nodiscard]] bool busy() const noexcept { return job_.waits_for != wait::nothing; }

  /// One line a child, and what it waits for: for tests and crash dumps.
  [[nodiscard]] std::string dump() const;

  friend bool operator==(const supervisor_core&, const supervisor_core&) = default;

 private:
  using position = std::uint64_t;

  enum class phase : std::uint8_t { fresh, starting_up, serving, stopping, ended };
  enum class wait : std::uint8_t { nothing, start, stop, kill };
  enum class purpose : std::uint8_t {
    none,
    start_up,
    add_child,
    restart_by_call,
    terminate_by_call,
    restart,
    shut_down,
  };
  enum class ending : std::uint8_t { asked, brutal, timed_out };

  struct child {
    child_rules rules = {};
    recipe_number recipe = 0;
    child_status status = child_status::idle;
    run_number run = 0;  ///< of a running child
    bool alive = false;  ///< false for a running child: its end waits in inbox_
    restart_history history = {};
    friend bool operator==(const child&, const child&) = default;
  };

  /// What is being done: children to stop, then children to start, one after the other.
  struct job {
    purpose why = purpose::none;
    std::vector<position> to_stop = {};   ///< the next one last
    std::vector<position> to_start = {};  ///< the next one last
    call_number caller = 0;
    exit_reason final_reason = {};  ///< of shut_down
    wait waits_for = wait::nothing;
    position subject = 0;  ///< whose start or end is awaited
    run_number run = 0;    ///< which run of it
    ending how = ending::asked;
    std::optional<timer_number> timer = {};
    friend bool operator==(const job&, const job&) = default;
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

  // What is awaited, when it comes.
  [[nodiscard]] bool is_awaited(const supervisor_input::any& input) const;
  void take_awaited(const supervisor_input::any& input);
  void start_succeeded(const std::string& info);
  void start_declined();
  void start_failed(const exit_reason& reason);
  void stopped(const exit_reason& reason);
  void timer_ran_down();

  // Rules.
  [[nodiscard]] std::optional<spec_error> flaw_of_setup() const;
  void restart(position at);
  void restart_now(position at);
  void shut_down(exit_reason reason);
  void auto_shutdown(const child& ended);
  void put_aside(position at);
  void remove(position at);

  // The job under way.
  void begin(job next);
  void advance();
  void begin_stop(position at);
  void begin_start(position at);
  void kill_awaited(ending how);
  void finish();
  void report_stopped(const child& which, const exit_reason& reason, stop_outcome outcome);

  // Help.
  void wait_for_restart(child& which, std::chrono::milliseconds delay);
  void remember_end(const supervisor_input::child_down& input);
  [[nodiscard]] child* find(const child_id& id);
  [[nodiscard]] child* find(const child_ref& which);
  position add(child_rules rules, recipe_number recipe);
  void release(run_number run);
  void arm(std::chrono::milliseconds after);
  void disarm();
  [[nodiscard]] std::chrono::milliseconds since(monotonic_time then) const;
  void answer(call_number caller, supervisor_reply::any what);
  void refuse(call_number caller, supervisor_errc code, const child_id& id);
  template <class Event>
  void report(Event event);

  supervisor_flags flags_;
  std::chrono::milliseconds kill_patience_;
  supervisor_init init_;
  std::optional<spec_error> flaw_;
  std::vector<first_child> first_children_;  ///< until the start
  restart_control control_;
  phase phase_ = phase::fresh;
  monotonic_time began_{0};
  std::map<position, child> children_;
  std::map<child_id, position> by_id_;
  std::map<run_number, position> by_run_;  ///< running children
  std::deque<supervisor_input::any> inbox_;
  job job_;
  position next_position_ = 1;
  run_number next_run_ = 1;
  timer_number next_timer_ = 1;
  attempt_number next_attempt_ = 1;
  std::map<run_number, child_id> outliving_;  ///< killed and given up, and still running
  // Of the step under way; empty and zero between steps.
  monotonic_time now_{0};
  actions out_;
};

}  // namespace slipway
