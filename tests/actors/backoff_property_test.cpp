// slipway/tests/actors/backoff_property_test.cpp
//
// Delays of any length and number against sums that are made one step at a time.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace slipway {
namespace {

constexpr unsigned seed = 20261121;

duration any_length(std::mt19937_64& random) {
  return duration(static_cast<std::int64_t>(random() >> (1 + random() % 63)));
}

// What a reader of the table in backoff.hpp would count, capped in each step.
duration counted(const backoff& rule, std::uint64_t n) {
  const auto plus = [&](duration a, duration b) {
    return a > rule.longest - b ? rule.longest : a + b;
  };
  duration before{};
  duration delay = rule.first;
  for (std::uint64_t i = 1; i < n; ++i) {
    const duration last = delay;
    switch (rule.kind) {
      case backoff_kind::linear:
        delay = plus(delay, rule.first);
        break;
      case backoff_kind::exponential:
        delay = plus(delay, delay);
        break;
      case backoff_kind::fibonacci:
        delay = plus(delay, before);
        break;
      default:
        break;
    }
    before = last;
  }
  return delay;
}

TEST(backoff_properties, every_delay_is_what_counting_step_by_step_gives) {
  std::mt19937_64 random(seed);
  for (int run = 0; run < 100'000 && !HasFailure(); ++run) {
    const duration one = any_length(random);
    const duration other = any_length(random);
    const backoff rule{.kind = static_cast<backoff_kind>(random() % 4),
                       .first = std::min(one, other),
                       .longest = std::max(one, other)};
    const std::uint64_t n = 1 + random() % 100;
    EXPECT_EQ(rule.delay(n, {}, 0), counted(rule, n))
        << to_string(rule.kind) << ", first " << rule.first.count() << ", longest "
        << rule.longest.count() << ", n " << n << ", seed " << seed;
  }
}

TEST(backoff_properties, a_decorrelated_delay_keeps_its_bounds_for_any_arguments) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> chance(0, 1);
  for (int run = 0; run < 100'000 && !HasFailure(); ++run) {
    const duration one = any_length(random);
    const duration other = any_length(random);
    const backoff rule{.kind = backoff_kind::decorrelated_jitter,
                       .first = std::min(one, other),
                       .longest = std::max(one, other)};
    const duration delay = rule.delay(random(), any_length(random), chance(random));
    EXPECT_LE(rule.first, delay) << "seed " << seed << ", run " << run;
    EXPECT_LE(delay, rule.longest) << "seed " << seed << ", run " << run;
  }
}

}  // namespace
}  // namespace slipway
