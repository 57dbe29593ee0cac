// slipway/tests/mutants/hunters.cpp
// SPDX-License-Identifier: Apache-2.0
#include "hunters.hpp"

#include "../actors/pool_core_life.hpp"
#include "../actors/session_table_life.hpp"
#include "../supervision/supervisor_core_life.hpp"
#include "../supervision/supervisor_lives.hpp"
#include <slipway/harness/explore.hpp>
#include <slipway/harness/pool_scenarios.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <exception>

namespace slipway::mutants {
namespace {

// The lives are those of the unit tests: what they expect and do not find is caught here.
std::function<std::optional<std::string>(unsigned)> expecting(std::function<void(unsigned)> life) {
  return [life = std::move(life)](unsigned seed) -> std::optional<std::string> {
    ::testing::TestPartResultArray broken;
    std::optional<std::string> thrown;
    {
      const ::testing::ScopedFakeTestPartResultReporter reporter(
          ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &broken);
      try {
        life(seed);
      } catch (const std::exception& e) {
        thrown = std::string("threw: ") + e.what();
      }
    }
    if (broken.size() != 0) {
      return broken.GetTestPartResult(0).message();
    }
    return thrown;
  };
}

// A whole tree in simulation: real shells around the cores, faults, and the rules of the harness.
hunter exploring(const harness::scenario& what) {
  return {"simulated " + what.name, [what](unsigned seed) -> std::optional<std::string> {
            try {
              const auto run = harness::run_once(what, {.seed = seed, .most_steps = 20'000},
                                                 harness::invariants::all());
              if (run.broken) {
                return run.broken->name + ": " + run.broken->what;
              }
              return std::nullopt;
            } catch (const std::exception& e) {
              return std::string("threw: ") + e.what();
            }
          }};
}

}  // namespace

std::vector<hunter> hunters() {
  std::vector<hunter> all = {
      {"pool", expecting([](unsigned seed) { lives::pool_core_life(seed).run(1000); })},
      {"sessions", expecting([](unsigned seed) { lives::session_table_life(seed).run(1000); })},
      {"disorder", expecting([](unsigned seed) { lives::supervisor_core_life(seed).run(); })},
      {"supervisor", expecting([](unsigned seed) { slipway::testing::live_ordinary(seed); })},
  };
  for (const auto& what : harness::pool_scenarios()) {
    all.push_back(exploring(what));
  }
  return all;
}

}  // namespace slipway::mutants
