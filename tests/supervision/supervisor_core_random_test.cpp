// slipway/tests/supervision/supervisor_core_random_test.cpp
//
// Random lives of supervisors: whatever comes in whatever order, the invariants in the head of
// supervisor_core.hpp hold. A failure prints the seed; SLIPWAY_SEED=n repeats that life alone.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_core_life.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace slipway {
namespace {

TEST(supervisor_core_random, the_invariants_hold_in_any_order_of_inputs) {
  const char* given = std::getenv("SLIPWAY_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  const unsigned first = given == nullptr ? 1 : static_cast<unsigned>(std::stoul(given));
  const unsigned count = given == nullptr ? 3000 : 1;
  for (unsigned seed = first; seed < first + count; ++seed) {
    lives::supervisor_core_life(seed).run();
    if (HasFailure()) {
      FAIL() << "repeat with SLIPWAY_SEED=" << seed
             << " supervision_test --gtest_filter=supervisor_core_random.*";
    }
  }
}

}  // namespace
}  // namespace slipway
