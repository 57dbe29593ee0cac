// slipway/tests/harness/faulty_ports_test.cpp
//
// Real workers that suffer by a plan while threads call them, without an actor system: this is what
// the thread sanitizer sees of relay server and injector.
//
// SPDX-License-Identifier: Apache-2.0
#include "../actors/live_fixture.hpp"
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/faulty_ports.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using live::limit;

class faulty_ports_under_threads : public live::live_test {
 protected:
  // One in so many requests is fatal, in one way or another, and each death has an echo.
  static fault_plan plan() {
    const auto each_request = [](double probability) {
      return fault_when::at_random{.probability = probability, .at = fault_chance::each_request};
    };
    return {{{.name = "death",
              .when = each_request(0.01),
              .what = fault_what::kill{},
              .times = std::nullopt},
             {.when = each_request(0.01), .what = fault_what::exit{.code = 3}, .times = 5},
             {.when = each_request(0.01), .what = fault_what::garbage_frame{}, .times = 5},
             {.when = fault_when::after_fault{.rule = "death", .delay = 5ms},
              .what = fault_what::slow_reply{.by = 5ms},
              .times = std::nullopt},
             {.when = fault_when::enters{.state = process_state::before_spawn},
              .what = fault_what::spawn_failure{},
              .times = 2}}};
  }

  fault_trace_sink sink() {
    return [this](const injected_fault& fault) {
      const std::lock_guard guard(mutex_);
      kinds_.insert(fault.what.index());
    };
  }
  std::size_t kinds() {
    const std::lock_guard guard(mutex_);
    return kinds_.size();
  }

 private:
  std::mutex mutex_;
  std::set<std::size_t> kinds_;
};

TEST_F(faulty_ports_under_threads, every_call_has_its_own_answer_or_a_typed_error) {
  constexpr int callers = 4;
  constexpr int calls = 300;
  machine real = make_machine();
  const auto faults = std::make_shared<fault_injector>(plan(), 7, real.time, sink());
  auto options = live::echo_pool("echo");
  options.size = 4;
  std::atomic<int> right = 0;
  std::atomic<int> failed = 0;
  {
    live::pool_host host(std::move(options), nullptr, with_faults(std::move(real), faults));
    std::vector<std::thread> threads;
    for (int caller = 0; caller != callers; ++caller) {
      threads.emplace_back([&, caller] {
        for (int call = 0; call != calls; ++call) {
          const value sent = value::map({{"n", value(caller * calls + call)}});
          const auto answer = host.calls().call("echo", sent, limit);
          if (answer) {
            EXPECT_EQ(*answer, sent);
            ++right;
          } else {
            ++failed;
          }
        }
      });
    }
    for (auto& each : threads) {
      each.join();
    }
  }
  EXPECT_EQ(right + failed, callers * calls);
  EXPECT_GT(right, callers * calls / 2);
  EXPECT_GT(failed, 0);
  EXPECT_GE(kinds(), 3U) << "the plan has hardly struck";
}

}  // namespace
}  // namespace slipway::harness
