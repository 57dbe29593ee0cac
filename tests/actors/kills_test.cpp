// slipway/tests/actors/kills_test.cpp
//
// The promise that the rest stands on: while workers are killed at random under load, each call has
// exactly one outcome, its own, and nothing is left behind.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <map>
#include <random>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using live::echo_pool;
using live::pool_host;

// Sanitizers slow the start of a worker's host, not what is proven; fewer kills prove the same
// there.
constexpr std::size_t kills_wanted = SLIPWAY_TEST_KILLS;
constexpr int callers = 8;
constexpr std::size_t workers = 4;

struct outcomes {
  std::atomic<long> answered{0};
  std::atomic<long> wrong{0};
  std::atomic<long> died{0};
  std::atomic<long> other{0};
  std::mutex mutex;
  std::map<std::string, int> strange;

  void add(const result<std::string, call_error>& outcome, const std::string& token) {
    if (outcome) {
      ++(*outcome == token ? answered : wrong);
    } else if (outcome.error().code == call_errc::worker_died && outcome.error().exit &&
               *outcome.error().exit == exit_status{exit_status::kind::signaled, SIGKILL}) {
      ++died;
    } else {
      ++other;
      std::lock_guard guard(mutex);
      ++strange[to_string(outcome.error())];
    }
  }
};

class kills : public live::live_test {};

TEST_F(kills, every_call_has_one_outcome_and_its_own_and_nothing_is_left) {
  python_pool_options options = echo_pool("killed");
  options.size = workers;
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  outcomes seen;
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  threads.reserve(callers);
  std::atomic<long> calls{0};
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller] {
      for (int number = 0; !over; ++number) {
        const std::string token = std::to_string(caller) + "-" + std::to_string(number);
        const auto echoed = host.calls().call("echo", value::map({{"token", value(token)}}), 1min);
        ++calls;
        seen.add(echoed ? echoed->find("token")->as<std::string>().map_error(
                              [](const wire_error&) { return call_error{}; })
                        : result<std::string, call_error>(failure(echoed.error())),
                 token);
      }
    });
  }
  // Each ready worker is one that can be killed: no kill is wasted on a process that has gone
  // already.
  std::mt19937 random(20261120);
  std::size_t killed = 0;
  std::size_t known = 0;
  std::vector<int> alive;
  while (killed < kills_wanted) {
    ASSERT_TRUE(host.events().await<runtime_events::worker_ready>(killed + 1));
    const auto ready = host.events().of<runtime_events::worker_ready>();
    for (; known < ready.size(); ++known) {
      alive.push_back(ready[known].os_pid);
    }
    const std::size_t chosen = random() % alive.size();
    // Not reaped before the pool has heard of it, and nobody else ends workers: the pid is still
    // its own.
    ::kill(alive[chosen], SIGKILL);
    alive.erase(alive.begin() + static_cast<long>(chosen));
    ++killed;
  }
  ASSERT_TRUE(host.events().await<runtime_events::worker_exited>(killed));
  over = true;
  for (auto& thread : threads) {
    thread.join();
  }
  std::cout << killed << " kills, " << calls << " calls: " << seen.answered << " answered, "
            << seen.died << " told of the kill\n";
  EXPECT_EQ(seen.wrong, 0);
  EXPECT_EQ(seen.other, 0) << testing::PrintToString(seen.strange);
  EXPECT_EQ(seen.answered + seen.died, calls);
  EXPECT_LE(seen.died, static_cast<long>(killed)) << "a kill hurts one caller at the most";
  ASSERT_TRUE(host.ready()) << "the pool is at full strength again";
  EXPECT_EQ(host.status().load.idle, workers);
  EXPECT_EQ(host.status().load.queue_length, 0U);
}

}  // namespace
}  // namespace slipway
