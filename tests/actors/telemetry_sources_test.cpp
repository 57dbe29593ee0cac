// The telemetry of a whole tree with real workers: which events come, in which order, with what.
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/retrying_client.hpp>
#include <slipway/actors/session.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/actors/telemetry_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace slipway {
namespace {

using live::echo_pool;
using live::limit;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class telemetry_of_a_tree : public live::live_test {
 protected:
  std::unique_ptr<slipway::system> start() {
    watch->attach("", [this](const telemetry_record& what) {
      std::lock_guard guard(mutex_);
      names_.emplace_back(to_string(what.event));
      lines_.push_back(to_string(what));
    });
    return slipway::system::start({.name = "shop", .logger = log.logger(), .watch = watch}).value();
  }
  std::vector<std::string> names_below(std::string_view prefix) {
    std::lock_guard guard(mutex_);
    std::vector<std::string> found;
    std::copy_if(names_.begin(), names_.end(), std::back_inserter(found),
                 [&](const auto& each) { return each.starts_with(prefix); });
    return found;
  }
  std::vector<std::string> lines() {
    std::lock_guard guard(mutex_);
    return lines_;
  }
  std::vector<std::string> call_events() {
    std::vector<std::string> found = names_below("");
    std::erase_if(found, [](const auto& each) {
      return !each.starts_with("call.") && !each.starts_with("pool.check") && each != "pool.cancel";
    });
    return found;
  }

  std::shared_ptr<telemetry> watch = std::make_shared<telemetry>();
  live::log_journal log;

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
  std::vector<std::string> lines_;
};

TEST_F(telemetry_of_a_tree, a_call_is_told_from_its_start_to_its_end) {
  const auto system = start();
  const client echo = system->start_pool(echo_pool("echo")).value();
  ASSERT_TRUE(echo.call("pid", value(), limit));
  EXPECT_THAT(call_events(),
              ElementsAre("call.start", "pool.checkout", "pool.checkin", "call.stop"));
  EXPECT_THAT(lines(),
              Contains(AllOf(StartsWith("call.stop duration_s="),
                             HasSubstr("pool=echo worker=echo/"), HasSubstr("command=pid"))));
}

TEST_F(telemetry_of_a_tree, an_asynchronous_call_is_told_alike) {
  const auto system = start();
  const client echo = system->start_pool(echo_pool("echo")).value();
  ASSERT_TRUE(echo.async_call("pid", value(), limit).get());
  EXPECT_THAT(call_events(),
              ElementsAre("call.start", "pool.checkout", "pool.checkin", "call.stop"));
}

TEST_F(telemetry_of_a_tree, a_call_that_fails_is_told_with_its_code) {
  const auto system = start();
  const client echo = system->start_pool(echo_pool("echo")).value();
  ASSERT_FALSE(echo.call("no_such_command", value(), limit));
  EXPECT_THAT(call_events(),
              ElementsAre("call.start", "pool.checkout", "pool.checkin", "call.exception"));
  EXPECT_THAT(lines(), Contains(AllOf(StartsWith("call.exception"),
                                      HasSubstr("code=remote_exception effect="))));
}

TEST_F(telemetry_of_a_tree, a_session_that_gets_a_worker_and_finds_its_state_lost_gives_it_back) {
  const auto system = start();
  auto options = echo_pool("echo");
  options.size = 2;
  options.sessions.mode = affinity::hint;
  const client echo = system->start_pool(std::move(options)).value();
  ASSERT_TRUE(echo.wait_until_ready(2, limit));
  const session cart = echo.open_session("cart").value();
  ASSERT_TRUE(cart.call("count", value(), limit));
  const worker_wish home{cart.status()->home->worker, affinity::strict_queue};
  auto held = system->slot("echo")->current()->checkout(session_checkout{"other", home}, limit);
  ASSERT_TRUE(held);
  const auto before = static_cast<std::ptrdiff_t>(call_events().size());
  ASSERT_EQ(cart.call("count", value(), limit).error().code, call_errc::session_lost);
  const auto events = call_events();
  EXPECT_THAT(std::vector(events.begin() + before, events.end()),
              ElementsAre("call.start", "pool.checkout", "pool.checkin", "call.exception"));
  EXPECT_THAT(lines(),
              Contains(AllOf(StartsWith("pool.checkin"), HasSubstr("outcome=session_lost"))));
}

TEST_F(telemetry_of_a_tree, a_retry_and_a_breaker_that_opens_are_told_with_their_causes) {
  const auto system = start();
  auto options = echo_pool("echo");
  options.breaker = circuit_breaker_options{failures_in_a_row{2}};
  const client echo = system->start_pool(std::move(options)).value();
  const auto calls =
      retrying_client::make(echo, {.policy = {.attempts = 2, .command = idempotence::idempotent}})
          .value();
  ASSERT_FALSE(calls.call("crash", value(), limit));
  EXPECT_THAT(lines(), Contains("call.retry attempt=1 delay_s=0 pool=echo command=crash "
                                "code=worker_died"));
  EXPECT_THAT(lines(), Contains("breaker.change calls=2 failures=2 pool=echo command= "
                                "from=closed to=open cause=failures_in_a_row"));
}

TEST_F(telemetry_of_a_tree, a_call_that_gets_no_worker_is_told_as_a_cancelled_checkout) {
  const auto system = start();
  auto options = echo_pool("echo");
  options.lazy = true;
  const client echo = system->start_pool(std::move(options)).value();
  ASSERT_FALSE(echo.call("pid", value(), duration::zero()));
  EXPECT_THAT(call_events(), ElementsAre("call.start", "pool.cancel", "call.exception"));
}

TEST_F(telemetry_of_a_tree, a_worker_and_its_pool_are_told_from_start_to_end) {
  auto system = start();
  auto options = echo_pool("echo");
  options.size = 1;
  const client echo = system->start_pool(std::move(options)).value();
  ASSERT_TRUE(echo.wait_until_ready(1, limit));
  system.reset();
  EXPECT_THAT(names_below("pool"),
              ElementsAre("pool.start", "pool.worker.init.start", "pool.worker.ready",
                          "pool.worker.removed", "pool.exit", "pool.worker.exit"));
  EXPECT_THAT(names_below("supervisor"),
              ElementsAre("supervisor.start", "supervisor.child_started", "supervisor.stopping",
                          "supervisor.child_stopped", "supervisor.stop"));
}

TEST_F(telemetry_of_a_tree, a_handler_that_throws_is_told_in_the_log_and_hurts_nobody) {
  const auto system = start();
  watch->attach("call", [](const telemetry_record&) { throw std::runtime_error("disk full"); });
  const client echo = system->start_pool(echo_pool("echo")).value();
  EXPECT_TRUE(echo.call("pid", value(), limit));
  EXPECT_THAT(lines(), Contains("telemetry.handler_failed prefix=call event=call.start "
                                "reason=disk full"));
  EXPECT_TRUE(log.await("telemetry.handler_failed prefix=call"));
}

TEST_F(telemetry_of_a_tree, a_restart_of_a_pool_is_told) {
  const auto system = start();
  ASSERT_TRUE(system->start_pool(echo_pool("echo")));
  system->slot("echo")->current()->stop(exit_reason::error("bug", "for the test"));
  EXPECT_TRUE(live::eventually([&] { return !names_below("supervisor.restart").empty(); }));
  EXPECT_THAT(lines(),
              Contains(HasSubstr("restarts_in_period=1 intensity=3 supervisor=shop child=echo")));
}

}  // namespace
}  // namespace slipway
