// slipway/bench/simulation_bench.cpp
//
// How many schedules of real pools on simulated processes run in a second.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/pool_scenarios.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

using namespace slipway::harness;

// 0: a pool of 4 workers, 20 calls and faults; 1: sessions; 2: a supervisor with much that ends.
void schedules(benchmark::State& state) {
  const scenario what = pool_scenarios().at(static_cast<std::size_t>(state.range(0)));
  const auto rules = invariants::all();
  std::uint64_t seed = 0;
  std::size_t steps = 0;
  for (auto _ : state) {
    const auto run = run_once(what, {.seed = ++seed}, rules);
    steps += run.steps;
    benchmark::DoNotOptimize(run.hash);
  }
  state.SetLabel(what.name);
  state.counters["schedules"] =
      benchmark::Counter(static_cast<double>(seed), benchmark::Counter::kIsRate);
  state.counters["steps"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}
BENCHMARK(schedules)->DenseRange(0, 2)->Unit(benchmark::kMicrosecond);

}  // namespace
