// slipway/tests/actors/circuit_breaker_core_test.cpp
//
// The breaker as a table of time lines on the virtual clock: at which instant what happens, and what
// the breaker then answers and is.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr auto closed = circuit_state::closed;
constexpr auto open = circuit_state::open;
constexpr auto half_open = circuit_state::half_open;

// What happens to a call, and in the first two, what is expected to.
enum class happens : std::uint8_t { allowed, refused, succeeds, fails, abandoned, reset };
using enum happens;

struct moment {
  duration at;  // not before the last one's
  happens what;
  char call;            // calls have letters; '-' where there is none
  circuit_state state;  // expected afterwards
  std::string cause{};  // expected of the change, empty: no change
};

struct time_line {
  const char* rule;  // a sentence, and the test's name
  circuit_breaker_options options;
  std::vector<moment> moments;
};

// GoogleTest finds it by this name.
void PrintTo(const time_line& line, std::ostream* out) {
  *out << line.rule;
}

// Two failures in a row open it for 100 ms; one probe at a time, one success closes it.
circuit_breaker_options two_in_a_row() {
  return {.opens_at = failures_in_a_row{.failures = 2}, .open_for = 100ms};
}

circuit_breaker_options with_probes(std::uint32_t under_way, std::uint32_t successes) {
  return {.opens_at = failures_in_a_row{.failures = 1},
          .open_for = 100ms,
          .probes = {.under_way = under_way, .successes = successes}};
}

// Half of at least four calls within a second, which is counted in tenths.
circuit_breaker_options half_of_four() {
  return {.opens_at = failure_rate{.share = 0.5, .window = 1s, .least_calls = 4},
          .open_for = 100ms};
}

std::vector<time_line> closed_and_in_a_row() {
  return {
      {"stays_closed_while_calls_succeed",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {1ms, succeeds, 'a', closed},
        {2ms, allowed, 'b', closed},
        {3ms, succeeds, 'b', closed}}},
      {"opens_when_the_threshold_is_reached",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {1ms, fails, 'a', closed},
        {2ms, allowed, 'b', closed},
        {3ms, fails, 'b', open, "failures_in_a_row"},
        {4ms, refused, 'c', open}}},
      {"a_success_ends_the_row",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {1ms, fails, 'a', closed},
        {2ms, allowed, 'b', closed},
        {3ms, succeeds, 'b', closed},
        {4ms, allowed, 'c', closed},
        {5ms, fails, 'c', closed}}},
      {"failures_in_a_row_may_be_any_time_apart",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {1ms, fails, 'a', closed},
        {24h, allowed, 'b', closed},
        {48h, fails, 'b', open, "failures_in_a_row"}}},
      {"the_row_is_of_results_not_of_calls",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {1ms, fails, 'c', closed},
        {2ms, succeeds, 'a', closed},
        {3ms, fails, 'b', closed}}},
      {"an_abandoned_call_neither_ends_the_row_nor_adds_to_it",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {1ms, fails, 'a', closed},
        {2ms, abandoned, 'b', closed},
        {3ms, fails, 'c', open, "failures_in_a_row"}}},
      {"failures_that_arrive_after_the_opening_do_not_prolong_it",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, fails, 'a', closed},
        {0ms, fails, 'b', open, "failures_in_a_row"},
        {90ms, fails, 'c', open},
        {100ms, allowed, 'd', half_open, "open_for_over"}}},
  };
}

std::vector<time_line> open_and_half_open() {
  const std::vector<moment> opened = {{0ms, allowed, 'a', closed},
                                      {0ms, fails, 'a', open, "failures_in_a_row"}};
  const auto after = [&](std::vector<moment> then) {
    then.insert(then.begin(), opened.begin(), opened.end());
    return then;
  };
  return {
      {"open_refuses_until_the_last_instant", with_probes(1, 1),
       after({{99ms, refused, 'b', open}, {100ms, allowed, 'c', half_open, "open_for_over"}})},
      {"open_stays_so_until_it_is_asked", with_probes(1, 1),
       after({{500ms, abandoned, 'a', open}, {600ms, allowed, 'b', half_open, "open_for_over"}})},
      {"half_open_allows_one_probe_at_a_time", with_probes(1, 2),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {101ms, refused, 'c', half_open},
              {500ms, refused, 'd', half_open},
              {501ms, succeeds, 'b', half_open},
              {502ms, allowed, 'e', half_open},
              {503ms, refused, 'f', half_open}})},
      {"half_open_allows_as_many_probes_as_it_shall", with_probes(3, 3),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {100ms, allowed, 'c', half_open},
              {100ms, allowed, 'd', half_open},
              {100ms, refused, 'e', half_open}})},
      {"a_probe_that_succeeds_closes_it", with_probes(1, 1),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {110ms, succeeds, 'b', closed, "probes_succeeded"},
              {111ms, allowed, 'c', closed},
              {111ms, allowed, 'd', closed}})},
      {"as_many_probes_as_it_asks_for_must_succeed", with_probes(2, 3),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {100ms, allowed, 'c', half_open},
              {110ms, succeeds, 'c', half_open},
              {111ms, succeeds, 'b', half_open},
              {112ms, allowed, 'd', half_open},
              {113ms, succeeds, 'd', closed, "probes_succeeded"}})},
      {"a_probe_that_fails_opens_it_for_the_whole_time_again", with_probes(1, 1),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {150ms, fails, 'b', open, "probe_failed"},
              {249ms, refused, 'c', open},
              {250ms, allowed, 'd', half_open, "open_for_over"}})},
      {"one_failure_outweighs_the_successes_before_it", with_probes(1, 3),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {101ms, succeeds, 'b', half_open},
              {102ms, allowed, 'c', half_open},
              {103ms, succeeds, 'c', half_open},
              {104ms, allowed, 'd', half_open},
              {105ms, fails, 'd', open, "probe_failed"}})},
      {"successes_of_an_earlier_half_open_time_do_not_count", with_probes(1, 2),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {101ms, succeeds, 'b', half_open},
              {102ms, allowed, 'c', half_open},
              {103ms, fails, 'c', open, "probe_failed"},
              {203ms, allowed, 'd', half_open, "open_for_over"},
              {204ms, succeeds, 'd', half_open}})},
      {"an_abandoned_probe_gives_its_place_to_another", with_probes(1, 1),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {101ms, refused, 'c', half_open},
              {102ms, abandoned, 'b', half_open},
              {103ms, allowed, 'd', half_open},
              {104ms, succeeds, 'd', closed, "probes_succeeded"}})},
      {"a_call_from_before_the_opening_is_no_probe",
       with_probes(1, 1),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {1ms, fails, 'a', open, "failures_in_a_row"},
        {101ms, allowed, 'e', half_open, "open_for_over"},
        {102ms, succeeds, 'b', half_open},
        {103ms, fails, 'c', half_open},
        {104ms, abandoned, 'd', half_open},
        {105ms, refused, 'f', half_open},
        {106ms, succeeds, 'e', closed, "probes_succeeded"}}},
      {"a_probe_of_an_earlier_half_open_time_counts_no_more", with_probes(2, 1),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {100ms, allowed, 'c', half_open},
              {101ms, fails, 'b', open, "probe_failed"},
              {201ms, allowed, 'd', half_open, "open_for_over"},
              {202ms, succeeds, 'c', half_open},
              {203ms, allowed, 'e', half_open},
              {204ms, refused, 'f', half_open}})},
      {"a_probe_of_a_breaker_that_has_closed_counts_no_more", with_probes(2, 1),
       after({{100ms, allowed, 'b', half_open, "open_for_over"},
              {100ms, allowed, 'c', half_open},
              {101ms, succeeds, 'b', closed, "probes_succeeded"},
              {102ms, fails, 'c', closed}})},
  };
}

std::vector<time_line> rate() {
  return {
      {"a_rate_opens_when_it_is_just_reached",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {0ms, succeeds, 'a', closed},
        {1ms, succeeds, 'b', closed},
        {2ms, fails, 'c', closed},
        {3ms, fails, 'd', open, "failure_rate"}}},
      {"too_few_calls_have_no_rate",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {1ms, fails, 'a', closed},
        {2ms, fails, 'b', closed},
        {3ms, fails, 'c', closed}}},
      {"a_success_never_opens_though_it_completes_the_least_calls",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {0ms, allowed, 'e', closed},
        {1ms, fails, 'a', closed},
        {2ms, fails, 'b', closed},
        {3ms, fails, 'c', closed},
        {4ms, succeeds, 'd', closed},
        {5ms, fails, 'e', open, "failure_rate"}}},
      {"a_failure_counts_until_the_end_of_its_tenth_of_the_window",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {99ms, fails, 'a', closed},
        {99ms, fails, 'b', closed},
        {99ms, fails, 'c', closed},
        {999ms, fails, 'd', open, "failure_rate"}}},
      {"a_failure_counts_no_more_after_its_tenth_of_the_window",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {99ms, fails, 'a', closed},
        {99ms, fails, 'b', closed},
        {99ms, fails, 'c', closed},
        {1000ms, fails, 'd', closed}}},
      {"old_successes_leave_the_window_as_well",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {0ms, allowed, 'e', closed},
        {0ms, allowed, 'f', closed},
        {0ms, succeeds, 'a', closed},
        {0ms, succeeds, 'b', closed},
        {500ms, succeeds, 'c', closed},
        {900ms, fails, 'd', closed},
        {1001ms, succeeds, 'e', closed},
        {1002ms, fails, 'f', open, "failure_rate"}}},
      {"what_was_counted_before_the_opening_is_forgotten",
       half_of_four(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {0ms, allowed, 'c', closed},
        {0ms, allowed, 'd', closed},
        {0ms, fails, 'a', closed},
        {0ms, fails, 'b', closed},
        {0ms, fails, 'c', closed},
        {0ms, fails, 'd', open, "failure_rate"},
        {100ms, allowed, 'e', half_open, "open_for_over"},
        {101ms, succeeds, 'e', closed, "probes_succeeded"},
        {102ms, allowed, 'f', closed},
        {103ms, fails, 'f', closed}}},
  };
}

std::vector<time_line> reset_by_hand() {
  return {
      {"a_reset_closes_an_open_breaker",
       with_probes(1, 1),
       {{0ms, allowed, 'a', closed},
        {0ms, fails, 'a', open, "failures_in_a_row"},
        {1ms, happens::reset, '-', closed, "reset"},
        {2ms, allowed, 'b', closed}}},
      {"a_reset_closes_a_half_open_breaker_and_forgets_its_probe",
       with_probes(1, 1),
       {{0ms, allowed, 'a', closed},
        {0ms, fails, 'a', open, "failures_in_a_row"},
        {100ms, allowed, 'b', half_open, "open_for_over"},
        {101ms, happens::reset, '-', closed, "reset"},
        {102ms, fails, 'b', closed}}},
      {"a_reset_of_a_closed_breaker_is_no_change_but_forgets",
       two_in_a_row(),
       {{0ms, allowed, 'a', closed},
        {0ms, allowed, 'b', closed},
        {1ms, fails, 'a', closed},
        {2ms, happens::reset, '-', closed},
        {3ms, fails, 'b', closed},
        {4ms, allowed, 'c', closed},
        {5ms, fails, 'c', closed},
        {6ms, allowed, 'd', closed},
        {7ms, fails, 'd', open, "failures_in_a_row"}}},
  };
}

class player {
 public:
  explicit player(const time_line& line) : line_(line), core_(line.options) {}

  void play() {
    for (const moment& each : line_.moments) {
      clock_.advance(each.at - clock_.now().time_since_epoch());
      SCOPED_TRACE("at " + std::to_string(each.at / 1ms) + " ms, call " + each.call);
      const circuit_state before = core_.state();
      const auto change = happen(each);
      EXPECT_STREQ(to_string(core_.state()), to_string(each.state));
      EXPECT_EQ(change ? to_string(change->cause) : "", each.cause);
      EXPECT_EQ(change.has_value(), core_.state() != before);
      if (change) {
        EXPECT_EQ(change->from, before);
        EXPECT_EQ(change->to, core_.state());
        EXPECT_EQ(change->at, clock_.now());
        EXPECT_EQ(core_.since(), clock_.now());
      }
    }
  }

 private:
  std::optional<circuit_change> happen(const moment& each) {
    switch (each.what) {
      case allowed:
      case refused:
        return ask(each);
      case succeeds:
        return core_.succeeded(calls_.at(each.call), clock_.now());
      case fails:
        return core_.failed(calls_.at(each.call), clock_.now());
      case abandoned:
        core_.abandoned(calls_.at(each.call));
        return std::nullopt;
      case happens::reset:
        break;
    }
    return core_.reset(clock_.now());
  }

  std::optional<circuit_change> ask(const moment& each) {
    const circuit_answer answer = core_.allow(clock_.now());
    EXPECT_EQ(answer.allowed(), each.what == allowed);
    if (answer.token) {
      calls_.emplace(each.call, *answer.token);
    }
    return answer.change;
  }

  const time_line& line_;
  harness::virtual_clock clock_;
  circuit_breaker_core core_;
  std::map<char, circuit_token> calls_;
};

class circuit_breaker_time_line : public testing::TestWithParam<time_line> {};

TEST_P(circuit_breaker_time_line, goes_as_the_table_says) {
  ASSERT_EQ(flaw_of(GetParam().options), std::nullopt);
  player(GetParam()).play();
}

std::string name_of(const testing::TestParamInfo<time_line>& each) {
  return each.param.rule;
}

INSTANTIATE_TEST_SUITE_P(closed, circuit_breaker_time_line,
                         testing::ValuesIn(closed_and_in_a_row()), name_of);
INSTANTIATE_TEST_SUITE_P(open, circuit_breaker_time_line, testing::ValuesIn(open_and_half_open()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(rate, circuit_breaker_time_line, testing::ValuesIn(rate()), name_of);
INSTANTIATE_TEST_SUITE_P(by_hand, circuit_breaker_time_line, testing::ValuesIn(reset_by_hand()),
                         name_of);

constexpr time_point origin{};

circuit_breaker_core opened_at(time_point when, circuit_breaker_options options) {
  circuit_breaker_core core(options);
  const auto call = core.allow(when).token;
  EXPECT_TRUE(core.failed(call.value(), when));
  return core;
}

TEST(circuit_breaker_core, a_share_is_reached_to_the_last_bit) {
  circuit_breaker_core core(
      {.opens_at = failure_rate{.share = 0.55, .window = 1s, .least_calls = 20}});
  std::optional<circuit_change> change;
  for (int call = 0; call < 20; ++call) {
    const auto token = core.allow(origin).token.value();
    change = call < 9 ? core.succeeded(token, origin) : core.failed(token, origin);
  }
  ASSERT_TRUE(change) << "11 of 20 is 0.55";
  EXPECT_EQ(change->counted, (call_counts{.calls = 20, .failures = 11}));
}

TEST(circuit_breaker_core, a_change_tells_what_was_counted) {
  circuit_breaker_core core(with_probes(2, 2));
  const auto first = core.allow(origin).token.value();
  EXPECT_EQ(core.failed(first, origin)->counted, (call_counts{.calls = 1, .failures = 1}));
  const auto probe = core.allow(origin + 100ms);
  EXPECT_EQ(probe.change->counted, call_counts{});
  const auto other = core.allow(origin + 100ms).token.value();
  EXPECT_EQ(core.succeeded(*probe.token, origin + 101ms), std::nullopt);
  EXPECT_EQ(core.failed(other, origin + 102ms)->counted, (call_counts{.calls = 2, .failures = 1}));
}

TEST(circuit_breaker_core, an_open_breaker_tells_when_it_may_be_asked) {
  circuit_breaker_core core = opened_at(origin + 5ms, with_probes(1, 1));
  EXPECT_EQ(core.next_probe(), origin + 105ms);
  EXPECT_TRUE(core.allow(origin + 105ms).allowed());
  EXPECT_EQ(core.next_probe(), std::nullopt);
  EXPECT_EQ(core.probes_under_way(), 1U);
}

TEST(circuit_breaker_core, a_time_before_the_latest_counts_as_the_latest) {
  circuit_breaker_core core = opened_at(origin + 5ms, with_probes(1, 1));
  EXPECT_TRUE(core.allow(origin + 105ms).allowed());
  const auto change = core.reset(origin);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->at, origin + 105ms);
}

TEST(circuit_breaker_core, a_token_that_comes_back_twice_frees_no_other_place) {
  circuit_breaker_core core = opened_at(origin, with_probes(1, 3));
  const auto probe = core.allow(origin + 100ms).token.value();
  core.abandoned(probe);
  core.abandoned(probe);
  EXPECT_EQ(core.probes_under_way(), 0U);
  EXPECT_EQ(core.failed(probe, origin + 101ms), std::nullopt);
}

TEST(circuit_breaker_core, the_ends_of_time_are_times_like_any_other) {
  circuit_breaker_options options = with_probes(1, 1);
  options.open_for = duration::max();
  circuit_breaker_core core = opened_at(time_point::min(), options);
  EXPECT_EQ(core.next_probe(), time_point::min() + duration::max());
  EXPECT_FALSE(core.allow(origin - 2ns).allowed());
  EXPECT_TRUE(core.allow(origin).allowed());
  EXPECT_EQ(opened_at(origin + 1ns, options).next_probe(), time_point::max());
}

TEST(circuit_breaker_core, is_a_value_and_a_copy_goes_the_same_way) {
  circuit_breaker_core core = opened_at(origin, with_probes(1, 1));
  circuit_breaker_core copy = core;
  EXPECT_EQ(copy.allow(origin + 100ms), core.allow(origin + 100ms));
  EXPECT_EQ(copy, core);
}

TEST(circuit_breaker_options, a_flaw_is_told_in_words) {
  const auto rate = [](failure_rate rule) {
    return flaw_of(circuit_breaker_options{.opens_at = rule});
  };
  EXPECT_EQ(flaw_of(circuit_breaker_options{}), std::nullopt);
  EXPECT_EQ(flaw_of(circuit_breaker_options{.opens_at = failures_in_a_row{0}}),
            "failures must be a positive integer, got: 0");
  EXPECT_EQ(flaw_of(circuit_breaker_options{.open_for = 0ms}),
            "open_for must be a positive duration");
  EXPECT_EQ(flaw_of(with_probes(0, 1)), "probes.under_way must be a positive integer, got: 0");
  EXPECT_EQ(flaw_of(with_probes(1, 0)), "probes.successes must be a positive integer, got: 0");
  EXPECT_EQ(rate({}), std::nullopt);
  EXPECT_EQ(rate({.share = 0}), "share must be above 0 and at most 1");
  EXPECT_EQ(rate({.share = 1.01}), "share must be above 0 and at most 1");
  EXPECT_EQ(rate({.window = 999us}), "window must be at least 1 ms");
  EXPECT_EQ(rate({.least_calls = 0}), "least_calls must be a positive integer, got: 0");
}

}  // namespace
}  // namespace slipway
