// slipway/supervision/internal/supervisor_calls.hpp
//
// How a plain thread asks a supervisor and waits: what the handles of all kinds of supervisors do.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor_answers.hpp>

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace slipway::internal {

using answer_or_error = result<supervisor_answer, supervisor_error>;

/// Sends a call and waits for its answer, for no longer than the deadline.
[[nodiscard]] answer_or_error ask(caf::actor_system& system, const caf::actor& supervisor,
                                  supervisor_request request, std::chrono::milliseconds deadline);

/// The error of a spec that is refused before the supervisor is asked.
[[nodiscard]] supervisor_error spec_refusal(spec_error flaw);

[[nodiscard]] child_handle started_child(supervisor_answer answer);
[[nodiscard]] std::vector<child_info> listed_children(supervisor_answer given);

using spawn_with_acknowledger = std::function<caf::actor(start_acknowledger)>;

/// Spawns a supervisor and waits until its children run.
/// @returns the supervisor, null when it declined.
[[nodiscard]] result<caf::actor, exit_reason> await_start(caf::actor_system& system,
                                                          const spawn_with_acknowledger& spawn);

/// @returns the reason with which the supervisor ended.
[[nodiscard]] result<exit_reason, supervisor_error> stop_and_wait(
    caf::actor_system& system, const caf::actor& supervisor, const exit_reason& reason,
    std::chrono::milliseconds deadline);

}  // namespace slipway::internal
