// slipway/tests/actors/failure_window_test.cpp
//
// What lies in the window, as a table: one failure, and when it is asked for.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/failure_window.hpp>

#include <gtest/gtest.h>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr time_point origin{};
constexpr call_counts nothing{};
constexpr call_counts one_failure{.calls = 1, .failures = 1};

TEST(failure_window, a_result_counts_until_its_tenth_leaves_the_window) {
  struct row {
    duration failed;
    duration asked;
    call_counts counts;
  };
  const row table[] = {
      {0ms, 0ms, one_failure},  {0ms, 999ms, one_failure},   // the whole window
      {0ms, 1000ms, nothing},   {99ms, 999ms, one_failure},  // nine tenths of it
      {99ms, 1000ms, nothing},  {100ms, 1099ms, one_failure}, {100ms, 1100ms, nothing},
      {0ms, 24h, nothing},      {-1ms, 899ms, one_failure},  // before the clock's origin
      {-1ms, 900ms, nothing},   {-100ms, 899ms, one_failure}, {-101ms, 799ms, one_failure},
      {-101ms, 800ms, nothing},
  };
  for (const row& each : table) {
    failure_window window(1s);
    window.add(origin + each.failed, 1);
    EXPECT_EQ(window.counts(origin + each.asked), each.counts)
        << "failed at " << each.failed / 1ms << " ms, asked at " << each.asked / 1ms << " ms";
  }
}

TEST(failure_window, counts_successes_among_the_calls) {
  failure_window window(1s);
  window.add(origin, 1);
  window.add(origin, 0);
  window.add(origin + 500ms, 0);
  EXPECT_EQ(window.counts(origin + 500ms), (call_counts{.calls = 3, .failures = 1}));
  EXPECT_EQ(window.counts(origin + 1s), (call_counts{.calls = 1, .failures = 0}));
  window.clear();
  EXPECT_EQ(window.counts(origin + 1s), nothing);
}

TEST(failure_window, a_tenth_that_comes_around_again_starts_at_zero) {
  failure_window window(1s);
  window.add(origin + 50ms, 1);
  window.add(origin + 1050ms, 1);
  EXPECT_EQ(window.counts(origin + 1050ms), one_failure);
}

TEST(failure_window, one_that_is_too_short_counts_as_the_shortest) {
  EXPECT_EQ(failure_window(0ms), failure_window(1ms));
  failure_window window(-1h);
  window.add(time_point::max(), 1);
  EXPECT_EQ(window.counts(time_point::max()), one_failure);
}

}  // namespace
}  // namespace slipway
