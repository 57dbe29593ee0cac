// slipway/harness/fault_event.hpp
//
// What is told to the rules of a fault plan, and what they answer.
// Belongs here: the values. Does not: the rules (fault_core), what is done then.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace slipway::harness {

/// A process or an actor, by all that is known of it.
struct fault_subject {
  std::string name{};  ///< unique among those that live: "licences/3"
  std::string pool{};
  std::string tag{};
  std::string session{};     ///< of the request that it has; empty: of none
  std::uint64_t worker = 0;  ///< the n-th that its pool started, from 1; 0: it is no worker

  friend bool operator==(const fault_subject&, const fault_subject&) = default;
};

/// What happens to one process or actor just now.
struct fault_event {
  enum class kind : std::uint8_t {
    enters_state,
    request,  ///< a frame to it
    reply,    ///< a frame from it
    spawn,    ///< it is about to be spawned
    message,  ///< to an actor
  };
  kind what = kind::enters_state;
  process_state state{};    ///< for `enters_state`
  std::uint64_t bytes = 0;  ///< of the frame, for `request` and `reply`
  bool handshake = false;   ///< that frame belongs to the handshake
  fault_subject who{};
};

/// A rule has struck: what is to be done now, to whom.
struct injected_fault {
  std::size_t rule = 0;  ///< its place in the plan, from 0
  std::string rule_name{};
  fault what{};
  fault_subject who{};  ///< of nobody for `clock_jump`
  time_point at{};
  /// How many bytes of the reply that is about to pass are let through (`at_byte`); else 0.
  std::uint64_t bytes_before = 0;

  friend bool operator==(const injected_fault&, const injected_fault&) = default;
};

}  // namespace slipway::harness
