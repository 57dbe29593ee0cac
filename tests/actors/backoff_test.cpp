// slipway/tests/actors/backoff_test.cpp
//
// Delays as tables, and for any arguments within their bounds.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr double never = std::numeric_limits<double>::quiet_NaN();  // chance that nobody looks at
constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

std::vector<duration> first_delays(const backoff& rule, std::uint64_t count) {
  std::vector<duration> delays;
  for (std::uint64_t n = 1; n <= count; ++n) {
    delays.push_back(rule.delay(n, 77h, never));
  }
  return delays;
}

TEST(backoff, grows_as_its_kind_says_up_to_the_longest) {
  struct row {
    backoff_kind kind;
    std::vector<duration> delays;
  };
  const row table[] = {
      {backoff_kind::constant, {10ms, 10ms, 10ms, 10ms, 10ms, 10ms, 10ms}},
      {backoff_kind::linear, {10ms, 20ms, 30ms, 40ms, 50ms, 60ms, 65ms}},
      {backoff_kind::exponential, {10ms, 20ms, 40ms, 65ms, 65ms, 65ms, 65ms}},
      {backoff_kind::fibonacci, {10ms, 10ms, 20ms, 30ms, 50ms, 65ms, 65ms}},
  };
  for (const row& each : table) {
    const backoff rule{.kind = each.kind, .first = 10ms, .longest = 65ms};
    EXPECT_EQ(first_delays(rule, 7), each.delays) << to_string(each.kind);
  }
}

TEST(backoff, a_decorrelated_delay_lies_between_the_first_and_three_times_the_one_before) {
  struct row {
    std::uint64_t n;
    duration previous;
    double chance;
    duration delay;
  };
  const row table[] = {
      {1, 0ms, 0, 10ms},          // three times the first at most
      {1, 0ms, 1, 30ms},          //
      {1, 500ms, 1, 30ms},        // nothing is before the first
      {2, 10ms, 0.5, 20ms},       //
      {2, 30ms, 0, 10ms},         // it may fall again
      {3, 30ms, 0.5, 50ms},       // 10 + (90 - 10) / 2
      {4, 50ms, 0.5, 80ms},       //
      {5, 80ms, 1, 100ms},        // 240, capped
      {6, 100ms, 0.5, 100ms},     // 155, capped: the cap comes after the draw
      {6, 100ms, 0.25, 82500us},  //
      {7, 0ms, 1, 30ms},          // a delay before that no rule gave counts as the nearest
      {7, 999ms, 0.25, 82500us},  //
  };
  const backoff rule{.kind = backoff_kind::decorrelated_jitter, .first = 10ms, .longest = 100ms};
  for (const row& each : table) {
    EXPECT_EQ(rule.delay(each.n, each.previous, each.chance), each.delay)
        << "delay " << each.n << " after " << each.previous.count() << " ns, chance "
        << each.chance;
  }
}

TEST(backoff, chance_outside_its_range_counts_as_the_nearer_end) {
  const backoff rule{.kind = backoff_kind::decorrelated_jitter, .first = 10ms, .longest = 1s};
  EXPECT_EQ(rule.delay(1, 0ms, 7), 30ms);
  EXPECT_EQ(rule.delay(1, 0ms, -7), 10ms);
  EXPECT_EQ(rule.delay(1, 0ms, never), 10ms);
  EXPECT_EQ(rule.delay(1, 0ms, std::numeric_limits<double>::infinity()), 30ms);
}

TEST(backoff, saturates_instead_of_overflowing) {
  for (const auto kind : {backoff_kind::linear, backoff_kind::exponential, backoff_kind::fibonacci,
                          backoff_kind::decorrelated_jitter}) {
    const backoff rule{.kind = kind, .first = 1ns, .longest = duration::max()};
    EXPECT_EQ(rule.delay(endless, duration::max(), 1), duration::max()) << to_string(kind);
  }
  const backoff doubling{.first = 1ns, .longest = duration::max()};
  EXPECT_EQ(doubling.delay(63, {}, never), duration(std::int64_t{1} << 62));
  EXPECT_EQ(doubling.delay(64, {}, never), duration::max());
}

TEST(backoff, without_a_first_delay_there_is_never_one) {
  for (const auto kind : {backoff_kind::constant, backoff_kind::linear, backoff_kind::exponential,
                          backoff_kind::fibonacci, backoff_kind::decorrelated_jitter}) {
    EXPECT_EQ((backoff{.kind = kind, .first = 0ms}.delay(endless, 1h, 1)), 0ms);
  }
}

TEST(backoff, a_rule_that_is_none_is_told_by_its_flaw_and_stays_within_bounds) {
  EXPECT_EQ(flaw_of(backoff{}), std::nullopt);
  EXPECT_EQ(flaw_of(backoff{.first = -1ns}), "first must not be negative");
  const backoff upside_down{.first = 2s, .longest = 1s};
  EXPECT_EQ(flaw_of(upside_down), "longest must be at least first");
  EXPECT_EQ(upside_down.delay(1, {}, never), 1s);
  EXPECT_EQ((backoff{.first = 1s, .longest = -1s}.delay(9, {}, never)), 0s);
  EXPECT_EQ((backoff{.first = -1s, .longest = 1s}.delay(9, {}, never)), 0s);
}

}  // namespace
}  // namespace slipway
