// slipway/tests/actors/pool_core_random_test.cpp
//
// A million random events against the pool's core: its invariants hold after each of them, whatever
// the callbacks return. A failure names its seed, and `--gtest_filter` with SLIPWAY_TEST_SEED=n runs
// that seed alone.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_core_life.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace slipway {
namespace {

TEST(pool_core_properties, the_invariants_hold_under_a_million_random_events) {
  const char* only = std::getenv("SLIPWAY_TEST_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  unsigned seed = only == nullptr ? 1U : static_cast<unsigned>(std::atoi(only));
  int events = 0;
  do {
    SCOPED_TRACE("SLIPWAY_TEST_SEED=" + std::to_string(seed));
    events += lives::pool_core_life(seed++).run(1000);
  } while (only == nullptr && events < 1'000'000 && !HasFailure());
}

}  // namespace
}  // namespace slipway
