// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/stderr_meter.hpp>

#include <gtest/gtest.h>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr time_point origin{};
constexpr stderr_limit a_hundred{.bytes = 100, .window = 1s};

TEST(stderr_meter, what_exceeds_the_limit_is_told_once_a_window) {
  stderr_meter meter(a_hundred);
  EXPECT_FALSE(meter.feed(100, origin));
  EXPECT_FALSE(meter.exceeded());
  EXPECT_TRUE(meter.feed(1, origin + 999ms));
  EXPECT_TRUE(meter.exceeded());
  EXPECT_FALSE(meter.feed(1000, origin + 999ms));
  EXPECT_TRUE(meter.feed(101, origin + 1s));
}

TEST(stderr_meter, a_new_window_begins_with_what_comes_after_the_last) {
  stderr_meter meter(a_hundred);
  EXPECT_FALSE(meter.feed(90, origin));
  EXPECT_FALSE(meter.feed(90, origin + 5s));
  EXPECT_FALSE(meter.feed(10, origin + 5999ms));
  EXPECT_FALSE(meter.exceeded());
  EXPECT_TRUE(meter.feed(1, origin + 5999ms));
}

}  // namespace
}  // namespace slipway
