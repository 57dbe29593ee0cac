// slipway/tests/actors/retry_core_test.cpp
//
// Retries as a table of time lines on the virtual clock: when each attempt starts, how it ends, and
// what becomes of the call.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/retry_core.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr auto not_sent = call_effect::not_sent;
constexpr auto unknown = call_effect::unknown;
constexpr time_point no_deadline = time_point::max();

call_error failure(call_errc code, call_effect effect) {
  call_error error;
  error.code = code;
  error.effect = effect;
  return error;
}

// One attempt that fails. When all of a time line have, the next one succeeds.
struct failing {
  duration takes;
  call_errc code;
  call_effect effect;
};

struct time_line {
  const char* rule;  // a sentence, and the test's name
  retry_policy policy;
  duration deadline;
  std::vector<failing> attempts;
  std::vector<duration> starts;  // expected: one for each attempt, the one that succeeds included
  const char* end;               // expected: "succeeded" or why it was given up
  duration ends_at;              // expected
  duration lateness{};           // of the timers
  error_policy errors{};
};

// GoogleTest finds it by this name.
void PrintTo(const time_line& line, std::ostream* out) {
  *out << line.rule;
}

retry_policy constant(std::uint32_t attempts, duration delay) {
  return {.attempts = attempts,
          .backoff = {.kind = backoff_kind::constant, .first = delay, .longest = delay}};
}

retry_policy for_idempotent(retry_policy policy) {
  policy.command = idempotence::idempotent;
  return policy;
}

retry_policy with(retry_policy policy, call_errc also) {
  policy.also.push_back(also);
  return policy;
}

retry_policy growing(backoff_kind kind) {
  return {.attempts = 6, .backoff = {.kind = kind, .first = 10ms, .longest = 40ms}};
}

std::vector<failing> overloaded(int times) {
  return std::vector<failing>(static_cast<std::size_t>(times),
                              {1ms, call_errc::overloaded, not_sent});
}

std::vector<failing> died(int times) {
  return std::vector<failing>(static_cast<std::size_t>(times),
                              {1ms, call_errc::worker_died, unknown});
}

error_policy where(error_kind kind, recovery_strategy strategy) {
  error_policy changed;
  error_class row = changed.of(kind);
  row.strategy = strategy;
  changed.set(kind, row);
  return changed;
}

std::vector<time_line> time_lines() {
  const retry_policy ten = constant(3, 10ms);
  return {
      // Delays.
      {"a_success_is_not_repeated", ten, 1s, {}, {0ms}, "succeeded", 0ms},
      {"a_retry_starts_after_its_delay", ten, 1s, overloaded(1), {0ms, 11ms}, "succeeded", 11ms},
      {"constant_delays_stay",
       growing(backoff_kind::constant),
       1s,
       overloaded(4),
       {0ms, 11ms, 22ms, 33ms, 44ms},
       "succeeded",
       44ms},
      {"linear_delays_grow_by_the_first",
       growing(backoff_kind::linear),
       1s,
       overloaded(5),
       {0ms, 11ms, 32ms, 63ms, 104ms, 145ms},
       "succeeded",
       145ms},
      {"exponential_delays_double",
       growing(backoff_kind::exponential),
       1s,
       overloaded(4),
       {0ms, 11ms, 32ms, 73ms, 114ms},
       "succeeded",
       114ms},
      {"fibonacci_delays_are_the_sum_of_two",
       growing(backoff_kind::fibonacci),
       1s,
       overloaded(5),
       {0ms, 11ms, 22ms, 43ms, 74ms, 115ms},
       "succeeded",
       115ms},
      // Chance is always 0.5 here: 20, 10 + 50 / 2, then the cap.
      {"decorrelated_delays_depend_on_the_one_before",
       growing(backoff_kind::decorrelated_jitter),
       1s,
       overloaded(3),
       {0ms, 21ms, 57ms, 98ms},
       "succeeded",
       98ms},
      // Attempts.
      {"the_first_attempt_counts",
       ten,
       1s,
       overloaded(9),
       {0ms, 11ms, 22ms},
       "attempts_used_up",
       23ms},
      {"one_attempt_is_no_retry",
       constant(1, 0ms),
       1s,
       overloaded(9),
       {0ms},
       "attempts_used_up",
       1ms},
      // The deadline.
      {"a_delay_that_ends_before_the_deadline_is_waited",
       ten,
       12ms,
       overloaded(1),
       {0ms, 11ms},
       "succeeded",
       11ms},
      {"a_delay_that_ends_at_the_deadline_is_not_begun",
       ten,
       11ms,
       overloaded(1),
       {0ms},
       "deadline",
       1ms},
      {"a_delay_that_ends_after_the_deadline_is_not_begun",
       ten,
       5ms,
       overloaded(1),
       {0ms},
       "deadline",
       1ms},
      {"without_a_delay_the_deadline_holds_as_well",
       constant(3, 0ms),
       2ms,
       overloaded(9),
       {0ms, 1ms},
       "deadline",
       2ms},
      {"an_attempt_that_fails_after_the_deadline_is_the_last",
       constant(3, 0ms),
       5ms,
       {{9ms, call_errc::timeout, not_sent}},
       {0ms},
       "deadline",
       9ms},
      {"a_timer_that_is_late_starts_nothing_after_the_deadline",
       ten,
       15ms,
       overloaded(1),
       {0ms},
       "deadline",
       16ms,
       5ms},
      {"a_timer_that_is_late_but_in_time_starts_the_retry",
       ten,
       17ms,
       overloaded(1),
       {0ms, 16ms},
       "succeeded",
       16ms,
       5ms},
      {"a_deadline_that_is_over_starts_nothing_at_all", ten, 0ms, {}, {}, "deadline", 0ms},
      // What may be carried out twice.
      {"what_no_worker_has_seen_is_always_repeated",
       ten,
       1s,
       {{1ms, call_errc::worker_died, not_sent}, {1ms, call_errc::timeout, not_sent}},
       {0ms, 1ms, 12ms},
       "succeeded",
       12ms},
      {"what_a_worker_may_have_done_is_not_repeated",
       ten,
       1s,
       {{1ms, call_errc::worker_died, unknown}},
       {0ms},
       "effect_unknown",
       1ms},
      {"an_idempotent_command_is_repeated_whatever_its_effect",
       for_idempotent(ten),
       1s,
       {{1ms, call_errc::worker_died, unknown}, {1ms, call_errc::timeout, unknown}},
       {0ms, 1ms, 12ms},
       "succeeded",
       12ms},
      {"the_effect_of_each_attempt_is_looked_at",
       ten,
       1s,
       {{1ms, call_errc::overloaded, not_sent}, {1ms, call_errc::protocol_error, unknown}},
       {0ms, 11ms},
       "effect_unknown",
       12ms},
      // What is not worth it.
      {"an_exception_is_not_retried_though_idempotent",
       for_idempotent(ten),
       1s,
       {{1ms, call_errc::remote_exception, unknown}},
       {0ms},
       "not_retryable",
       1ms},
      {"an_argument_that_cannot_be_written_is_not_retried_though_not_sent",
       ten,
       1s,
       {{0ms, call_errc::invalid_argument, not_sent}},
       {0ms},
       "not_retryable",
       0ms},
      {"an_answer_of_another_type_is_not_retried_though_idempotent",
       for_idempotent(ten),
       1s,
       {{1ms, call_errc::unexpected_result, unknown}},
       {0ms},
       "not_retryable",
       1ms},
      {"an_exception_that_is_listed_is_retried_when_idempotent",
       with(for_idempotent(ten), call_errc::remote_exception),
       1s,
       {{1ms, call_errc::remote_exception, unknown}},
       {0ms, 11ms},
       "succeeded",
       11ms},
      {"a_listed_code_does_not_make_a_command_idempotent",
       with(ten, call_errc::remote_exception),
       1s,
       {{1ms, call_errc::remote_exception, unknown}},
       {0ms},
       "effect_unknown",
       1ms},
      {"a_listed_code_admits_no_other",
       with(for_idempotent(ten), call_errc::invalid_argument),
       1s,
       {{1ms, call_errc::remote_exception, unknown}},
       {0ms},
       "not_retryable",
       1ms},
      // Strategies.
      {"another_worker_is_tried_at_once_and_then_after_growing_delays",
       for_idempotent(growing(backoff_kind::exponential)),
       1s,
       died(4),
       {0ms, 1ms, 12ms, 33ms, 74ms},
       "succeeded",
       74ms},
      {"what_waits_for_a_worker_in_vain_waits_again_at_once",
       ten,
       1s,
       {{1ms, call_errc::timeout, not_sent}},
       {0ms, 1ms},
       "succeeded",
       1ms},
      {"only_the_first_retry_is_at_once",
       for_idempotent(ten),
       1s,
       {{1ms, call_errc::overloaded, not_sent}, {1ms, call_errc::worker_died, unknown}},
       {0ms, 11ms, 22ms},
       "succeeded",
       22ms},
      {"a_retry_at_once_is_none_at_the_deadline",
       for_idempotent(ten),
       1ms,
       died(1),
       {0ms},
       "deadline",
       1ms},
      {"an_open_breaker_is_asked_again_after_a_delay",
       ten,
       1s,
       {{0ms, call_errc::circuit_open, not_sent}},
       {0ms, 10ms},
       "succeeded",
       10ms},
      {.rule = "a_strategy_that_a_user_sets_is_followed",
       .policy = for_idempotent(ten),
       .deadline = 1s,
       .attempts = {{1ms, call_errc::remote_exception, unknown}},
       .starts = {0ms, 1ms},
       .end = "succeeded",
       .ends_at = 1ms,
       .errors = where(error_kind::remote_exception, recovery_strategy::failover)},
      {.rule = "what_a_user_abandons_is_not_retried",
       .policy = for_idempotent(ten),
       .deadline = 1s,
       .attempts = died(1),
       .starts = {0ms},
       .end = "not_retryable",
       .ends_at = 1ms,
       .errors = where(error_kind::worker_died, recovery_strategy::abandon)},
      {.rule = "what_a_user_abandons_may_be_listed",
       .policy = with(for_idempotent(ten), call_errc::worker_died),
       .deadline = 1s,
       .attempts = died(1),
       .starts = {0ms, 11ms},
       .end = "succeeded",
       .ends_at = 11ms,
       .errors = where(error_kind::worker_died, recovery_strategy::abandon)},
      // Which cause is told.
      {"a_request_at_fault_comes_before_all_other_causes",
       constant(1, 10ms),
       0ms + 1ms,
       {{1ms, call_errc::remote_exception, unknown}},
       {0ms},
       "not_retryable",
       1ms},
      {"attempts_come_before_the_deadline",
       constant(1, 10ms),
       1ms,
       overloaded(1),
       {0ms},
       "attempts_used_up",
       1ms},
  };
}

// What a shell does: calls, waits, and asks the core before each step.
class player {
 public:
  explicit player(const time_line& line)
      : line_(line), core_(line.policy, time_point{} + line.deadline, line.errors) {}

  void play() {
    start();
    while (clock_.pending() > 0) {
      clock_.advance(1ms);
    }
  }

  std::vector<duration> starts;
  std::string end;
  duration ends_at{};

 private:
  void start() {
    if (const auto objection = core_.may_start(clock_.now())) {
      return finish(to_string(*objection));
    }
    starts.push_back(now());
    const std::size_t attempt = starts.size() - 1;
    if (attempt == line_.attempts.size()) {
      return finish("succeeded");
    }
    const failing how = line_.attempts[attempt];
    clock_.run_after(how.takes, [this, how] { fail(how); });
  }

  void fail(const failing& how) {
    const auto decision = core_.failed(failure(how.code, how.effect), clock_.now(), 0.5);
    if (const auto* over = std::get_if<retry_given_up>(&decision)) {
      return finish(to_string(over->why));
    }
    const auto later = std::get<retry_later>(decision);
    EXPECT_EQ(later.at, clock_.now() + later.delay);
    clock_.run_after(later.delay + line_.lateness, [this] { start(); });
  }

  void finish(const char* how) {
    end = how;
    ends_at = now();
  }

  [[nodiscard]] duration now() const { return clock_.now().time_since_epoch(); }

  const time_line& line_;
  harness::virtual_clock clock_;
  retry_core core_;
};

class retry_core_time_line : public testing::TestWithParam<time_line> {};

TEST_P(retry_core_time_line, goes_as_the_table_says) {
  const time_line& line = GetParam();
  ASSERT_EQ(flaw_of(line.policy, line.errors), std::nullopt);
  player played(line);
  played.play();
  EXPECT_EQ(played.starts, line.starts);
  EXPECT_EQ(played.end, line.end);
  EXPECT_EQ(played.ends_at, line.ends_at);
}

INSTANTIATE_TEST_SUITE_P(rule, retry_core_time_line, testing::ValuesIn(time_lines()),
                         [](const auto& each) { return std::string(each.param.rule); });

TEST(retry_core, what_was_given_up_stays_so_for_the_same_cause) {
  retry_core core(constant(3, 10ms), no_deadline);
  const retry_decision over = retry_given_up{retry_end::effect_unknown};
  EXPECT_EQ(core.failed(failure(call_errc::timeout, unknown), time_point{}, 0), over);
  EXPECT_EQ(core.failed(failure(call_errc::overloaded, not_sent), time_point{}, 0), over);
  EXPECT_EQ(core.may_start(time_point{}), retry_end::effect_unknown);
  EXPECT_EQ(core.attempts(), 1U);
}

TEST(retry_core, a_call_that_may_not_start_any_more_never_starts_again) {
  retry_core core(constant(3, 10ms), time_point{} + 5ms);
  EXPECT_EQ(core.may_start(time_point{} + 5ms), retry_end::deadline);
  EXPECT_EQ(core.may_start(time_point{}), retry_end::deadline);
}

TEST(retry_core, the_ends_of_time_are_deadlines_like_any_other) {
  const call_error full = failure(call_errc::overloaded, not_sent);
  const retry_decision over = retry_given_up{retry_end::deadline};
  EXPECT_EQ(retry_core(constant(3, duration::max()), no_deadline).failed(full, time_point{}, 0),
            over);
  EXPECT_EQ(retry_core(constant(3, 1ns), time_point::min()).failed(full, time_point::min(), 0),
            over);
  const retry_decision longest = retry_later{duration::max(), time_point::min() + duration::max()};
  EXPECT_EQ(
      retry_core(constant(3, duration::max()), no_deadline).failed(full, time_point::min(), 0),
      longest);
}

TEST(retry_core, is_a_value_and_a_copy_goes_the_same_way) {
  retry_core core({.attempts = 9, .backoff = {.kind = backoff_kind::decorrelated_jitter}},
                  no_deadline);
  const call_error full = failure(call_errc::overloaded, not_sent);
  EXPECT_TRUE(std::holds_alternative<retry_later>(core.failed(full, time_point{}, 0.7)));
  retry_core copy = core;
  EXPECT_EQ(copy.failed(full, time_point{}, 0.3), core.failed(full, time_point{}, 0.3));
  EXPECT_EQ(copy, core);
}

TEST(retry_policy, a_flaw_is_told_in_words) {
  EXPECT_EQ(flaw_of(retry_policy{}), std::nullopt);
  EXPECT_EQ(flaw_of(retry_policy{.attempts = 0}), "attempts must be a positive integer, got: 0");
  EXPECT_EQ(flaw_of(with({}, call_errc::timeout)),
            "also must not name what is always retried, got: timeout");
  EXPECT_EQ(flaw_of(retry_policy{.backoff = {.first = -1ms}}),
            "backoff: first must not be negative");
}

}  // namespace
}  // namespace slipway
