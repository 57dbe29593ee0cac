// slipway/tests/actors/busy_poll_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/busy_poll.hpp>

#include <gtest/gtest.h>

namespace slipway::internal {
namespace {

using namespace std::chrono_literals;

void took(busy_poll& polling, duration time, int times) {
  for (int i = 0; i < times; ++i) {
    polling.took(time);
  }
}

TEST(busy_poll, it_is_worthwhile_until_answers_are_known_to_be_slow) {
  busy_poll polling(100us);
  EXPECT_TRUE(polling.worthwhile());
  took(polling, 1s, 8);
  EXPECT_FALSE(polling.worthwhile());
}

TEST(busy_poll, one_slow_answer_among_quick_ones_changes_nothing) {
  busy_poll polling(100us);
  for (int i = 0; i < 100; ++i) {
    took(polling, 10us, 20);
    took(polling, 1h, 1);
    EXPECT_TRUE(polling.worthwhile());
  }
}

TEST(busy_poll, it_is_worthwhile_again_when_answers_have_become_quick) {
  busy_poll polling(100us);
  took(polling, 1h, 1000);
  took(polling, 10us, 20);
  EXPECT_TRUE(polling.worthwhile());
}

TEST(busy_poll, without_a_budget_it_is_never_worthwhile) {
  busy_poll polling(0us);
  EXPECT_FALSE(polling.worthwhile());
  took(polling, 10us, 3);
  EXPECT_FALSE(polling.worthwhile());
}

}  // namespace
}  // namespace slipway::internal
