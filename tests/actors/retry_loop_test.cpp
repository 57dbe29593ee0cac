// slipway/tests/actors/retry_loop_test.cpp
//
// Attempts and delays of one call, as time lines on a virtual clock.
// Source: the rule is retry_core.hpp's; here it is carried out.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class virtual_pacing final : public pacing {
 public:
  explicit virtual_pacing(duration lateness = 0ms) : lateness_(lateness) {}

  [[nodiscard]] time_point now() const noexcept override { return time_; }
  void wait_until(time_point when) override { time_ = when + lateness_; }
  double chance() override { return 0.5; }
  void pass(duration length) { time_ += length; }

 private:
  time_point time_{1h};
  duration lateness_;
};

call_error failed(call_errc code, call_effect effect) {
  call_error error;
  error.code = code;
  error.effect = effect;
  return error;
}

/// One call whose attempts end as scripted, each after its time; those beyond the script succeed.
struct scripted_call {
  struct step {
    duration takes;
    call_error error;
  };
  std::vector<step> script;
  virtual_pacing pace{};
  std::vector<duration> starts{};  ///< since the call began
  std::vector<duration> given{};   ///< timeouts
  bool ok = false;
  call_error last{};                 ///< unless ok
  std::vector<std::string> heard{};  ///< code and delay of each failure that is retried

  void run(const retry_options& options, duration timeout) {
    const time_point begun = pace.now();
    internal::retry_steps steps;
    steps.attempt = [&](duration limit) -> call_error* {
      const std::size_t n = starts.size();
      starts.push_back(pace.now() - begun);
      given.push_back(limit);
      ok = n >= script.size();
      if (ok) {
        return nullptr;
      }
      pace.pass(script[n].takes);
      last = script[n].error;
      return &last;
    };
    steps.retries = [&](const call_error& error, duration delay) {
      heard.push_back(std::string(to_string(error.code)) + " " + std::to_string(error.attempt) +
                      ", " + std::to_string(delay / 1ms));
    };
    internal::retry_loop(options, error_policy{}, pace, timeout, steps);
  }
};

scripted_call::step dies_after(duration takes) {
  return {takes, failed(call_errc::worker_died, call_effect::unknown)};
}
scripted_call::step refused_after(duration takes) {
  return {takes, failed(call_errc::overloaded, call_effect::not_sent)};
}

retry_options idempotent(std::uint32_t attempts) {
  retry_options options;
  options.policy.attempts = attempts;
  options.policy.command = idempotence::idempotent;
  options.policy.backoff = {backoff_kind::exponential, 100ms, 1s};
  return options;
}

TEST(retry_loop, delays_lie_between_the_end_of_an_attempt_and_the_start_of_the_next) {
  scripted_call call{{refused_after(10ms), refused_after(20ms), refused_after(30ms)}};
  call.run(idempotent(5), 10s);
  EXPECT_THAT(call.starts, ElementsAre(0ms, 110ms, 330ms, 760ms));
  EXPECT_TRUE(call.ok);
}

TEST(retry_loop, each_attempt_gets_what_is_left_of_the_one_deadline) {
  scripted_call call{{dies_after(10ms), dies_after(20ms)}};
  call.run(idempotent(3), 1s);
  EXPECT_THAT(call.given, ElementsAre(1s, 990ms, 870ms));
}

TEST(retry_loop, an_attempt_timeout_leaves_time_for_another_attempt_after_a_hang) {
  auto options = idempotent(3);
  options.attempt_timeout = 300ms;
  scripted_call call{{{300ms, failed(call_errc::timeout, call_effect::unknown)}}};
  call.run(options, 1s);
  EXPECT_THAT(call.given, ElementsAre(300ms, 300ms));
  EXPECT_TRUE(call.ok);
}

TEST(retry_loop, what_a_worker_may_have_carried_out_is_not_repeated_unless_it_is_idempotent) {
  auto options = idempotent(3);
  options.policy.command = idempotence::unknown;
  scripted_call seen{{dies_after(1ms)}};
  seen.run(options, 1s);
  EXPECT_THAT(seen.starts, SizeIs(1));
  scripted_call unseen{{refused_after(1ms)}};
  unseen.run(options, 1s);
  EXPECT_THAT(unseen.starts, SizeIs(2));
}

// The last attempt was refused unseen, but a worker may have carried out the one before.
TEST(retry_loop, the_effect_of_a_call_is_unknown_once_that_of_one_attempt_is) {
  scripted_call call{{dies_after(1ms), refused_after(1ms)}};
  call.run(idempotent(2), 1s);
  EXPECT_EQ(call.last.effect, call_effect::unknown);
  scripted_call unseen{{refused_after(1ms), refused_after(1ms)}};
  unseen.run(idempotent(2), 1s);
  EXPECT_EQ(unseen.last.effect, call_effect::not_sent);
}

TEST(retry_loop, a_wait_that_ends_late_starts_nothing_after_the_deadline) {
  scripted_call call{{refused_after(10ms)}, virtual_pacing(1s)};
  call.run(idempotent(3), 500ms);
  EXPECT_THAT(call.starts, SizeIs(1));
  EXPECT_FALSE(call.ok);
}

TEST(retry_loop, a_call_without_time_is_attempted_once) {
  scripted_call call{{dies_after(1ms)}};
  call.run(idempotent(3), 0ms);
  EXPECT_THAT(call.given, ElementsAre(0ms));
}

TEST(retry_loop, a_call_without_end_gives_each_attempt_no_end) {
  scripted_call call{{dies_after(1ms)}};
  call.run(idempotent(3), duration::max());
  EXPECT_THAT(call.given, ElementsAre(duration::max(), duration::max()));
}

TEST(retry_loop, each_failure_that_is_followed_by_another_attempt_is_told) {
  scripted_call call{{dies_after(0ms), refused_after(0ms), dies_after(0ms)}};
  call.run(idempotent(3), 10s);
  EXPECT_THAT(call.heard, ElementsAre("worker_died 1, 0", "overloaded 2, 100"));
}

TEST(retry_loop, the_last_error_has_its_number_and_those_before) {
  scripted_call call{{dies_after(0ms), refused_after(0ms), dies_after(0ms)}};
  call.run(idempotent(3), 10s);
  EXPECT_EQ(call.last.attempt, 3U);
  std::vector<std::string> before;
  for (const auto& error : call.last.earlier) {
    before.push_back(to_string(error));
  }
  EXPECT_THAT(before, ElementsAre("worker_died (effect unknown): ",
                                  "overloaded (effect not_sent, attempt 2): "));
}

TEST(retry_loop, of_many_errors_the_latest_are_kept) {
  scripted_call call{std::vector<scripted_call::step>(20, refused_after(0ms))};
  call.run(idempotent(20), 100s);
  ASSERT_THAT(call.last.earlier, SizeIs(8));
  EXPECT_EQ(call.last.earlier.front().attempt, 12U);
}

TEST(retry_loop, no_attempt_but_the_first_starts_at_the_deadline_or_later_in_100000_random_calls) {
  std::mt19937_64 chance(20261127);
  const auto up_to = [&](std::int64_t most) {
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, most)(chance));
  };
  for (int run = 0; run < 100000; ++run) {
    scripted_call call{{}, virtual_pacing(up_to(20))};
    const auto attempts = static_cast<std::uint32_t>(1 + up_to(6).count());
    for (std::uint32_t n = 0; n < attempts; ++n) {
      call.script.push_back(up_to(1).count() == 0 ? dies_after(up_to(200))
                                                  : refused_after(up_to(200)));
    }
    auto options = idempotent(attempts);
    options.policy.backoff.kind = static_cast<backoff_kind>(up_to(4).count());
    options.policy.backoff.first = up_to(100);
    const duration timeout = up_to(500);
    call.run(options, timeout);
    ASSERT_LE(call.starts.size(), attempts);
    for (std::size_t n = 1; n < call.starts.size(); ++n) {
      ASSERT_LT(call.starts[n], timeout) << "run " << run;
      ASSERT_GT(call.given[n], 0ms) << "run " << run;
      ASSERT_LE(call.starts[n] + call.given[n], timeout) << "run " << run;
    }
  }
}

}  // namespace
}  // namespace slipway
