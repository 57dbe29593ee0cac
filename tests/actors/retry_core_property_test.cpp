// slipway/tests/actors/retry_core_property_test.cpp
//
// 100,000 calls of any policy, failures and lateness: none is retried at its deadline or after it,
// too often, or although it must not be carried out twice. A failure names its seed, and
// SLIPWAY_TEST_SEED=n runs that seed alone.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/retry_core.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

namespace slipway {
namespace {

constexpr int runs = 100'000;

struct totals {
  std::uint64_t retries = 0;
  std::uint64_t deadlines = 0;  // calls given up for it
  std::uint64_t late = 0;       // of these, by a timer that was late
};

class random_call {
 public:
  random_call(unsigned seed, totals& totals)
      : random_(seed),
        totals_(totals),
        policy_(policy()),
        errors_(random_() % 4 == 0 ? any_errors() : error_policy()),
        now_(any_time()) {}

  void run() {
    // Most deadlines are within reach of a few attempts; some are over, some are the end of time.
    const time_point deadline = random_() % 16 == 0 ? time_point::max() : after(length() * 4);
    retry_core core(policy_, deadline, errors_);
    std::uint32_t attempts = 0;
    while (!testing::Test::HasFailure()) {
      if (const auto objection = core.may_start(now_)) {
        ASSERT_EQ(*objection, retry_end::deadline);
        ASSERT_GE(now_, deadline) << "given up too early";
        ++totals_.deadlines;
        totals_.late += attempts > 0 ? 1 : 0;
        return;
      }
      ASSERT_LT(now_, deadline) << "attempt " << attempts + 1 << " starts too late";
      ASSERT_LE(++attempts, policy_.attempts);
      pass(length());
      const call_error error = failure();
      const retry_decision decision =
          core.failed(error, now_, std::uniform_real_distribution<double>(0, 1)(random_));
      if (const auto* over = std::get_if<retry_given_up>(&decision)) {
        totals_.deadlines += over->why == retry_end::deadline ? 1 : 0;
        return;
      }
      check(error, std::get<retry_later>(decision), deadline);
      ++totals_.retries;
      pass(std::get<retry_later>(decision).delay);
      pass(random_() % 4 == 0 ? length() : duration::zero());
    }
  }

 private:
  void check(const call_error& error, const retry_later& later, time_point deadline) {
    EXPECT_GE(later.delay, duration::zero());
    EXPECT_LE(later.delay, policy_.backoff.longest);
    EXPECT_EQ(later.at, now_ + later.delay);
    EXPECT_LT(later.at, deadline);
    EXPECT_TRUE(error.effect == call_effect::not_sent ||
                policy_.command == idempotence::idempotent);
    const bool at_fault = errors_.of(error).strategy == recovery_strategy::abandon;
    EXPECT_TRUE(!at_fault || std::count(policy_.also.begin(), policy_.also.end(), error.code) == 1);
  }

  retry_policy policy() {
    retry_policy made{.attempts = static_cast<std::uint32_t>(1 + random_() % 20)};
    made.backoff.kind = static_cast<backoff_kind>(random_() % 5);
    made.backoff.first = length();
    made.backoff.longest =
        std::max(made.backoff.first, length() * static_cast<int>(1 + random_() % 8));
    if (random_() % 64 == 0) {
      made.backoff.longest = duration::max();
    }
    made.command = random_() % 4 == 0 ? idempotence::unknown : idempotence::idempotent;
    for (const auto code :
         {call_errc::remote_exception, call_errc::invalid_argument, call_errc::unexpected_result}) {
      if (random_() % 4 == 0) {
        made.also.push_back(code);
      }
    }
    return made;
  }

  error_policy any_errors() {
    error_policy made;
    for (std::size_t kind = 0; kind < error_kinds; ++kind) {
      error_class row = made.of(static_cast<error_kind>(kind));
      row.strategy = static_cast<recovery_strategy>(random_() % 5);
      made.set(static_cast<error_kind>(kind), row);
    }
    return made;
  }

  call_error failure() {
    constexpr auto last = static_cast<std::uint32_t>(call_errc::unexpected_result);
    const bool plain = random_() % 2 == 0;
    call_error error;
    error.code = plain ? call_errc::overloaded : static_cast<call_errc>(random_() % (last + 1));
    error.effect = plain || random_() % 2 == 0 ? call_effect::not_sent : call_effect::unknown;
    return error;
  }

  // Few different ones, so that times often meet exactly.
  duration length() { return duration(random_() % 8 == 0 ? 0 : random_() % 32); }

  time_point any_time() {
    switch (random_() % 8) {
      case 0:
        return time_point::min();
      case 1:
        return time_point::max() - duration(random_() % 64);
      default:
        return time_point{} + length();
    }
  }

  // deadline_after, for times before the clock's origin too.
  [[nodiscard]] time_point after(duration wait) const {
    return now_ > time_point{} ? deadline_after(now_, wait) : now_ + wait;
  }
  void pass(duration by) { now_ = after(by); }

  std::mt19937 random_;
  totals& totals_;
  retry_policy policy_;
  error_policy errors_;
  time_point now_;
};

TEST(retry_core_properties, no_retry_starts_at_or_after_the_deadline_in_100000_random_calls) {
  const char* only = std::getenv("SLIPWAY_TEST_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  const unsigned first = only == nullptr ? 1U : static_cast<unsigned>(std::atoi(only));
  const unsigned count = only == nullptr ? runs : 1;
  totals totals;
  for (unsigned seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("SLIPWAY_TEST_SEED=" + std::to_string(seed));
    random_call(seed, totals).run();
  }
  if (only == nullptr) {
    EXPECT_GT(totals.retries, 100'000U) << "else the calls are too short to show anything";
    EXPECT_GT(totals.deadlines, 10'000U);
    EXPECT_GT(totals.late, 1'000U);
  }
  RecordProperty("retries", std::to_string(totals.retries));
  RecordProperty("deadlines", std::to_string(totals.deadlines));
  RecordProperty("late", std::to_string(totals.late));
}

}  // namespace
}  // namespace slipway
