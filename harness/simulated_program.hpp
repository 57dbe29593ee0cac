// slipway/harness/simulated_program.hpp
//
// What a simulated worker does with a request.
// Belongs here: answers, and a program that keeps sessions as Python workers do.
// Does not: pipes, signals, frames (simulated_ports).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/process_spec.hpp>
#include <slipway/protocol/envelope.hpp>
#include <slipway/protocol/value.hpp>

#include <functional>
#include <string>
#include <variant>

namespace slipway::harness {

/// It does not answer, and answers nothing afterwards.
struct program_hangs {};
/// It ends instead of answering.
struct program_exits {
  int code = 1;
  std::string last_words{};  ///< a line for standard error; empty: none
};

using program_answer = std::variant<value, remote_error, program_hangs, program_exits>;

/// One process; keeps its state within. Requests come one after the other, the handshake `ping`
/// among them; `shutdown` is not asked.
using simulated_program = std::function<program_answer(const request&)>;

/// Makes the program of each process that is started.
using program_factory = std::function<simulated_program(const process_spec&)>;

/// Knows these commands:
///
///     ping             an empty map
///     echo             its arguments
///     count            how often it was called in the session `session_id` since its last cleanup
///     cleanup_session  forgets the session
///     raise            fails as ValueError
///     hang             does not answer
///     exit             ends with `code`
///
/// Any other fails as UnknownCommand.
[[nodiscard]] simulated_program counting_program(const process_spec& spec);

}  // namespace slipway::harness
