// slipway/tests/actors/retrying_client_test.cpp
//
// Calls that are made again, with real Python workers that die under them.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/retrying_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct retried {
  std::vector<call_errc> failures{};

  retry_options options(idempotence command) {
    retry_options made;
    made.policy.attempts = 3;
    made.policy.command = command;
    made.on_retry = [this](const call_error& error, duration) { failures.push_back(error.code); };
    return made;
  }
};

TEST(retrying_client, the_death_of_a_worker_is_not_seen_by_who_calls_an_idempotent_command) {
  const pool_host host(echo_pool("retried"));
  retried seen;
  const auto calls =
      retrying_client::make(host.calls(), seen.options(idempotence::idempotent)).value();
  const auto pid = host.calls().call<int>("pid");
  ASSERT_TRUE(pid);
  // The worker dies while it computes; the command of the next attempt finds another process.
  const auto given = calls.call<int>("pid_unless", value::map({{"crash_in", value(*pid)}}), limit);
  ASSERT_TRUE(given) << to_string(given.error());
  EXPECT_NE(*given, *pid);
  EXPECT_THAT(seen.failures, ElementsAre(call_errc::worker_died));
  const auto told = host.events().of<runtime_events::call_retried>();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told.front().pool, "retried");
  EXPECT_EQ(told.front().command, "pid_unless");
  EXPECT_EQ(told.front().error.attempt, 1U);
  EXPECT_EQ(told.front().delay, 0ms) << "another worker is tried at once";
}

TEST(retrying_client, the_pool_says_what_is_worth_another_attempt) {
  auto options = echo_pool("stern");
  options.errors.set(error_kind::worker_died,
                     {error_category::connection, error_severity::critical,
                      recovery_strategy::abandon, circuit_outcome::failed});
  const pool_host host(std::move(options));
  retried seen;
  const auto calls =
      retrying_client::make(host.calls(), seen.options(idempotence::idempotent)).value();
  EXPECT_FALSE(calls.call("crash", value::map({{"code", value(7)}}), limit));
  EXPECT_THAT(seen.failures, IsEmpty());
}

TEST(retrying_client, a_command_that_is_not_known_to_be_idempotent_runs_once) {
  const pool_host host(echo_pool("once"));
  retried seen;
  const auto calls =
      retrying_client::make(host.calls(), seen.options(idempotence::unknown)).value();
  const auto given = calls.call("crash", value::map({{"code", value(7)}}), limit);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, call_errc::worker_died);
  EXPECT_THAT(seen.failures, IsEmpty());
}

TEST(retrying_client, the_last_error_is_given_when_all_attempts_fail) {
  const pool_host host(echo_pool("worn"));
  retried seen;
  const auto calls =
      retrying_client::make(host.calls(), seen.options(idempotence::idempotent)).value();
  const auto given = calls.call("crash", value::map({{"code", value(7)}}), limit);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().exit, (exit_status{exit_status::kind::exited, 7}));
  EXPECT_THAT(seen.failures, ElementsAre(call_errc::worker_died, call_errc::worker_died));
  EXPECT_EQ(given.error().attempt, 3U);
  ASSERT_THAT(given.error().earlier, SizeIs(2));
  EXPECT_EQ(given.error().earlier.front().worker, "worn/1");
}

TEST(retrying_client, a_call_that_blocks_nobody_is_made_again_as_well) {
  const pool_host host(echo_pool("future"));
  retried seen;
  const auto calls =
      retrying_client::make(host.calls(), seen.options(idempotence::idempotent)).value();
  const auto pid = host.calls().call<int>("pid");
  ASSERT_TRUE(pid);
  const auto given =
      calls.async_call<int>("pid_unless", value::map({{"crash_in", value(*pid)}}), limit).get();
  ASSERT_TRUE(given) << to_string(given.error());
  EXPECT_NE(*given, *pid);
  EXPECT_THAT(host.events().of<runtime_events::call_retried>(), SizeIs(1));

  const auto failed = calls.async_call("crash", value::map({{"code", value(7)}}), limit).get();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().attempt, 3U);
  EXPECT_THAT(failed.error().earlier, SizeIs(2));
}

TEST(retrying_client, a_call_that_waits_for_its_retry_when_the_runtime_ends_has_its_last_error) {
  auto host = std::make_unique<pool_host>(echo_pool("brief"));
  retry_options options;
  options.policy.attempts = 2;
  options.policy.backoff = {.first = limit, .longest = limit};
  options.policy.also = {call_errc::remote_exception};
  options.policy.command = idempotence::idempotent;
  const auto calls = retrying_client::make(host->calls(), options).value();
  auto answer = calls.async_call("raise_error", value(), 10 * limit);
  ASSERT_TRUE(host->events().await<runtime_events::call_retried>());
  host.reset();
  const auto given = answer.get();
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, call_errc::remote_exception);
}

TEST(retrying_client, options_that_make_no_sense_are_refused_in_words) {
  const pool_host host(echo_pool("refused"));
  EXPECT_THAT(retrying_client::make(host.calls(), {.policy = {.attempts = 0}}).error(),
              HasSubstr("attempts"));
  EXPECT_THAT(retrying_client::make(host.calls(), {.attempt_timeout = 0ms}).error(),
              HasSubstr("attempt_timeout"));
}

}  // namespace
}  // namespace slipway::live
