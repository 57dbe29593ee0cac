// slipway/harness/internal/pool_sessions.hpp
//
// Clients of a simulated pool that count in sessions, and know what must come out.
// Belongs here: what a session has been through, and so its only right result. Does not: what a
// session promises (session_options, docs).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/harness/internal/pool_stage.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace slipway::harness::internal {

enum class session_kind : std::uint8_t { lost_with_its_worker, rebuilt };

/// Not to outlive the stage. One thread.
class pool_sessions {
 public:
  /// Clients of each session.
  static constexpr std::size_t clients_each = 3;

  /// @param calls_each  of each client.
  pool_sessions(pool_stage& stage, std::size_t calls_each)
      : stage_(stage), calls_each_(calls_each) {}

  /// Opens a session and begins its clients.
  void start(const std::string& name, session_kind kind);

 private:
  struct counting;

  void next_count(const std::shared_ptr<counting>& state, lane_id lane, std::size_t left);
  [[nodiscard]] std::string wanted_of(counting& state, std::size_t place) const;
  static void learn(counting& state, const result<value, call_error>& outcome);
  void finish_session(const std::shared_ptr<counting>& state, lane_id lane);
  void end_session(counting& state);

  pool_stage& stage_;
  std::size_t calls_each_;
};

}  // namespace slipway::harness::internal
