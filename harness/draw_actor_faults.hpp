// slipway/harness/draw_actor_faults.hpp
//
// What shall go wrong with actors in a run of a scenario, drawn from its seed.
// Belongs here: which faults of actors and which occasions are drawn. Does not: what they mean
// (fault_plan), who suffers them (unreliable_link).
// Invariant: the same seed and names draw the same plan.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace slipway::harness {

/// Every fault of actors: exits, kills, exceptions, blocks, and all that is done to messages. A quarter
/// of the seeds has none.
/// @param names  of the actors, not empty; half of the rules are for one of them, the others for all.
[[nodiscard]] fault_plan draw_actor_faults(std::uint64_t seed, std::size_t most_rules,
                                           std::span<const std::string> names);

}  // namespace slipway::harness
