// slipway/harness/fault_text.hpp
//
// Faults in words, and what kind of thing each is.
// Belongs here: names, as in plan files, traces and reports; to whom and at which moment a fault can
// be done. Does not: plan files themselves (fault_plan_toml).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_event.hpp>
#include <slipway/harness/fault_plan.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway::harness {

/// When a fault can be done at all.
enum class fault_moment : std::uint8_t {
  any,      ///< while its subject lives
  spawn,    ///< before the process is spawned
  start,    ///< before the handshake is answered
  reply,    ///< to an answer
  message,  ///< to a message of an actor
};

[[nodiscard]] fault_moment moment_of(const fault& what);
/// Whether it is done to actors; else to processes.
[[nodiscard]] bool is_for_actors(const fault& what);
/// Whether it is done to the whole run: `clock_jump`.
[[nodiscard]] bool needs_nobody(const fault& what);

/// "kill", "slow_reply": as in a plan file.
[[nodiscard]] std::string_view name_of(const fault& what);
[[nodiscard]] std::string_view name_of(process_state state);
[[nodiscard]] std::string_view name_of(fault_chance chance);
[[nodiscard]] std::string_view name_of(spawn_fault error);

/// One of each kind, as made without arguments, in the order of the variant.
[[nodiscard]] std::span<const fault> all_faults();
[[nodiscard]] std::span<const process_state> all_process_states();
[[nodiscard]] std::span<const fault_chance> all_fault_chances();
[[nodiscard]] std::span<const spawn_fault> all_spawn_faults();

/// "kill of licences/3", "slow_reply by 20 ms of echo/1 (rule 'slow')", for one line of a trace.
[[nodiscard]] std::string to_string(const injected_fault& struck);

/// "slow_reply by 20 ms": the kind and its argument.
[[nodiscard]] std::string to_string(const fault& what);

}  // namespace slipway::harness
