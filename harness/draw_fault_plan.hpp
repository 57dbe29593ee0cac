// slipway/harness/draw_fault_plan.hpp
//
// What shall go wrong in a run of a scenario, drawn from its seed.
// Belongs here: which faults and occasions are drawn, and how often. Does not: what they mean (fault_plan),
// who is in the run (pool_scenarios).
// Invariant: the same seed draws the same plan.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>

#include <cstddef>
#include <cstdint>

namespace slipway::harness {

/// Faults of processes that make sense in a simulation, at most so many rules.
[[nodiscard]] fault_plan draw_fault_plan(std::uint64_t seed, std::size_t most_rules);

}  // namespace slipway::harness
