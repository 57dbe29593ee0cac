// slipway/supervision/dynamic_supervisor.hpp
//
// Starts and manages supervisors of many like children that are added while they run: connections,
// sessions, jobs. Elixir's DynamicSupervisor.
//
//     auto sessions = start_dynamic_supervisor(system, {.name = "sessions",
//                                                       .flags = {.max_children = 10'000}});
//     if (!sessions) return report(sessions.error());
//     dynamic_supervisor_handle handle{system, *sessions};
//     auto child = handle.start_child({.id = "session", .start = start_session}, 1s);
//
// Belongs here: the options, start and management API.
// Does not: any rule (dynamic_supervisor_core.hpp). Where CAF cannot follow the original: the head
// of supervisor.hpp.
//
// Take this one when children differ, and supervisor.hpp's simple_one_for_one when all are started
// from one spec, shall count as significant, or existing OTP code is carried over.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/restart_budget.hpp>
#include <slipway/supervision/supervisor_answers.hpp>
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

/// All that a dynamic supervisor is made from. The fields mean what they do in supervisor_options.
struct dynamic_supervisor_options {
  std::string name = "dynamic_supervisor";
  dynamic_supervisor_flags flags = {};
  supervisor_observer observer = {};
  caf::actor_addr parent = {};
  std::chrono::milliseconds kill_patience{5000};
  std::function<void(const gave_up&)> on_escalation = {};
  std::shared_ptr<restart_budget> budget = {};
  supervisor_init init = supervisor_init::ok;
  /// What read_dynamic_flags found wrong.
  std::optional<spec_error> flaw = {};
};

/// Starts a dynamic supervisor, which begins without children.
/// @returns the supervisor, null when it declined; else `error supervisor_data` for invalid flags.
/// Thread   a plain thread, which it blocks briefly; not an actor.
[[nodiscard]] result<caf::actor, exit_reason> start_dynamic_supervisor(
    caf::actor_system& system, dynamic_supervisor_options options);

/// Starts one as a child of another supervisor, for use in a start function.
[[nodiscard]] start_result start_nested_dynamic_supervisor(start_context& context,
                                                           dynamic_supervisor_options options);

/// Starts one without waiting; `acknowledger` as of spawn_supervisor.
[[nodiscard]] caf::actor spawn_dynamic_supervisor(caf::actor_system& system,
                                                  dynamic_supervisor_options options,
                                                  start_acknowledger acknowledger = {});

/// The spec of a dynamic supervisor below another supervisor: type supervisor, shutdown infinity,
/// permanent.
[[nodiscard]] child_spec dynamic_supervisor_spec(child_id id, dynamic_supervisor_options options);

/// Manages a running dynamic supervisor from plain threads, and keeps it alive. Calls are served in
/// their order; each waits for its answer and for no longer than its deadline.
/// Thread  any plain thread, also several at once; no actor (see supervisor_handle).
class dynamic_supervisor_handle {
 public:
  template <class T>
  using answer = result<T, supervisor_error>;

  dynamic_supervisor_handle(caf::actor_system& system, caf::actor supervisor);

  [[nodiscard]] const caf::actor& actor() const noexcept { return supervisor_; }

  /// Adds a child and starts it; ids need not differ. Its start function gets the extra_arguments,
  /// then the spec's. A child that declines (null actor) or fails is not kept.
  /// Errors  invalid_spec, max_children, start_failed. Cost  O(log children).
  [[nodiscard]] answer<child_handle> start_child(child_spec spec,
                                                 std::chrono::milliseconds deadline) const;

  /// Stops a child by its shutdown rule and forgets it; or ends the tries to restart the one that
  /// had this actor last. Errors  not_found.
  [[nodiscard]] answer<void> terminate_child(const caf::actor& child,
                                             std::chrono::milliseconds deadline) const;

  /// The children, in no promised order. Cost  O(children).
  [[nodiscard]] answer<std::vector<child_info>> which_children(
      std::chrono::milliseconds deadline) const;

  /// Children that are being restarted are counted but for `active`. Cost  O(1).
  [[nodiscard]] answer<child_counts> count_children(std::chrono::milliseconds deadline) const;

  /// The rules of a child, defaults and extra arguments filled in. Errors  not_found.
  [[nodiscard]] answer<child_rules> get_childspec(const caf::actor& child,
                                                  std::chrono::milliseconds deadline) const;

  /// Stops the children side by side, then the supervisor, which ends with `reason`.
  /// @returns the reason with which it did end. Errors  timed_out: it is still stopping.
  [[nodiscard]] answer<exit_reason> stop(const exit_reason& reason,
                                         std::chrono::milliseconds deadline) const;

 private:
  caf::actor_system* system_;
  caf::actor supervisor_;
};

}  // namespace slipway
