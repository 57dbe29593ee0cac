// slipway/harness/exhaust.hpp
//
// Every order of the steps of a small scenario, each once, but for orders that cannot matter.
//
//     const auto report = exhaust(tiny, invariants::all(), {.depth = 40});
//
// Orders that differ only in steps that touch nothing in common are one: by sleep sets, over what
// each step was seen to touch (simulation::touch_host, lanes). Steps of the program under test all
// touch the host, so what is spared are the orders of what processes do on their own, and of that what
// no rule of the fault plan looks at.
//
// Belongs here: visiting the orders. Does not: seeds (explore).
// Source: Godefroid, Partial-Order Methods for the Verification of Concurrent Systems; Concuerror.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace slipway::harness {

struct exhaustion {
  /// So many choices from the beginning are made in every way; those behind them in one.
  std::size_t depth = 1000;
  std::size_t most_runs = 100'000;
  /// Whether time may pass although somebody could go on: many more orders.
  bool time_races = false;
  /// Whether orders that cannot differ are left out; false only proves that they do not.
  bool spares = true;
  std::uint64_t seed = 1;            ///< of the scenario
  std::optional<fault_plan> plan{};  ///< none: that of the seed
};

struct exhaustion_report {
  std::size_t orders = 0;  ///< runs that came to their end
  std::size_t spared = 0;  ///< runs that were left as soon as they could only repeat another
  bool complete = false;   ///< every order within the depth has been visited
  std::optional<run_result> failure{};
};

/// Runs the scenario again from its beginning for each order, until one breaks a rule.
[[nodiscard]] exhaustion_report exhaust(const scenario& what, std::span<const invariant> rules,
                                        const exhaustion& how);

}  // namespace slipway::harness
