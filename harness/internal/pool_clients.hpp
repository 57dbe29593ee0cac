// slipway/harness/internal/pool_clients.hpp
//
// Clients of a simulated pool that make one call after the other, outside of sessions.
// Belongs here: what they call, and what must come out. Does not: who ends them (pool_scenarios).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/harness/internal/pool_stage.hpp>
#include <slipway/harness/simulated_system.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/protocol/value.hpp>

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::harness::internal {

/// Not to outlive stage and system. One thread.
class pool_clients {
 public:
  pool_clients(pool_stage& stage, simulated_system& system) : stage_(stage), system_(system) {}

  /// Begins one that stands for a thread.
  void start_thread(const std::string& name, std::size_t calls);
  /// Begins one that is an actor.
  void start_actor(const std::string& name, std::size_t calls);

  /// Those that were begun.
  [[nodiscard]] const std::vector<caf::actor>& actors() const { return actors_; }
  /// Asks the actors to end.
  void stop();

 private:
  struct drawn_call {
    std::string command;
    value args;
    duration timeout;
  };

  [[nodiscard]] drawn_call draw_call();
  void next_call(const std::string& name, lane_id lane, std::size_t left);
  void next_actor_call(caf::event_based_actor* self, const std::string& name, std::size_t left);

  pool_stage& stage_;
  simulated_system& system_;
  python_pool_actor gateway_;
  std::vector<caf::actor> actors_;
  std::int64_t last_number_ = 0;
};

}  // namespace slipway::harness::internal
