// slipway/tests/actors/session_kills_test.cpp
//
// The promise of sessions: while workers are killed at random, no call is answered by a worker
// without the state, and every loss is told or made good.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/session.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using live::echo_pool;
using live::limit;
using live::pool_host;

constexpr std::size_t workers = 8;
constexpr int sessions_wanted = 200;
constexpr int callers = 8;

// A few seconds by default; SLIPWAY_SESSION_SECONDS=60 for the long run.
duration run_time() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment
  const char* given = std::getenv("SLIPWAY_SESSION_SECONDS");
  return std::chrono::seconds(given != nullptr ? std::max(1, std::atoi(given))
                                               : SLIPWAY_TEST_SECONDS);
}

// What one session must see: its own count, one more each time. A call that failed with its effect
// unknown is followed by a loss, since its worker is gone.
struct counted_session {
  session calls;
  affinity mode;
  std::shared_ptr<std::atomic<int>> count;
  bool rebuilds;
  bool in_doubt = false;  // the last call failed and may have counted
};

struct tally {
  std::atomic<long> answered{0};
  std::atomic<long> wrong{0};
  std::atomic<long> died{0};
  std::atomic<long> lost{0};
  std::atomic<long> busy{0};
  std::atomic<long> other{0};
  std::mutex mutex;
  std::string strange;

  void note_strange(const std::string& text) {
    std::lock_guard guard(mutex);
    strange = text;
  }
};

void call_once(counted_session& of, tally& seen) {
  const auto given = of.calls.call<int>("count", value(), limit);
  if (given) {
    ++seen.answered;
    if (*given != *of.count + 1) {
      ++seen.wrong;
      seen.note_strange(of.calls.id() + ": " + std::to_string(*given) + " after " +
                        std::to_string(*of.count));
    }
    *of.count = *given;
    of.in_doubt = false;
    return;
  }
  switch (given.error().code) {
    case call_errc::worker_died:
      ++seen.died;
      of.in_doubt = given.error().effect == call_effect::unknown;
      break;
    case call_errc::session_lost:
      ++seen.lost;
      *of.count = of.rebuilds ? of.count->load() : 0;
      of.in_doubt = false;
      break;
    case call_errc::worker_busy:
      ++seen.busy;
      break;
    default:
      ++seen.other;
      seen.note_strange(to_string(given.error()));
  }
}

std::vector<counted_session> open_sessions(const client& calls) {
  std::vector<counted_session> opened;
  for (int i = 0; i != sessions_wanted; ++i) {
    auto count = std::make_shared<std::atomic<int>>(0);
    session_spec spec;
    spec.mode = i % 4 == 0 ? affinity::hint
                           : (i % 4 == 1 ? affinity::strict_fail_fast : affinity::strict_queue);
    const bool rebuilds = i % 3 == 0;
    if (rebuilds) {
      spec.rebuild = [count](const session_loss&) {
        return std::vector<session_request>{
            {"set_count", value::map({{"count", value(count->load())}})}};
      };
    }
    const auto mode = *spec.mode;
    opened.push_back({*calls.open_session("s" + std::to_string(i), std::move(spec)), mode,
                      std::move(count), rebuilds});
  }
  return opened;
}

class session_kills : public live::live_test {};

TEST_F(session_kills, no_call_is_answered_without_the_state_and_every_loss_is_told_or_rebuilt) {
  auto options = echo_pool("kept");
  options.size = workers;
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  auto all = open_sessions(host.calls());
  tally seen;
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  threads.reserve(callers);
  for (int caller = 0; caller != callers; ++caller) {
    threads.emplace_back([&, caller] {
      std::mt19937 random(static_cast<unsigned>(caller));
      const int share = sessions_wanted / callers;
      while (!over) {
        // Each session is one caller's: what it must see next is then known.
        const int number = caller * share + static_cast<int>(random() % share);
        call_once(all[static_cast<std::size_t>(number)], seen);
      }
    });
  }
  std::mt19937 random(20261127);
  const time_point end = live::soon() + run_time();
  long kills = 0;
  std::size_t ready = workers;
  while (live::soon() < end) {
    // Each worker that is ready anew is one to be killed.
    if (!host.events().await<runtime_events::worker_ready>(ready)) {
      ADD_FAILURE() << "no worker is ready any more";
      break;
    }
    const auto started = host.events().of<runtime_events::worker_ready>();
    const auto& victim = started[started.size() - 1 - random() % std::min(started.size(), workers)];
    if (live::runs(victim.os_pid)) {
      ::kill(victim.os_pid, SIGKILL);
      ++kills;
      ++ready;
    }
    ready = std::max(ready, started.size());
  }
  over = true;
  for (auto& thread : threads) {
    thread.join();
  }
  const auto counts = host.calls().sessions();
  std::cout << kills << " kills, " << seen.answered << " answered, " << seen.died << " died, "
            << seen.lost << " told of a loss, " << counts.rebuilds << " rebuilt, " << seen.busy
            << " busy, of " << counts.losses << " losses\n";
  EXPECT_EQ(seen.wrong, 0) << seen.strange;
  EXPECT_EQ(seen.other, 0) << seen.strange;
  EXPECT_GT(kills, 0);
  EXPECT_GT(seen.answered, 1000);
  // What is left untold is told now: every loss has been told or made good.
  for (auto& each : all) {
    call_once(each, seen);
    call_once(each, seen);
  }
  EXPECT_EQ(seen.wrong, 0) << seen.strange;
}

}  // namespace
}  // namespace slipway
