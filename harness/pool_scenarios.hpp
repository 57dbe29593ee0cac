// slipway/harness/pool_scenarios.hpp
//
// Ready-made scenarios: pools of workers under supervisors, clients that are threads or actors,
// sessions, and somebody who ends what he likes.
// Belongs here: what is in such a run. Does not: running it (scenario, explore).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {

struct pool_scenario_options {
  std::size_t workers = 4;
  std::size_t calls = 20;   ///< of all clients
  std::size_t clients = 3;  ///< that are threads
  std::size_t actor_clients = 2;
  std::size_t sessions = 0;  ///< each with three clients of its own; every other one can be rebuilt
  std::size_t session_calls = 5;  ///< of each of these clients
  /// Rules of the plan that a seed draws, at most; a quarter of the seeds has none.
  std::size_t most_faults = 4;
  /// How often a client actor, a child of the supervisor or a pool is made to end, at most.
  std::size_t most_ends = 2;
  /// Draws the options of the pool: lazy, health checks, recycling, breakers, short queues, …
  /// False: the defaults.
  bool varied_pools = true;
};

[[nodiscard]] scenario pool_scenario(std::string name, pool_scenario_options options);

/// "pool": 4 workers, 20 calls. "sessions": 3 workers, 4 sessions, and calls that have none.
/// "supervisor": few calls, and much that ends. "children": see supervisor_scenario.
[[nodiscard]] std::vector<scenario> pool_scenarios();

}  // namespace slipway::harness
