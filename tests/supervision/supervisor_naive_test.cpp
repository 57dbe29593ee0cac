// slipway/tests/supervision/supervisor_naive_test.cpp
//
// Random lives of supervisors beside the same lives of the naive model: at each step both must have
// done and answered the same. A failure prints the seed; SLIPWAY_SEED=n repeats that life alone.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_lives.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace slipway::testing {
namespace {

/// Lives as many lives as there shall be, or the one that SLIPWAY_SEED names.
template <class Life>
void live_many(Life life, const char* test) {
  const char* given = std::getenv("SLIPWAY_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  const unsigned first = given == nullptr ? 1 : static_cast<unsigned>(std::stoul(given));
  const unsigned count = given == nullptr ? 4000 : 1;
  for (unsigned seed = first; seed < first + count; ++seed) {
    life(seed);
    if (::testing::Test::HasFailure()) {
      FAIL() << "repeat with SLIPWAY_SEED=" << seed
             << " supervision_test --gtest_filter=supervisor_naive." << test;
    }
  }
}

TEST(supervisor_naive, an_ordinary_supervisor_does_what_the_plain_rules_say) {
  live_many(live_ordinary, "an_ordinary*");
}

TEST(supervisor_naive, a_simple_one_for_one_supervisor_does_what_the_plain_rules_say) {
  live_many([](unsigned seed) { live_dynamic(seed, true); }, "a_simple*");
}

TEST(supervisor_naive, a_dynamic_supervisor_does_what_the_plain_rules_say) {
  live_many([](unsigned seed) { live_dynamic(seed, false); }, "a_dynamic*");
}

}  // namespace
}  // namespace slipway::testing
