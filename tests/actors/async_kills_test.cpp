// slipway/tests/actors/async_kills_test.cpp
//
// As kills_test, with callers of both kinds on one pool: half of the threads block, the others have
// three calls each under way on the I/O thread, which also reaps what is killed.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;

constexpr int kills_wanted = SLIPWAY_TEST_KILLS;
constexpr std::size_t workers = 4;
constexpr std::size_t threads = 8;

/// What became of the calls of one thread.
struct outcomes {
  std::uint64_t calls = 0;
  std::uint64_t ok = 0;
  std::uint64_t wrong_answers = 0;
  std::uint64_t without_evidence = 0;  ///< errors that do not name the kill
  std::map<std::string, std::uint64_t> errors;

  void operator+=(const outcomes& other) {
    calls += other.calls;
    ok += other.ok;
    wrong_answers += other.wrong_answers;
    without_evidence += other.without_evidence;
    for (const auto& [what, count] : other.errors) {
      errors[what] += count;
    }
  }
};

bool names_the_kill(const call_error& error) {
  return error.code == call_errc::worker_died && error.exit &&
         *error.exit == exit_status{exit_status::kind::signaled, SIGKILL};
}

void take(const client::reply<value>& given, const value& sent, outcomes& told) {
  ++told.calls;
  if (given) {
    ++told.ok;
    if (!(*given == sent)) {
      ++told.wrong_answers;
      ADD_FAILURE() << "sent " << sent.to_text() << ", got " << given->to_text();
    }
    return;
  }
  const call_error& error = given.error();
  ++told.errors[std::string(to_string(error.code)) + ", " + to_string(error.effect)];
  if (!names_the_kill(error)) {
    ++told.without_evidence;
    ADD_FAILURE() << to_string(error);
  }
}

// Tokens are never the same twice, and long enough that a mixture of two would show.
value token(std::size_t thread, std::uint64_t number) {
  const std::uint64_t unique = number * threads + thread;
  return value::map(
      {{"token", value(unique)}, {"again", value(std::string(40, 'x') + std::to_string(unique))}});
}

// The workers that are ready and have not been killed yet.
class victims {
 public:
  [[nodiscard]] event_handler handler() {
    return [this](const runtime_event& event) {
      if (const auto* ready = std::get_if<runtime_events::worker_ready>(&event)) {
        const std::lock_guard guard(mutex_);
        pids_.push_back(ready->os_pid);
        changed_.notify_one();
      }
    };
  }

  // Any of them; nothing when none came within the limit. All die by our hand alone, so the pid is
  // still theirs.
  [[nodiscard]] std::optional<int> take(std::mt19937& random) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [this] { return !pids_.empty(); })) {
      return std::nullopt;
    }
    std::swap(pids_[random() % pids_.size()], pids_.back());
    const int pid = pids_.back();
    pids_.pop_back();
    return pid;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> pids_;
};

class async_kills : public live_test {
 protected:
  // A module that starts faster than the one that the other tests share.
  static python_pool_options light_pool(const temporary_directory& folder) {
    auto options = echo_pool("async_kills");
    options.module = folder.write("light.py",
                                  "from slipway_worker import command\n"
                                  "@command('echo')\n"
                                  "def echo(**args): return args\n");
    options.size = workers;
    options.environment.erase("PYTHONDONTWRITEBYTECODE");
    return options;
  }
};

TEST_F(async_kills, each_call_has_one_outcome_and_no_answer_reaches_another_caller) {
  const temporary_directory folder;
  victims ready;
  pool_host host(light_pool(folder), ready.handler());
  ASSERT_TRUE(host.ready());
  std::atomic<bool> stop{false};
  std::vector<outcomes> told(threads);
  std::vector<std::thread> callers;
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      // Every second thread lets the I/O thread wait for its answers, three at a time.
      for (std::uint64_t i = 0; !stop; ++i) {
        if (t % 2 == 0) {
          const value sent = token(t, i);
          take(host.calls().call("echo", sent), sent, told[t]);
        } else {
          std::array<std::pair<value, std::future<client::reply<value>>>, 3> under_way;
          for (std::size_t n = 0; n < under_way.size(); ++n) {
            value sent = token(t, i * under_way.size() + n);
            auto given = host.calls().async_call("echo", sent);
            under_way[n] = {std::move(sent), std::move(given)};
          }
          for (auto& [sent, given] : under_way) {
            take(given.get(), sent, told[t]);
          }
        }
      }
    });
  }

  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  int killed = 0;
  for (; killed < kills_wanted; ++killed) {
    const auto next = ready.take(random);
    if (!next) {
      ADD_FAILURE() << "no worker came within the limit: " << to_string(host.status());
      break;
    }
    EXPECT_EQ(::kill(*next, SIGKILL), 0);
  }
  stop = true;
  for (auto& caller : callers) {
    caller.join();
  }

  outcomes all;
  for (const auto& of_thread : told) {
    all += of_thread;
  }
  std::cout << "kills " << killed << ", calls " << all.calls << ", ok " << all.ok;
  for (const auto& [what, count] : all.errors) {
    std::cout << ", " << what << ": " << count;
  }
  std::cout << ", wrong answers " << all.wrong_answers << "\n";
  EXPECT_EQ(all.wrong_answers, 0U);
  EXPECT_EQ(all.without_evidence, 0U);
  EXPECT_GT(all.ok, 0U);

  // At full strength, with the workers that the pool says it has.
  EXPECT_TRUE(host.ready());
  const auto status = host.status();
  EXPECT_EQ(status.workers.size(), workers);
  EXPECT_FALSE(status.ended);
  EXPECT_EQ(status.load.queue_length, 0U);
  EXPECT_EQ(status.counters.timed_out, 0U);
  EXPECT_EQ(status.counters.workers_removed, static_cast<std::uint64_t>(killed));
  EXPECT_TRUE(eventually([&] { return host.status().load.idle == workers; }));
  EXPECT_TRUE(host.calls().call("echo", token(0, 0)));
}

}  // namespace
}  // namespace slipway::live
