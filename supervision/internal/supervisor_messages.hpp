// slipway/supervision/internal/supervisor_messages.hpp
//
// The messages that a supervisor's actor understands, beside CAF's exit_msg. They stay within one
// process.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_input.hpp>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <optional>
#include <vector>

namespace slipway::internal {

/// An input for the core as it is: acknowledgements, ends of children, timers, notes to itself.
struct supervisor_mail {
  supervisor_input::any input;
};

/// A timer's wake-up: the shell has one timer, however often the core arms.
struct supervisor_wake {};

/// A management call; the answer is a supervisor_answer. `start` comes with start_child, whose
/// recipe number the shell gives out.
struct supervisor_request {
  supervisor_call::any call;
  start_function start = {};
  caf::actor child = {};  ///< of a call about a child_process: whom it is about
};

/// The core's reply together with the actors behind its run numbers.
struct supervisor_answer {
  supervisor_reply::any reply = {};
  /// One a line of which_children (null when not running); one for started and already_started.
  std::vector<caf::actor> actors = {};
  /// The supervisor ended with this reason before it could answer; then nothing else counts.
  std::optional<exit_reason> gone = {};
};

}  // namespace slipway::internal

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::internal::supervisor_mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::internal::supervisor_wake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::internal::supervisor_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::internal::supervisor_answer)
