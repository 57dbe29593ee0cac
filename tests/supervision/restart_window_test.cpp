// tests/supervision/restart_window_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/restart_window.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using verdict = restart_window::verdict;

TEST(restart_window, goes_on_up_to_the_intensity_and_gives_up_at_one_more) {
  restart_window window{3, 5s};
  EXPECT_EQ(window.add_restart(1s), verdict::go_on);
  EXPECT_EQ(window.add_restart(1s), verdict::go_on);
  EXPECT_EQ(window.add_restart(1s), verdict::go_on);
  EXPECT_EQ(window.add_restart(1s), verdict::give_up);
}

TEST(restart_window, intensity_zero_gives_up_at_once) {
  restart_window window{0, 5s};
  EXPECT_EQ(window.add_restart(0s), verdict::give_up);
}

TEST(restart_window, a_restart_exactly_one_period_old_still_counts) {
  restart_window window{1, 5s};
  EXPECT_EQ(window.add_restart(10s), verdict::go_on);
  EXPECT_EQ(window.add_restart(15s), verdict::give_up);
}

TEST(restart_window,
     counts_in_whole_seconds_so_that_a_restart_just_below_a_second_more_still_counts) {
  restart_window window{1, 5s};
  EXPECT_EQ(window.add_restart(10'000ms), verdict::go_on);
  EXPECT_EQ(window.add_restart(15'999ms), verdict::give_up);
  restart_window other{1, 5s};
  EXPECT_EQ(other.add_restart(10'999ms), verdict::go_on);
  EXPECT_EQ(other.add_restart(16'000ms), verdict::go_on);
}

TEST(restart_window, with_a_finer_resolution_the_period_is_met_to_the_millisecond) {
  restart_window window{1, 300ms, 1ms};
  EXPECT_EQ(window.add_restart(1'000ms), verdict::go_on);
  EXPECT_EQ(window.add_restart(1'301ms), verdict::go_on);
  EXPECT_EQ(window.add_restart(1'601ms), verdict::give_up);
}

TEST(restart_window, a_period_below_the_resolution_is_rounded_up_to_it) {
  restart_window window{1, 200ms};
  EXPECT_EQ(window.add_restart(0ms), verdict::go_on);
  EXPECT_EQ(window.add_restart(1'900ms), verdict::give_up);
}

TEST(restart_window, instants_before_the_origin_of_the_clock_are_counted_alike) {
  restart_window window{1, 5s};
  EXPECT_EQ(window.add_restart(-3'500ms), verdict::go_on);   // second -4
  EXPECT_EQ(window.add_restart(1'500ms), verdict::give_up);  // second 1
  restart_window other{1, 5s};
  EXPECT_EQ(other.add_restart(-4'500ms), verdict::go_on);  // second -5
  EXPECT_EQ(other.add_restart(1'500ms), verdict::go_on);
}

TEST(restart_window, never_holds_more_than_one_entry_above_the_intensity) {
  restart_window window{2, 5s};
  for (int i = 0; i < 100; ++i) {
    (void)window.add_restart(1s);
    EXPECT_LE(window.size(), 3u);
  }
  EXPECT_EQ(window.add_restart(100s), verdict::go_on);
  EXPECT_EQ(window.size(), 1u);
}

TEST(restart_window, a_huge_intensity_costs_nothing_in_advance) {
  restart_window window{std::numeric_limits<unsigned>::max(), 5s};
  EXPECT_EQ(window.add_restart(1s), verdict::go_on);
  EXPECT_EQ(window.size(), 1u);
}

}  // namespace
}  // namespace slipway
