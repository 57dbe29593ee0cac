// slipway/tests/actors/async_retry_test.cpp
//
// Attempts and delays that block nobody, as time lines on a virtual clock with its timers.
// Source: the rule is retry_core.hpp's; retry_loop_test.cpp has the same for calls that block.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_retry.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

call_error failed(call_errc code, call_effect effect) {
  call_error error;
  error.code = code;
  error.effect = effect;
  return error;
}

/// The time and the timers of a call, the latter late by so much.
class world final : public pacing, public timer_service {
 public:
  explicit world(duration lateness = 0ms) : lateness_(lateness) {}

  [[nodiscard]] time_point now() const noexcept override { return clock_->now(); }
  void wait_until(time_point /*when*/) override { ADD_FAILURE() << "it blocks"; }
  double chance() override { return 0.5; }
  void run_after(duration delay, std::function<void()> task) override {
    clock_->run_after(delay + lateness_, std::move(task));
  }
  void attempt_takes(duration length, std::function<void()> end) {
    clock_->run_after(length, std::move(end));
  }
  void pass_all() {
    while (clock_ && clock_->pending() > 0) {
      clock_->advance(1ms);
    }
  }
  void pass(duration length) { clock_->advance(length); }
  [[nodiscard]] std::size_t timers() const { return clock_->pending(); }
  /// Drops all timers, as an I/O loop does when it ends.
  void end() { clock_ = std::make_unique<harness::virtual_clock>(); }

 private:
  std::unique_ptr<harness::virtual_clock> clock_ = std::make_unique<harness::virtual_clock>();
  duration lateness_;
};

/// One call whose attempts end as scripted, each after its time; those beyond the script succeed.
struct scripted_call {
  struct step {
    duration takes;
    call_error error;
  };
  std::vector<step> script;
  std::shared_ptr<world> around = std::make_shared<world>();
  std::vector<duration> starts{};  ///< since the call began
  std::vector<duration> given{};   ///< timeouts
  std::vector<std::string> heard{};
  call_error last{};
  int ends = 0;

  void start(const retry_options& options, duration timeout) {
    internal::async_retry_steps steps;
    steps.attempt = [this](duration limit, std::function<void(call_error*)> done) {
      const std::size_t n = starts.size();
      starts.push_back(around->now() - time_point{});
      given.push_back(limit);
      if (n >= script.size()) {
        done(nullptr);
        return;
      }
      around->attempt_takes(script[n].takes, [this, n, done = std::move(done)] {
        last = script[n].error;
        done(&last);
      });
    };
    steps.retries = [this](const call_error& error, duration delay) {
      heard.push_back(std::string(to_string(error.code)) + ", " + std::to_string(delay / 1ms));
    };
    steps.ended = [this] { ++ends; };
    std::make_shared<internal::async_retry>(options, error_policy{}, around, around, timeout,
                                            std::move(steps))
        ->start();
  }
  void run(const retry_options& options, duration timeout) {
    start(options, timeout);
    around->pass_all();
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

TEST(async_retry, delays_lie_between_the_end_of_an_attempt_and_the_start_of_the_next) {
  scripted_call call{{dies_after(10ms), refused_after(20ms), refused_after(30ms)}};
  call.run(idempotent(5), 10s);
  EXPECT_THAT(call.starts, ElementsAre(0ms, 10ms, 130ms, 360ms));
  EXPECT_THAT(call.heard, ElementsAre("worker_died, 0", "overloaded, 100", "overloaded, 200"));
  EXPECT_EQ(call.ends, 1);
}

TEST(async_retry, each_attempt_gets_what_is_left_of_the_one_deadline) {
  scripted_call call{{refused_after(10ms), refused_after(20ms)}};
  call.run(idempotent(3), 1s);
  EXPECT_THAT(call.given, ElementsAre(1s, 890ms, 670ms));
}

TEST(async_retry, the_last_error_has_its_number_the_effect_of_all_and_those_before) {
  scripted_call call{{dies_after(1ms), refused_after(1ms)}};
  call.run(idempotent(2), 1s);
  EXPECT_EQ(call.ends, 1);
  EXPECT_EQ(call.last.attempt, 2U);
  EXPECT_EQ(call.last.effect, call_effect::unknown);
  EXPECT_THAT(call.last.earlier, SizeIs(1));
}

TEST(async_retry, no_attempt_begins_within_the_end_of_another) {
  scripted_call call{{refused_after(0ms)}};
  auto options = idempotent(2);
  options.policy.backoff.first = 0ms;
  call.start(options, 1s);
  call.around->pass(0ms);
  EXPECT_THAT(call.starts, SizeIs(2));
  EXPECT_EQ(call.ends, 1);
}

TEST(async_retry, a_delay_that_the_end_of_the_timers_cuts_short_ends_the_call_with_its_last_error) {
  scripted_call call{{dies_after(1ms), refused_after(1ms)}};
  call.start(idempotent(5), 10s);
  call.around->pass(50ms);
  ASSERT_EQ(call.around->timers(), 1U);
  EXPECT_EQ(call.ends, 0);
  call.around->end();
  EXPECT_EQ(call.ends, 1);
  EXPECT_EQ(call.last.attempt, 2U);
  EXPECT_EQ(call.last.effect, call_effect::unknown);
}

TEST(async_retry, no_attempt_but_the_first_starts_at_the_deadline_or_later_in_100000_random_calls) {
  std::mt19937_64 chance(20261127);
  const auto up_to = [&](std::int64_t most) {
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, most)(chance));
  };
  std::size_t retries = 0;
  for (int run = 0; run < 100000; ++run) {
    scripted_call call{{}, std::make_shared<world>(up_to(20))};
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
    ASSERT_EQ(call.ends, 1) << "run " << run;
    ASSERT_LE(call.starts.size(), attempts);
    for (std::size_t n = 1; n < call.starts.size(); ++n) {
      ASSERT_LT(call.starts[n], timeout) << "run " << run;
      ASSERT_LE(call.starts[n] + call.given[n], timeout) << "run " << run;
      ++retries;
    }
  }
  EXPECT_GT(retries, 50'000U) << "else the calls are too short to show anything";
}

}  // namespace
}  // namespace slipway
