// slipway/supervision/supervisor_answers.hpp
//
// What the management calls of all kinds of supervisors give back to their callers.
// Belongs here: the error and the results.
// Does not: the calls (supervisor.hpp, dynamic_supervisor.hpp), what a core answers
// (supervisor_call.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <caf/actor.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace slipway {

/// A failed management call.
struct supervisor_error {
  supervisor_errc code = supervisor_errc::supervisor_down;
  std::string message;                  ///< one sentence
  child_id child;                       ///< whom the call was about; may be empty
  std::string field;                    ///< of an invalid spec
  std::optional<spec_error> invalid;    ///< invalid_spec: all that is wrong
  caf::actor running;                   ///< already_started: the running child
  std::optional<exit_reason> cause;     ///< start_failed, supervisor_down
  std::chrono::milliseconds waited{0};  ///< timed_out: the deadline given
};

/// `restarting: child "cache" is being restarted`, with the cause where there is one.
[[nodiscard]] std::string to_string(const supervisor_error& error);

/// One line of which_children.
struct child_info {
  child_id id;
  child_status status = child_status::idle;
  child_type type = child_type::worker;
  caf::actor actor;  ///< null unless running
};

/// Answer of start_child and restart_child.
struct child_handle {
  caf::actor actor;  ///< null when the child declined to run
  std::string info;  ///< what the start function gave along
};

}  // namespace slipway
