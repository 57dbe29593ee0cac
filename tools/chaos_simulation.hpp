// slipway/tools/chaos_simulation.hpp
//
// A tree under faults on one thread and on a virtual clock, with simulated processes: the same seed is
// the same run, on any machine.
// Belongs here: the clients, and time. Does not: the tree (simulated_system), the reports.
// Limit: what a worker computes is not known, so that each request is answered at once with nothing.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>
#include <slipway/tools/chaos_load.hpp>
#include <slipway/tools/chaos_log.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/run_config.hpp>
#include <slipway/tools/stop_request.hpp>

#include <cstddef>
#include <cstdint>

namespace slipway::tools {

struct simulated_chaos {
  const run_config& config;
  const harness::fault_plan& plan;
  const chaos_calls& calls;
  chaos_setting setting{};  ///< with seed and length
};

/// Runs it to its end, or until `stop` is asked for, and says what happens on `screen`.
[[nodiscard]] chaos_log simulate(const simulated_chaos& what, const stop_request& stop,
                                 console& screen);

}  // namespace slipway::tools
