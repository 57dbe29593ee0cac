// slipway/tests/actors/session_test.cpp
//
// Sessions on real workers: where their calls go, what a loss is to them, how they end.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/session.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <set>
#include <stdexcept>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using live::echo_pool;
using live::gives;
using live::limit;
using live::pool_host;
using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;

MATCHER_P2(fails_with, code, effect, std::string("fails as ") + to_string(code)) {
  static_cast<void>(result_listener);
  return !arg.has_value() && arg.error().code == code && arg.error().effect == effect;
}

class sessions : public live::live_test {
 protected:
  static python_pool_options pool_of(std::size_t size, affinity mode = affinity::strict_queue) {
    auto options = echo_pool("basket");
    options.size = size;
    options.sessions.mode = mode;
    return options;
  }
  static int pid_of(const session& of) { return *of.call<int>("pid", value(), limit); }
  static session open(const pool_host& host, const std::string& id, session_spec spec = {}) {
    return *host.calls().open_session(id, std::move(spec));
  }
  static auto lost() { return fails_with(call_errc::session_lost, call_effect::not_sent); }
};

TEST_F(sessions, all_calls_of_a_session_go_to_the_worker_that_holds_its_state) {
  pool_host host(pool_of(3));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  const auto b = open(host, "b");
  for (int i = 1; i <= 20; ++i) {
    EXPECT_THAT(a.call<int>("count", value(), limit), gives(i));
    if (i % 2 == 0) {
      EXPECT_THAT(b.call<int>("count", value(), limit), gives(i / 2));
    }
  }
  EXPECT_EQ(a.status()->calls, 20U);
  EXPECT_EQ(host.calls().sessions().open, 2U);
}

TEST_F(sessions, sessions_that_begin_one_after_the_other_spread_over_the_workers) {
  pool_host host(pool_of(3));
  ASSERT_TRUE(host.ready());
  std::set<int> pids;
  for (const char* id : {"a", "b", "c"}) {
    pids.insert(pid_of(open(host, id)));
  }
  EXPECT_EQ(pids.size(), 3U);
}

TEST_F(sessions, a_loss_is_told_by_the_next_call_with_its_reason_and_then_the_session_begins_anew) {
  pool_host host(pool_of(2));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  const auto other_handle = *host.calls().find_session("a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  ASSERT_TRUE(live::kill_and_wait(pid_of(a)));
  ASSERT_TRUE(host.events().await<runtime_events::session_lost>());
  const auto told = a.call<int>("count", value(), limit);
  ASSERT_THAT(told, lost());
  EXPECT_THAT(told.error().message, AllOf(HasSubstr("session 'a'"), HasSubstr("signal 9")));
  EXPECT_THAT(a.call<int>("count", value(), limit), gives(1));
  EXPECT_THAT(other_handle.call<int>("count", value(), limit), lost());
  EXPECT_THAT(other_handle.call<int>("count", value(), limit), gives(2));
}

TEST_F(sessions,
       a_call_in_whose_middle_the_worker_dies_fails_as_any_and_the_next_one_learns_of_the_loss) {
  pool_host host(pool_of(2));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  EXPECT_THAT(a.call("crash", value(), limit),
              fails_with(call_errc::worker_died, call_effect::unknown));
  EXPECT_THAT(a.call<int>("count", value(), limit), lost());
  EXPECT_THAT(a.call<int>("count", value(), limit), gives(1));
}

TEST_F(sessions, a_rebuild_replays_the_state_before_the_next_call) {
  pool_host host(pool_of(2));
  ASSERT_TRUE(host.ready());
  std::atomic<int> counted{0};
  std::atomic<std::uint64_t> rebuilt_after{0};
  const auto a = open(
      host, "a", {.rebuild = [&](const session_loss& loss) {
        rebuilt_after = loss.number;
        return std::vector<session_request>(static_cast<std::size_t>(counted), {"count", value()});
      }});
  for (int i = 1; i <= 4; ++i) {
    ASSERT_THAT(a.call<int>("count", value(), limit), gives(i));
    counted = i;
    ASSERT_TRUE(live::kill_and_wait(*a.call<int>("pid", value(), limit)));
    EXPECT_EQ(rebuilt_after, static_cast<std::uint64_t>(i - 1));
  }
  EXPECT_EQ(a.status()->rebuilds, 3U);
  EXPECT_TRUE(host.events().await<runtime_events::session_rebuilt>(3));
}

TEST_F(sessions, a_rebuild_that_throws_or_whose_command_raises_fails_the_call_and_is_tried_again) {
  pool_host host(pool_of(1));
  ASSERT_TRUE(host.ready());
  std::atomic<int> tries{0};
  const auto a =
      open(host, "a", {.rebuild = [&](const session_loss&) -> std::vector<session_request> {
             switch (++tries) {
               case 1:
                 throw std::runtime_error("no replay yet");
               case 2:
                 return {{"raise_error", value()}};
               default:
                 return {{"count", value()}};
             }
           }});
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  ASSERT_TRUE(live::kill_and_wait(pid_of(a)));
  auto told = a.call<int>("count", value(), limit);
  ASSERT_THAT(told, lost());
  EXPECT_THAT(told.error().message, HasSubstr("no replay yet"));
  told = a.call<int>("count", value(), limit);
  ASSERT_THAT(told, lost());
  EXPECT_THAT(told.error().message, HasSubstr("raised on request"));
  EXPECT_THAT(a.call<int>("count", value(), limit), gives(2));
}

TEST_F(sessions, fail_fast_says_that_its_worker_is_busy_and_costs_nothing) {
  pool_host host(pool_of(1, affinity::strict_fail_fast));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  auto held = host.pool()->checkout(anonymous{}, limit);
  ASSERT_TRUE(held);
  EXPECT_THAT(a.call<int>("count", value(), limit),
              fails_with(call_errc::worker_busy, call_effect::not_sent));
  held->checkin();
  EXPECT_THAT(a.call<int>("count", value(), limit), gives(2));
}

TEST_F(sessions, strict_queue_waits_for_its_worker_beside_an_idle_one) {
  pool_host host(pool_of(2));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  const int home = pid_of(a);
  auto first = host.pool()->checkout(anonymous{}, limit);
  auto second = host.pool()->checkout(anonymous{}, limit);
  ASSERT_TRUE(first && second);
  auto& of_home = first->state().process->os_pid() == home ? first : second;
  auto& of_other = first->state().process->os_pid() == home ? second : first;
  of_other->checkin();
  auto waiting = a.async_call<int>("pid", value(), limit);
  EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
  of_home->checkin();
  EXPECT_THAT(waiting.get(), gives(home));
}

TEST_F(sessions, a_hint_without_a_rebuild_says_once_that_it_moved) {
  pool_host host(pool_of(2, affinity::hint));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  const int home = pid_of(a);
  auto first = host.pool()->checkout(anonymous{}, limit);
  if (first->state().process->os_pid() != home) {
    auto second = host.pool()->checkout(anonymous{}, limit);
    first->checkin();
    first = std::move(second);
  }
  const auto told = a.call<int>("count", value(), limit);
  ASSERT_THAT(told, lost());
  EXPECT_THAT(told.error().message, HasSubstr("moved"));
  EXPECT_THAT(a.call<int>("count", value(), limit), gives(1));
  first->checkin();
}

TEST_F(sessions, calls_of_one_session_take_turns_and_one_whose_turn_comes_too_late_was_not_sent) {
  pool_host host(pool_of(2));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  auto held = host.pool()->checkout(session_checkout{"x", {}}, limit);
  auto also_held = host.pool()->checkout(session_checkout{"y", {}}, limit);
  auto first = a.async_call<int>("count", value(), limit);
  auto second = a.async_call<int>("count", value(), limit);
  EXPECT_THAT(a.call<int>("count", value(), 10ms),
              fails_with(call_errc::timeout, call_effect::not_sent));
  EXPECT_EQ(a.status()->waiting, 1U);
  held->checkin();
  also_held->checkin();
  EXPECT_THAT(first.get(), gives(2));
  EXPECT_THAT(second.get(), gives(3));
}

TEST_F(sessions, an_explicit_end_has_the_worker_forget_the_session) {
  pool_host host(pool_of(1));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  ASSERT_TRUE(a.end(limit));
  EXPECT_EQ(
      host.calls().call("get_stats", value(), limit)->find("sessions")->as<int>().value_or(-1), 0);
  EXPECT_THAT(a.call<int>("count", value(), limit),
              fails_with(call_errc::session_ended, call_effect::not_sent));
  EXPECT_THAT(a.end(limit), fails_with(call_errc::session_ended, call_effect::not_sent));
  EXPECT_FALSE(a.status());
  EXPECT_FALSE(host.calls().find_session("a"));
  EXPECT_THAT(open(host, "a").call<int>("count", value(), limit), gives(1));
}

TEST_F(sessions, the_time_to_live_ends_an_idle_session_and_has_its_worker_forget_it) {
  pool_host host(pool_of(1));
  ASSERT_TRUE(host.ready());
  session_spec spec;
  spec.time_to_live = std::optional<duration>(50ms);
  const auto a = open(host, "a", spec);
  const auto kept = open(host, "kept");
  ASSERT_THAT(kept.call<int>("count", value(), limit), gives(1));
  static_cast<void>(a.call<int>("count", value(), limit));
  ASSERT_TRUE(host.events().await<runtime_events::session_ended>());
  EXPECT_EQ(host.events().of<runtime_events::session_ended>()[0].reason,
            exit_reason::shutdown("expired"));
  EXPECT_THAT(a.call<int>("count", value(), limit),
              fails_with(call_errc::session_ended, call_effect::not_sent));
  EXPECT_TRUE(live::eventually([&] {
    return host.calls()
               .call("get_stats", value(), limit)
               ->find("sessions")
               ->as<int>()
               .value_or(-1) == 1;
  }));
  EXPECT_THAT(kept.call<int>("count", value(), limit), gives(2));
}

TEST_F(sessions, a_degraded_worker_takes_none) {
  auto options = pool_of(2);
  options.health = health_options{.interval = 1h, .failures = 1000, .slow_call = 2s};
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  ASSERT_TRUE(host.calls().call("sleep", value::map({{"seconds", value(2.5)}}), limit));
  ASSERT_TRUE(host.events().await<runtime_events::worker_degraded>());
  const std::string degraded = host.events().of<runtime_events::worker_degraded>()[0].worker;
  for (int i = 0; i != 6; ++i) {
    const auto begun = open(host, "s" + std::to_string(i));
    ASSERT_THAT(begun.call<int>("count", value(), limit), gives(1));
    const auto home = begun.status()->home->worker;
    EXPECT_NE("basket/" + std::to_string(static_cast<std::uint64_t>(home)), degraded);
  }
}

TEST_F(sessions, more_than_max_sessions_are_refused) {
  auto options = pool_of(1);
  options.sessions.max_sessions = 2;
  pool_host host(options);
  open(host, "a");
  open(host, "b");
  const auto refused = host.calls().open_session("c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, session_errc::too_many);
}

TEST_F(sessions, a_stopped_pool_answers_each_waiting_call_of_a_session) {
  auto host = std::make_unique<pool_host>(pool_of(1));
  ASSERT_TRUE(host->ready());
  const auto a = open(*host, "a");
  ASSERT_THAT(a.call<int>("count", value(), limit), gives(1));
  std::vector<std::future<session::reply<value>>> waiting;
  for (int i = 0; i != 50; ++i) {
    waiting.push_back(a.async_call("sleep", value::map({{"seconds", value(60)}}), limit));
  }
  host->stop();
  for (auto& each : waiting) {
    EXPECT_FALSE(each.get());
  }
  host.reset();
  EXPECT_FALSE(a.call<int>("count", value(), limit));
}

TEST_F(sessions, arguments_that_name_another_session_are_refused) {
  pool_host host(pool_of(1));
  const auto a = open(host, "a");
  EXPECT_THAT(a.call("count", value::map({{"session_id", value("b")}}), limit),
              fails_with(call_errc::invalid_argument, call_effect::not_sent));
}

TEST_F(sessions, a_worker_whose_bridge_knows_no_sessions_serves_them_all_the_same) {
  pool_host host(pool_of(1));
  ASSERT_TRUE(host.ready());
  const auto a = open(host, "a");
  const auto echoed = a.call("echo", value::map({{"text", value("x")}}), limit);
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->find("text")->as<std::string>().value_or(""), "x");
}

TEST_F(sessions, a_hundred_thousand_idle_sessions_take_no_thread_and_one_timer) {
  auto options = pool_of(1);
  options.sessions.time_to_live = 1h;
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  const std::string threads = live::status_of(::getpid(), "Threads");
  for (int i = 0; i != 100'000; ++i) {
    ASSERT_TRUE(host.calls().open_session("idle-" + std::to_string(i)));
  }
  EXPECT_EQ(live::status_of(::getpid(), "Threads"), threads);
  EXPECT_EQ(host.calls().sessions().open, 100'000U);
}

}  // namespace
}  // namespace slipway
