// tests/supervision/restart_backoff_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/restart_backoff.hpp>
#include <slipway/supervision/restart_budget.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

TEST(restart_backoff, is_off_by_default) {
  EXPECT_TRUE(restart_backoff{}.is_off());
  EXPECT_EQ(restart_backoff{}.delay(1000, 0.5), 0ms);
}

TEST(restart_backoff, a_constant_delay_stays_the_same) {
  const auto rule = restart_backoff::constant(50ms);
  EXPECT_EQ(rule.delay(1, 0.9), 50ms);
  EXPECT_EQ(rule.delay(100, 0.1), 50ms);
}

TEST(restart_backoff, an_exponential_delay_doubles_up_to_its_cap) {
  const auto rule = restart_backoff::exponential(100ms, 1s, 0);
  EXPECT_EQ(rule.delay(1, 0), 100ms);
  EXPECT_EQ(rule.delay(2, 0), 200ms);
  EXPECT_EQ(rule.delay(4, 0), 800ms);
  EXPECT_EQ(rule.delay(5, 0), 1s);
  EXPECT_EQ(rule.delay(1'000'000, 0), 1s);
}

TEST(restart_backoff, jitter_shortens_a_delay_by_at_most_its_share) {
  const auto rule = restart_backoff::exponential(100ms, 1s, 0.5);
  EXPECT_EQ(rule.delay(1, 0), 100ms);
  EXPECT_EQ(rule.delay(1, 0.5), 75ms);
  EXPECT_EQ(rule.delay(1, 1), 50ms);
}

TEST(restart_budget, restarts_of_several_threads_count_together) {
  restart_budget budget(100, 1h);
  std::vector<std::thread> supervisors;
  for (int i = 0; i < 4; ++i) {
    supervisors.emplace_back([&budget] {
      for (int n = 0; n < 25; ++n) {
        EXPECT_EQ(budget.take(1s), restart_window::verdict::go_on);
      }
    });
  }
  for (auto& supervisor : supervisors) {
    supervisor.join();
  }
  EXPECT_EQ(budget.take(1s), restart_window::verdict::give_up);
}

TEST(restart_budget, a_time_before_the_latest_counts_as_the_latest) {
  restart_budget budget(1, 100ms);
  EXPECT_EQ(budget.take(2s), restart_window::verdict::go_on);
  EXPECT_EQ(budget.take(1s), restart_window::verdict::give_up);
}

}  // namespace
}  // namespace slipway
