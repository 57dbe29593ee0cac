// slipway/harness/scenario.hpp
//
// What is run in a simulation, again and again with other seeds.
// Belongs here: the interface of a scenario, and one run of one.
// Does not: many runs (explore), the scenarios themselves (pool_scenarios).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/invariant.hpp>
#include <slipway/harness/run_view.hpp>
#include <slipway/harness/schedule.hpp>
#include <slipway/harness/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace slipway::harness {

/// One run of a scenario that has begun: a tree, clients, their calls. It ends when it is destroyed.
class scenario_run {
 public:
  scenario_run() = default;
  scenario_run(const scenario_run&) = delete;
  scenario_run& operator=(const scenario_run&) = delete;
  scenario_run(scenario_run&&) = delete;
  scenario_run& operator=(scenario_run&&) = delete;
  virtual ~scenario_run() = default;

  /// Nobody wants anything any more.
  [[nodiscard]] virtual bool over() const = 0;
  /// Asks the tree to end; called once, when it is over.
  virtual void stop() = 0;
  [[nodiscard]] virtual const run_view& view() const = 0;
};

struct scenario {
  std::string name;
  /// Which faults a run of this seed has.
  std::function<fault_plan(std::uint64_t seed)> draw_plan;
  /// Sets one up. The seed decides all that is drawn in it; the order of steps is the simulation's.
  std::function<std::unique_ptr<scenario_run>(simulation&, std::uint64_t seed, const fault_plan&)>
      begin;
};

/// Which run.
struct run_setup {
  std::uint64_t seed = 0;
  /// None: the plan of the seed.
  std::optional<fault_plan> plan{};
  /// None: the steps are chosen by the seed.
  std::optional<schedule> steps{};
  run_trace::detail trace = run_trace::detail::hash_only;
  /// A run that makes more is broken.
  std::size_t most_steps = 100'000;
};

/// What came of it.
struct run_result {
  run_setup setup;  ///< with its plan
  schedule chosen;
  std::uint64_t hash = 0;
  std::size_t steps = 0;
  std::optional<broken_invariant> broken{};
  std::vector<std::string> lines{};  ///< of the trace, if it was kept
  std::size_t calls = 0;
  std::size_t results = 0;  ///< of the calls
};

/// Runs it to its end, or until a rule is broken. That it comes to an end is a rule as well, with
/// the name "the run ends".
[[nodiscard]] run_result run_once(const scenario& what, run_setup setup,
                                  std::span<const invariant> rules);
/// The same with another source of choices.
[[nodiscard]] run_result run_once(const scenario& what, run_setup setup,
                                  std::span<const invariant> rules, choice_source& choices,
                                  simulation_options options);

}  // namespace slipway::harness
