// Percentiles against the exact ones.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/latency_histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace slipway {
namespace {

using namespace std::chrono_literals;

TEST(latency_histogram, nothing_has_a_percentile_of_zero) {
  const latency_histogram empty;
  EXPECT_EQ(empty.percentile(0.5), 0ns);
  EXPECT_EQ(empty.greatest(), 0ns);
}

TEST(latency_histogram, of_one_duration_every_percentile_is_that_one) {
  latency_histogram one;
  one.add(1234567ns);
  EXPECT_EQ(one.percentile(0.0), 1234567ns);
  EXPECT_EQ(one.percentile(0.5), 1234567ns);
  EXPECT_EQ(one.percentile(1.0), 1234567ns);
}

TEST(latency_histogram, small_durations_are_exact) {
  latency_histogram small;
  for (int i = 1; i <= 100; ++i) {
    small.add(std::chrono::nanoseconds(i));
  }
  EXPECT_EQ(small.percentile(0.50), 50ns);
  EXPECT_EQ(small.percentile(0.95), 95ns);
  EXPECT_EQ(small.percentile(0.99), 99ns);
}

TEST(latency_histogram, a_negative_duration_counts_as_none) {
  latency_histogram one;
  one.add(-5ns);
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(one.percentile(1.0), 0ns);
}

TEST(latency_histogram, every_percentile_is_at_most_one_part_in_64_too_high_and_never_too_low) {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> lengths(14, 3);
  latency_histogram histogram;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(lengths(random)));
    histogram.add(std::chrono::nanoseconds(all.back()));
  }
  std::sort(all.begin(), all.end());
  for (const double fraction : {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * 20'000)) - 1;
    const auto exact = static_cast<double>(all[rank]);
    const auto found = static_cast<double>(histogram.percentile(fraction).count());
    EXPECT_GE(found, exact) << fraction;
    EXPECT_LE(found, exact * (1 + 1.0 / 64)) << fraction;
  }
}

TEST(latency_histogram, the_longest_duration_has_a_place) {
  latency_histogram longest;
  longest.add(duration::max());
  longest.add(1ns);
  EXPECT_EQ(longest.percentile(1.0), duration::max());
  EXPECT_EQ(longest.percentile(0.5), 1ns);
}

TEST(latency_histogram, what_lies_below_a_power_of_two_is_counted_exactly) {
  latency_histogram histogram;
  for (const auto length : {1023ns, 1024ns, 1025ns, 5000ns}) {
    histogram.add(length);
  }
  EXPECT_EQ(histogram.count_below(9), 0U);
  EXPECT_EQ(histogram.count_below(10), 1U);
  EXPECT_EQ(histogram.count_below(11), 3U);
  EXPECT_EQ(histogram.count_below(40), 4U);
  EXPECT_DOUBLE_EQ(histogram.sum_s(), 8072e-9);
}

}  // namespace
}  // namespace slipway
