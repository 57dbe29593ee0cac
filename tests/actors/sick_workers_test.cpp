// Real workers that fall ill: each is noticed, named and replaced.
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
namespace events = runtime_events;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

using sick_workers = live_test;

constexpr duration never = 1h;
constexpr std::uint32_t many = 1'000'000;

python_pool_options pool(std::string name, const health_options& health) {
  auto options = echo_pool(std::move(name));
  options.module = "sick_worker_module";
  options.health = health;
  return options;
}

python_pool_options script(const std::string& name, const health_options& health) {
  auto options = echo_pool(name);
  options.module.clear();
  options.script = misbehaving_path(name);
  options.wire_codec = codec::json;
  options.shutdown_grace = 10ms;  // none of them ends when it is asked to
  options.health = health;
  return options;
}

int pid_of(const pool_host& host) {
  return host.calls().call<int>("pid", value()).value();
}

std::string name_of(const pool_host& host, int pid) {
  for (const auto& each : host.events().of<events::worker_ready>()) {
    if (each.os_pid == pid) {
      return each.worker;
    }
  }
  return "none";
}

// The removal of this worker, for this reason, and the pool at full size again without it.
void is_replaced(pool_host& host, const std::string& worker, const std::string& reason) {
  ASSERT_TRUE(host.events().await<events::worker_removed>([&](const auto& event) {
    return event.worker == worker && event.reason.type == reason;
  })) << worker;
  ASSERT_TRUE(host.ready());
  for (const auto& each : host.status().workers) {
    EXPECT_NE(host.pool()->name() + "/" + std::to_string(static_cast<std::uint64_t>(each.id)),
              worker);
  }
}

template <class Event>
bool told_of(const pool_host& host, const std::string& worker) {
  return host.events().await<Event>([&](const auto& event) { return event.worker == worker; });
}

TEST_F(sick_workers, one_that_is_stopped_while_idle_is_replaced_without_a_call) {
  auto options = pool("stopped", {.interval = 100ms, .timeout = 100ms, .failures = 3});
  options.size = 2;
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  const int pid = pid_of(host);
  const std::string worker = name_of(host, pid);
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  EXPECT_TRUE(told_of<events::worker_degraded>(host, worker));
  is_replaced(host, worker, "health_check");
  EXPECT_TRUE(host.events().await<events::health_check_failed>(
      [&](const auto& event) { return event.worker == worker && event.in_a_row == 3; }));
  EXPECT_TRUE(eventually([&] { return !runs(pid); }));
}

TEST_F(sick_workers, one_that_was_slow_is_degraded_until_it_passes_a_check) {
  pool_host host(
      pool("slow", {.interval = 200ms, .timeout = 200ms, .failures = many, .slow_call = 50ms}));
  ASSERT_TRUE(host.calls().call("sleep", value::map({{"seconds", value(0.1)}})));
  ASSERT_TRUE(host.events().await<events::worker_degraded>());
  const auto told = host.events().of<events::worker_degraded>().front();
  EXPECT_EQ(told.worker, "slow/1");
  EXPECT_THAT(told.why, AllOf(HasSubstr("a call took"), HasSubstr("longer than 50 ms")));
  EXPECT_TRUE(told_of<events::worker_recovered>(host, "slow/1"));
}

TEST_F(sick_workers, a_lease_tells_whether_its_worker_is_degraded) {
  pool_host host(pool("marked", {.interval = never, .failures = many, .slow_call = 50ms}));
  const auto degraded = [&] {
    return host.pool()->checkout(anonymous{}, limit).value().state().record->degraded();
  };
  EXPECT_FALSE(degraded());
  ASSERT_TRUE(host.calls().call("sleep", value::map({{"seconds", value(0.1)}})));
  EXPECT_TRUE(degraded());
  EXPECT_TRUE(degraded()) << "a quick checkout is no check";
}

TEST_F(sick_workers, one_that_stays_slow_is_replaced) {
  pool_host host(pool("slower", {.interval = never, .failures = 2, .slow_call = 50ms}));
  const int pid = pid_of(host);
  for (int call = 0; call < 2; ++call) {
    ASSERT_TRUE(host.calls().call("sleep", value::map({{"seconds", value(0.1)}})));
  }
  is_replaced(host, "slower/1", "health_check");
  EXPECT_TRUE(told_of<events::worker_degraded>(host, "slower/1"));
  EXPECT_NE(pid_of(host), pid);
}

TEST_F(sick_workers, one_that_answers_pings_but_no_calls_is_replaced) {
  pool_host host(script("deaf_to_calls", {.interval = 20ms, .timeout = 20ms, .failures = many}));
  ASSERT_TRUE(host.ready());
  const auto given = host.calls().call("work", value(), 300ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, call_errc::timeout);
  EXPECT_THAT(given.error().message, HasSubstr("deaf_to_calls/1"));
  ASSERT_TRUE(told_of<events::worker_removed>(host, "deaf_to_calls/1"));
  EXPECT_EQ(host.events().of<events::worker_removed>().front().reason, exit_reason::timeout());
  EXPECT_TRUE(host.ready());
}

TEST_F(sick_workers, one_that_stops_in_the_middle_of_an_answer_to_a_check_is_replaced) {
  pool_host host(script("half_answer", {.interval = 100ms, .timeout = 100ms, .failures = 2}));
  is_replaced(host, "half_answer/1", "health_check");
}

constexpr int hundred_megabytes = 100'000'000;

TEST_F(sick_workers, one_that_floods_standard_error_answers_its_call_and_is_replaced) {
  pool_host host(pool("flood", {.interval = never}));
  const auto written =
      host.calls().call<int>("flood", value::map({{"bytes", value(hundred_megabytes)}}), limit);
  ASSERT_TRUE(written) << testing::PrintToString(written.error());
  EXPECT_GE(*written, hundred_megabytes);
  EXPECT_TRUE(told_of<events::stderr_flood>(host, "flood/1"));
  is_replaced(host, "flood/1", "stderr_flood");
  EXPECT_THAT(host.events().of<events::stderr_flood>(), SizeIs(1));
  // What is beyond the limit is read but neither logged nor kept.
  std::size_t logged = 0;
  for (const auto& line : host.log().lines()) {
    logged += line.size();
  }
  EXPECT_LT(logged, static_cast<std::size_t>(hundred_megabytes) / 2);
}

TEST_F(sick_workers, one_that_floods_standard_error_while_idle_is_replaced) {
  pool_host host(pool("idle_flood", {.interval = never}));
  ASSERT_TRUE(host.calls().call("flood_later", value::map({{"bytes", value(hundred_megabytes)}})));
  EXPECT_TRUE(told_of<events::stderr_flood>(host, "idle_flood/1"));
  is_replaced(host, "idle_flood/1", "stderr_flood");
}

TEST_F(sick_workers, a_flood_is_none_where_there_is_no_limit) {
  pool_host host(pool("patient", {.interval = never, .max_stderr = std::nullopt}));
  const int pid = pid_of(host);
  ASSERT_TRUE(host.calls().call<int>("flood", value::map({{"bytes", value(8'000'000)}}), limit));
  EXPECT_EQ(pid_of(host), pid);
  EXPECT_THAT(host.events().of<events::stderr_flood>(), SizeIs(0));
}

// Checks as often as can be, while threads and futures call: whoever comes while the answer to a ping
// is still under way gets his own.
TEST_F(sick_workers, checks_and_calls_never_take_each_others_answers) {
  auto options = echo_pool("checked");
  options.size = 2;
  options.health = health_options{.interval = 1ms, .timeout = 1ms, .failures = many};
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  std::atomic<int> wrong{0};
  const auto keep_asking = [&](int client) {
    for (int round = 0; round < 1500; ++round) {
      const std::map<std::string, int> args{{"n", client * 10'000 + round}};
      const auto given =
          round % 2 == 0 ? host.calls().call<std::map<std::string, int>>("echo", args)
                         : host.calls().async_call<std::map<std::string, int>>("echo", args).get();
      wrong += given && *given == args ? 0 : 1;
      // Leaves the workers idle now and then.
      std::this_thread::yield();
    }
  };
  std::thread other([&] { keep_asking(1); });
  keep_asking(2);
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THAT(host.events().of<events::worker_removed>(), SizeIs(0));
}

TEST_F(sick_workers, how_leases_end_is_counted_for_each_worker) {
  pool_host host(pool("counted", {.interval = never}));
  pid_of(host);
  EXPECT_FALSE(host.calls().call("raise_error", value()));
  std::shared_ptr<worker_record> record;
  {
    auto held = host.pool()->checkout(anonymous{}, limit).value();
    record = held.state().record;
    EXPECT_EQ(record->lifecycle().state(), lifecycle_state::busy);
    EXPECT_EQ(record->lifecycle().counts(), (lease_counts{.checkouts = 3, .ok = 1, .error = 1}));
    held.cancel(exit_reason::error("mine", "no more"));
  }
  EXPECT_TRUE(
      eventually([&] { return record->lifecycle().state() == lifecycle_state::terminated; }));
  const auto life = record->lifecycle();
  EXPECT_EQ(life.counts(), (lease_counts{.checkouts = 3, .ok = 1, .error = 1, .close = 1}));
  std::vector<lifecycle_state> states;
  for (const auto& each : life.history()) {
    states.push_back(each.state);
  }
  EXPECT_THAT(states,
              testing::ElementsAre(lifecycle_state::initializing, lifecycle_state::ready,
                                   lifecycle_state::terminating, lifecycle_state::terminated));
  EXPECT_THAT(life.history()[2].detail, HasSubstr("no more"));
  EXPECT_GT(life.uptime(soon()), 0s);
}

}  // namespace
}  // namespace slipway::live
