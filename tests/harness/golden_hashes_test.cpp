// slipway/tests/harness/golden_hashes_test.cpp
//
// One seed is one run, on any machine and by any compiler: the hashes of some runs were written down
// on one machine, and every other one must come to the same.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/scenario.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/supervision/internal/supervisor_actor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace slipway::harness {
namespace {

constexpr const char* file_path = SLIPWAY_TEST_HASHES;
constexpr std::uint64_t seeds = 20;

std::string hashes_of_the_ready_made_scenarios() {
  std::string text = "# scenario, seed, run_result::hash\n";
  for (const auto& each : pool_scenarios()) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      std::array<char, 20> hash{};
      std::snprintf(hash.data(), hash.size(), "%016llx",
                    static_cast<unsigned long long>(run_once(each, {.seed = seed}, {}).hash));
      text.append(each.name).append(" ").append(std::to_string(seed));
      text.append(" ").append(hash.data()).append("\n");
    }
  }
  return text;
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Run with SLIPWAY_REWRITE_HASHES=1 in the environment it writes golden_hashes.txt anew.
TEST(a_seed, makes_the_run_that_was_written_down_on_another_machine) {
  const std::string hashes = hashes_of_the_ready_made_scenarios();
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  if (std::getenv("SLIPWAY_REWRITE_HASHES") != nullptr) {
    std::ofstream(file_path) << hashes;
  }
  EXPECT_EQ(hashes, contents_of(file_path))
      << "if what happens in these runs was meant to change: SLIPWAY_REWRITE_HASHES=1 "
         "test_golden_hashes";
}

// None of these scenarios delays its restarts.
TEST(a_seed, of_the_delays_of_restarts_comes_from_no_library) {
  seeded_choices choices(1);
  const simulation run(choices);
  EXPECT_EQ(slipway::internal::seed_of(run.actors(), "top"), 1960642620U);
}

}  // namespace
}  // namespace slipway::harness
