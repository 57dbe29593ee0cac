// slipway/supervision/supervisor.hpp
//
// Starts supervisors and manages running ones.
//
//     auto top = start_supervisor(system, {.name = "top",
//                                          .flags = {.intensity = 3, .period = 10s},
//                                          .children = {{.id = "cache", .start = start_cache}}});
//     if (!top) return report(top.error());
//     supervisor_handle handle{system, *top};
//     handle.stop(exit_reason::shutdown(), 10s);
//
// Belongs here: the shell's options, start and management API.
// Does not: any rule (supervisor_core.hpp). Where CAF cannot follow OTP:
// - A running handler cannot be pre-empted: a kill takes effect when the child's handler returns.
//   The supervisor waits for `kill_patience`, reports `child_outlives_kill` and goes on without the
//   child, which which_children then shows as `outlives_kill` until it ends. OTP's kills always
//   work.
// - A supervisor that nobody holds (no handle, no parent) ends, and its children with it, for CAF
//   frees actors that nobody can reach. Hold the handle for as long as the tree shall live.
// - A link to a supervisor tells only the one who linked: CAF lets `kill` pass through links
//   untrappably, and a supervisor must not die of that. Name a `parent` in the options to have its
//   end stop the supervisor.
// - A supervisor that is killed tells its children `killed`, which they can trap; a child actor
//   that traps nothing ends of it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/restart_budget.hpp>
#include <slipway/supervision/supervisor_answers.hpp>
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_event.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// All that a supervisor is made from.
struct supervisor_options {
  /// For texts; need not be unique.
  std::string name = "supervisor";
  supervisor_flags flags = {};
  /// In start order; ids must differ. Under simple_one_for_one exactly one, the template, of which
  /// start_child starts children; none is started before.
  std::vector<child_spec> children = {};
  /// May be empty. Nested supervisors have their own.
  supervisor_observer observer = {};
  /// Its end stops the supervisor, with the same reason. Not given: nobody's end does. A nested
  /// supervisor needs none: it is stopped by the supervisor above.
  caf::actor_addr parent = {};
  /// After this time a child that was killed and still runs is reported (child_outlives_kill), and the
  /// supervisor goes on without it. Zero: it is waited for as long as it takes.
  std::chrono::milliseconds kill_patience{5000};
  /// Beyond OTP. Called when the supervisor gives up (its intensity or its budget is exceeded), before
  /// it stops its children: the last chance to say so, as its own end is a plain `shutdown`. Runs in
  /// the supervisor, must be brief, and is not told again.
  std::function<void(const gave_up&)> on_escalation = {};
  /// Beyond OTP. A restart intensity for all supervisors that are given the same one, in addition to
  /// each one's own. Null: none.
  std::shared_ptr<restart_budget> budget = {};
  /// `declined`: the supervisor declines to run, for options that are made at run time.
  supervisor_init init = supervisor_init::ok;
  /// What read_flags found wrong; the start fails with it.
  std::optional<spec_error> flaw = {};
};

/// Starts a supervisor and all its children, and waits for them.
/// @returns the supervisor once every child runs (or declined), null when it declined itself; else
/// why not, after those that had started
///          were stopped: `error start_spec` or `error supervisor_data` for invalid options (the
///          message names the field), `{shutdown, failed_to_start_child …}` with the child's reason
///          as cause.
/// Thread   a plain thread, which it blocks without limit: the children's start functions set the
/// limits. Not an
///          actor: for a supervisor below another use supervisor_spec or start_nested_supervisor.
/// OTP      supervisor:start_link/2.
[[nodiscard]] result<caf::actor, exit_reason> start_supervisor(caf::actor_system& system,
                                                               supervisor_options options);

/// Starts a supervisor as a child of another, for use in a start function. It acknowledges when its
/// children run, so no thread waits for it.
[[nodiscard]] start_result start_nested_supervisor(start_context& context,
                                                   supervisor_options options);

/// Starts a supervisor without waiting: for hosts that may not block, such as a deterministic
/// scheduler. `acknowledger` is told when all children run; when the start fails the actor ends
/// with the reason.
[[nodiscard]] caf::actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                                          start_acknowledger acknowledger = {});

/// The spec of a supervisor below another: type supervisor, shutdown infinity, permanent.
[[nodiscard]] child_spec supervisor_spec(child_id id, supervisor_options options);

/// Manages a running supervisor from plain threads, and keeps it alive.
/// Each call waits for its answer and for no longer than its deadline. A supervisor that is
/// starting or stopping a child answers afterwards, calls in their order. A value: copies manage
/// the same supervisor. Thread  any plain thread, also several at once. Not an actor, and above all
/// not a child's start function or
///         an observer of the same supervisor: it would wait for itself until the deadline.
class supervisor_handle {
 public:
  template <class T>
  using answer = result<T, supervisor_error>;

  /// @param supervisor  one that start_supervisor, spawn_supervisor or a which_children gave.
  supervisor_handle(caf::actor_system& system, caf::actor supervisor);

  /// The supervisor itself: to monitor it, or to send it an exit message.
  [[nodiscard]] const caf::actor& actor() const noexcept { return supervisor_; }

  /// Adds a child behind all others and starts it. A temporary child that declines, and one that
  /// fails, is not kept. Errors  already_started, already_present, invalid_spec, start_failed.
  [[nodiscard]] answer<child_handle> start_child(child_spec spec,
                                                 std::chrono::milliseconds deadline) const;

  /// Under simple_one_for_one: starts one more child of the template, whose start function gets the
  /// template's arguments and these behind them. A child that declines or fails is not kept.
  /// Errors  start_failed; invalid_spec with other strategies.
  [[nodiscard]] answer<child_handle> start_child(argument_list arguments,
                                                 std::chrono::milliseconds deadline) const;

  /// Stops a child by its shutdown rule, or ends the tries to restart it. Its spec stays, unless it
  /// is temporary. Of a child that does not run: nothing happens, and that is no error. Errors
  /// not_found; simple_one_for_one.
  [[nodiscard]] answer<void> terminate_child(const child_id& id,
                                             std::chrono::milliseconds deadline) const;

  /// Under simple_one_for_one: stops the child with this actor, or ends the tries to restart the
  /// one that had it last. Of any other actor that has ended: nothing happens, and that is no
  /// error. Errors  not_found: the actor lives and is no child; also with other strategies, as in
  /// OTP.
  [[nodiscard]] answer<void> terminate_child(const caf::actor& child,
                                             std::chrono::milliseconds deadline) const;

  /// Starts a child that does not run, in its old place. Errors  running, restarting, not_found,
  /// start_failed (the child stays as it was), simple_one_for_one.
  [[nodiscard]] answer<child_handle> restart_child(const child_id& id,
                                                   std::chrono::milliseconds deadline) const;

  /// Forgets a child that does not run.
  /// Errors  running, restarting, not_found, simple_one_for_one.
  [[nodiscard]] answer<void> delete_child(const child_id& id,
                                          std::chrono::milliseconds deadline) const;

  /// The children, the last started first, as in OTP.
  [[nodiscard]] answer<std::vector<child_info>> which_children(
      std::chrono::milliseconds deadline) const;

  [[nodiscard]] answer<child_counts> count_children(std::chrono::milliseconds deadline) const;

  /// The rules of a child, defaults filled in. Errors  not_found.
  [[nodiscard]] answer<child_rules> get_childspec(const child_id& id,
                                                  std::chrono::milliseconds deadline) const;

  /// Under simple_one_for_one: the template's rules, asked by the actor of a child, or by one that
  /// has ended. Errors  not_found, as of terminate_child.
  [[nodiscard]] answer<child_rules> get_childspec(const caf::actor& child,
                                                  std::chrono::milliseconds deadline) const;

  /// Stops the children in reverse order (under simple_one_for_one side by side), then the
  /// supervisor, which ends with `reason`.
  /// @returns the reason with which it did end: another one if it was ending, or had ended,
  /// already;
  ///          `noproc` of a handle to nobody. Errors  timed_out: it is still stopping.
  /// OTP      an exit signal from the parent; gen_server:stop/3.
  [[nodiscard]] answer<exit_reason> stop(const exit_reason& reason,
                                         std::chrono::milliseconds deadline) const;

 private:
  caf::actor_system* system_;
  caf::actor supervisor_;
};

}  // namespace slipway
