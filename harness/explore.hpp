// slipway/harness/explore.hpp
//
// Many runs of a scenario with other seeds, and the smallest run that breaks a rule.
//
//     const auto report = explore(pool_scenario("pool", {}), invariants::all(), {.seeds = 20'000});
//     if (report.failure) std::cerr << to_text(*report.failure);
//
// Belongs here: running many, making a failure smaller, printing it.
// Does not: all orders of a small scenario (exhaust), files (replay_file).
// Source: FoundationDB, for seeds; Zeller's delta debugging (ddmin), for making smaller.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace slipway::harness {

struct exploration {
  std::uint64_t first_seed = 1;
  std::size_t seeds = 1000;
  std::size_t most_steps = 100'000;  ///< of one run
  /// How many runs may be spent on making a failure smaller; zero: it is left as it is.
  std::size_t shrink_runs = 2000;
  /// Runs after each run; false ends the exploration.
  std::function<bool(const run_result&)> after_run{};
};

struct exploration_report {
  std::size_t runs = 0;
  std::size_t steps = 0;
  std::size_t calls = 0;
  std::size_t results = 0;  ///< of the calls
  /// FNV-1a over the hashes of all runs.
  std::uint64_t hash = 0xcbf29ce484222325U;
  /// The first run that broke a rule, and where the exploration ended.
  std::optional<run_result> failure{};
  /// The smallest that was found to break the same rule, with its lines.
  std::optional<run_result> smallest{};
};

/// Runs one seed after the other until a rule is broken.
[[nodiscard]] exploration_report explore(const scenario& what, std::span<const invariant> rules,
                                         const exploration& how);

/// Leaves out rules of the plan, and chooses the first that can go on where that breaks the same
/// rule, for as long as there is something left to try and `most_runs` are not spent.
/// @param failed  a run that broke a rule.
[[nodiscard]] run_result shrink(const scenario& what, std::span<const invariant> rules,
                                const run_result& failed, std::size_t most_runs);

/// Which rule, which seed, which faults and steps; the trace, when there is one.
[[nodiscard]] std::string to_text(const scenario& what, const run_result& failed);

/// A GoogleTest test that makes this run again and expects no rule to be broken.
/// @param scenario_text  the C++ expression that gives the scenario.
[[nodiscard]] std::string to_test(const scenario& what, const run_result& failed,
                                  const std::string& scenario_text);

}  // namespace slipway::harness
