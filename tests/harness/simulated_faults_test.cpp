// slipway/tests/harness/simulated_faults_test.cpp
//
// What a fault does to a simulated process is what real ones suffer: the host notices it in the same
// way.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/harness/simulated_system.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

python_pool_options watched_pool() {
  python_pool_options pool{
      .name = "pool", .size = 1, .module = "simulated", .package_dir = "simulated"};
  pool.init_timeout = 3s;
  pool.health = health_options{};
  pool.recycle = recycle_options{.max_resident_bytes = 100 * mebibyte, .check_interval = 200ms};
  return pool;
}

/// A pool with one worker and a plan against it.
class simulated_fault : public testing::Test {
 protected:
  void begin(fault_trigger when, fault what) {
    fault_plan plan;
    plan.rules.push_back({.when = std::move(when), .what = std::move(what)});
    begin(std::move(plan));
  }

  void begin(fault_plan plan) {
    auto faults = std::make_shared<fault_injector>(std::move(plan), 1, run_.time(), nullptr);
    ports_ = std::make_shared<simulated_ports>(run_, counting_program, std::move(faults));
    simulated_system_options options;
    options.pools.push_back(watched_pool());
    options.on_event = [this](const runtime_event& event) { told_.push_back(to_string(event)); };
    system_.emplace(run_, ports_, std::move(options));
    while (!system_->started() && run_.step()) {
    }
  }

  result<value, call_error> call() {
    std::optional<result<value, call_error>> outcome;
    system_->async_call(
        0, "echo", value::map({{"n", value(1)}}), 1s,
        [&outcome](result<value, call_error> given) { outcome = std::move(given); });
    while (!outcome && run_.step()) {
    }
    return outcome.value();
  }

  void wait(duration length) {
    for (const time_point end = run_.now() + length; run_.now() < end && run_.step();) {
    }
  }

  ~simulated_fault() override {
    system_->stop();
    wait(10s);
    EXPECT_TRUE(ports_->processes().empty());
  }

  seeded_choices choices_{1};
  simulation run_{choices_, {.time_races = false}};
  std::vector<std::string> told_;
  std::shared_ptr<simulated_ports> ports_;
  std::optional<simulated_system> system_;
};

TEST_F(simulated_fault, that_floods_standard_error_costs_the_worker) {
  begin(fault_when::nth_request{1}, fault_what::stderr_flood{.bytes = 2 * mebibyte});
  EXPECT_TRUE(call());
  wait(1s);
  EXPECT_THAT(told_, Contains(HasSubstr("standard error")));
  EXPECT_TRUE(call());
  EXPECT_EQ(ports_->opened(), 2U);
}

TEST_F(simulated_fault, that_writes_less_than_a_flood_costs_nothing) {
  begin(fault_when::nth_request{1}, fault_what::stderr_flood{.bytes = mebibyte / 2});
  EXPECT_TRUE(call());
  wait(1s);
  EXPECT_EQ(ports_->opened(), 1U);
}

TEST_F(simulated_fault, that_takes_memory_has_the_worker_replaced) {
  begin(fault_when::nth_request{1}, fault_what::memory_growth{.bytes = 200 * mebibyte});
  EXPECT_TRUE(call());
  wait(1s);
  EXPECT_THAT(told_, Contains(HasSubstr("max_resident_bytes")));
  EXPECT_TRUE(call());
  EXPECT_EQ(ports_->opened(), 2U);
}

TEST_F(simulated_fault, that_makes_an_answer_late_costs_the_call_and_the_next_gets_its_own) {
  begin(fault_when::nth_request{1}, fault_what::late_reply{.by = 5s});
  const auto late = call();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, call_errc::timeout);
  EXPECT_TRUE(call());
  EXPECT_EQ(ports_->opened(), 2U);
}

TEST_F(simulated_fault, at_a_byte_cuts_the_answer_off_behind_it) {
  // The answer to the handshake is shorter.
  begin(fault_when::at_byte{60}, fault_what::half_frame{});
  for (int calls = 0; calls != 3; ++calls) {
    if (const auto answer = call(); !answer) {
      EXPECT_EQ(answer.error().code, call_errc::timeout);
      EXPECT_THAT(answer.error().message, HasSubstr("bytes"));
      return;
    }
  }
  ADD_FAILURE() << "all calls were answered";
}

class simulated_cut : public simulated_fault, public testing::WithParamInterface<std::uint64_t> {};

// Seed 103492 of the scenario "pool": a second copy made the cut one whole, with another's content.
TEST_P(simulated_cut, is_the_last_that_comes_also_of_an_answer_that_is_repeated) {
  fault_plan plan;
  plan.rules.push_back({.when = fault_when::nth_request{1}, .what = fault_what::duplicate_reply{}});
  plan.rules.push_back({.when = fault_when::at_byte{GetParam()}, .what = fault_what::half_frame{}});
  begin(std::move(plan));
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, call_errc::timeout);
}

// Behind the answer to the handshake, in that to the first call.
INSTANTIATE_TEST_SUITE_P(at_byte, simulated_cut, testing::Values(44, 48, 52));

}  // namespace
}  // namespace slipway::harness
