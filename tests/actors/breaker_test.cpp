// slipway/tests/actors/breaker_test.cpp
//
// Breakers before calls of real Python workers: what opens them, what a refused call is told, how they
// close.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class breaker : public live_test {
 protected:
  static circuit_breaker_options opens_at(std::uint32_t failures, duration open_for) {
    return {.opens_at = failures_in_a_row{failures}, .open_for = open_for};
  }

  static std::vector<circuit_state> changes_of(const pool_host& host) {
    std::vector<circuit_state> states;
    for (const auto& event : host.events().of<runtime_events::breaker_changed>()) {
      states.push_back(event.change.to);
    }
    return states;
  }
};

MATCHER_P(fails_with, code, std::string("fails as ") + to_string(code)) {
  static_cast<void>(result_listener);
  return !arg.has_value() && arg.error().code == code;
}

TEST_F(breaker, workers_that_die_open_it_and_calls_then_fail_at_once) {
  auto options = echo_pool("dying");
  options.breaker = opens_at(2, 1h);
  const pool_host host(std::move(options));
  EXPECT_EQ(host.calls().breaker_state(), circuit_state::closed);
  EXPECT_THAT(host.calls().call("crash"), fails_with(call_errc::worker_died));
  EXPECT_THAT(host.calls().call("crash"), fails_with(call_errc::worker_died));
  EXPECT_EQ(host.calls().breaker_state(), circuit_state::open);

  const auto refused = host.calls().call<int>("pid");
  ASSERT_THAT(refused, fails_with(call_errc::circuit_open));
  EXPECT_EQ(refused.error().effect, call_effect::not_sent);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("'pid'"), HasSubstr("pool dying is open"), HasSubstr("ms more")));
  EXPECT_THAT(host.calls().async_call<int>("pid").get(), fails_with(call_errc::circuit_open));

  host.calls().reset_breaker();
  EXPECT_TRUE(host.calls().call<int>("pid"));
  EXPECT_THAT(changes_of(host), ElementsAre(circuit_state::open, circuit_state::closed));
  EXPECT_TRUE(host.log().await("the breaker is open (failures_in_a_row)"));
}

TEST_F(breaker, a_call_that_goes_well_after_a_while_closes_it) {
  auto options = echo_pool("mended");
  options.breaker = opens_at(1, 10ms);
  const pool_host host(std::move(options));
  EXPECT_THAT(host.calls().async_call("crash").get(), fails_with(call_errc::worker_died));
  ASSERT_TRUE(eventually([&] { return host.calls().call<int>("pid").has_value(); }));
  EXPECT_EQ(host.calls().breaker_state(), circuit_state::closed);
  EXPECT_THAT(changes_of(host),
              ElementsAre(circuit_state::open, circuit_state::half_open, circuit_state::closed));
}

TEST_F(breaker, a_command_that_kills_its_worker_is_refused_alone) {
  auto options = echo_pool("partly");
  options.command_breaker = opens_at(1, 1h);
  const pool_host host(std::move(options));
  EXPECT_THAT(host.calls().call("crash"), fails_with(call_errc::worker_died));
  EXPECT_THAT(host.calls().call("crash"), fails_with(call_errc::circuit_open));
  EXPECT_TRUE(host.calls().call<int>("pid"));
  EXPECT_EQ(host.calls().breaker_state(), std::nullopt);
  EXPECT_EQ(host.calls().breaker_state("crash"), circuit_state::open);
  EXPECT_EQ(host.calls().breaker_state("pid"), circuit_state::closed);
  host.calls().reset_breaker("crash");
  EXPECT_THAT(host.calls().call("crash"), fails_with(call_errc::worker_died));
}

TEST_F(breaker, a_broken_environment_opens_it) {
  const temporary_directory folder;
  auto options = echo_pool("broken");
  options.module = folder.write("broken.py", "import no_such_package\n");
  options.retry.retries = 0;
  options.breaker = opens_at(2, 1h);
  const pool_host host(std::move(options));
  for (int n = 0; n < 2; ++n) {
    const auto given = host.calls().call("score");
    ASSERT_THAT(given, fails_with(call_errc::pool_exited));
    ASSERT_TRUE(given.error().classified);
    EXPECT_EQ(given.error().classified->category, error_category::initialization);
    EXPECT_THAT(given.error().stderr_tail, Not(IsEmpty()));
    EXPECT_THAT(describe(given.error()), HasSubstr("no_such_package"));
  }
  EXPECT_THAT(host.calls().call("score"), fails_with(call_errc::circuit_open));
}

TEST_F(breaker, what_the_request_is_at_fault_for_does_not_open_it) {
  auto options = echo_pool("blameless");
  options.breaker = opens_at(1, 1h);
  const pool_host host(std::move(options));
  EXPECT_THAT(host.calls().call("raise_error"), fails_with(call_errc::remote_exception));
  EXPECT_THAT(host.calls().call("no such command"), fails_with(call_errc::remote_exception));
  EXPECT_THAT(host.calls().call<std::string>("pid"), fails_with(call_errc::unexpected_result));
  EXPECT_THAT(host.calls().call("echo", value(7)), fails_with(call_errc::invalid_argument));
  EXPECT_EQ(host.calls().breaker_state(), circuit_state::closed);
}

TEST_F(breaker, a_pool_may_say_that_exceptions_are_its_workers_fault) {
  auto options = echo_pool("stern");
  options.breaker = opens_at(1, 1h);
  const error_class mine{error_category::python, error_severity::major,
                         recovery_strategy::circuit_break, circuit_outcome::failed};
  options.errors.set(error_kind::remote_exception, mine);
  const pool_host host(std::move(options));
  const auto raised = host.calls().call("raise_error");
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().classified, mine);
  EXPECT_EQ(raised.error().worker, "stern/1");
  EXPECT_EQ(host.calls().breaker_state(), circuit_state::open);
}

TEST_F(breaker, a_client_that_outlives_its_runtime_may_still_ask) {
  auto options = echo_pool("gone");
  options.breaker = opens_at(1, 1ns);
  auto host = std::make_unique<pool_host>(std::move(options));
  const client calls = host->calls();
  EXPECT_THAT(calls.call("crash"), fails_with(call_errc::worker_died));
  host.reset();
  EXPECT_THAT(calls.call("pid"), fails_with(call_errc::pool_stopped));
  EXPECT_EQ(calls.breaker_state(), circuit_state::half_open);
}

}  // namespace
}  // namespace slipway::live
