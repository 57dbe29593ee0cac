// slipway/harness/internal/draw_rules.hpp
//
// How many rules a drawn plan has, their names and how often they strike.
// Belongs here: what plans for processes and for actors have in common. Does not: which faults and
// occasions (draw_fault_plan, draw_actor_faults).
// Invariant: the same seed draws the same plan.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/random_source.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace slipway::harness::internal {

/// A quarter of the seeds has no rule.
/// @param draw  fills in what, when and whom: void(random_source&, const fault_plan& before, fault_rule&).
template <class Draw>
fault_plan draw_rules(std::uint64_t seed, std::size_t most_rules, Draw draw) {
  random_source random = random_source(seed).split(2);
  fault_plan plan;
  if (most_rules == 0 || random.chance(0.25)) {
    return plan;
  }
  const std::uint64_t rules = 1 + random.below(most_rules);
  for (std::uint64_t i = 0; i != rules; ++i) {
    fault_rule rule;
    rule.name = "rule " + std::to_string(i + 1);
    draw(random, plan, rule);
    rule.times = 1 + random.below(3);
    plan.rules.push_back(std::move(rule));
  }
  return plan;
}

}  // namespace slipway::harness::internal
