// slipway/tests/harness/supervised_test_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/harness/supervised_test.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace slipway::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr duration patience = 60s;

python_pool_options echo(std::size_t size = 1) {
  return {.name = "echo",
          .size = size,
          .python = SLIPWAY_TEST_PYTHON,
          .module = "echo_worker_module",
          .python_path = {SLIPWAY_TEST_MODULES},
          .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}},
          .init_timeout = patience,
          .call_timeout = patience,
          .shutdown_grace = patience,
          .terminate_grace = patience};
}

class a_supervised_test : public supervised_test {};

TEST_F(a_supervised_test, has_a_system_of_its_own_and_leaves_nothing) {
  const client calls = start_ready(echo(2));
  EXPECT_EQ(calls.call<int>("length", value::map({{"text", value("four")}})), 4);
}

TEST_F(a_supervised_test, gives_its_workers_a_folder_that_goes_with_it) {
  const client calls = start_ready(echo());
  const auto folder =
      calls.call<std::string>("environment", value::map({{"name", value("TMPDIR")}}));
  EXPECT_EQ(folder, isolated().directory());
  EXPECT_EQ(::access(isolated().directory().c_str(), W_OK), 0);
}

TEST_F(a_supervised_test, kills_a_worker_when_its_plan_says_so) {
  break_by({{{.name = "first", .when = fault_when::nth_request{1}, .what = fault_what::kill{}}}});
  const client calls = start_ready(echo());
  const auto lost = calls.call("pid");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, call_errc::worker_died);
  EXPECT_EQ(lost.error().exit, (exit_status{exit_status::kind::signaled, SIGKILL}));
  EXPECT_TRUE(calls.call("pid"));
  ASSERT_THAT(isolated().faults(), SizeIs(1));
  EXPECT_EQ(isolated().faults().front().who.name, "echo/1");
}

TEST_F(a_supervised_test, may_move_the_time_of_its_plan_by_hand) {
  isolate({.faults = fault_plan{{{.when = fault_when::at_time{1h}, .what = fault_what::exit{7}}}},
           .fault_time = std::make_shared<virtual_clock>()});
  const client calls = start_ready(echo());
  EXPECT_THAT(isolated().faults(), IsEmpty());
  isolated().pass_fault_time(1h);
  ASSERT_TRUE(isolated().await([](const runtime_event& event) {
    const auto* exited = std::get_if<runtime_events::worker_exited>(&event);
    return exited != nullptr && exited->status == exit_status{exit_status::kind::exited, 7};
  }));
  EXPECT_TRUE(calls.call("pid"));
}

// What a relay must not change: that is proven by what the worker can tell of itself.
TEST_F(a_supervised_test, sees_the_same_worker_through_a_relay_that_does_nothing) {
  break_by({});
  const client calls = start_ready(echo());
  const std::string large(std::size_t{3} << 20U, 'x');
  EXPECT_EQ(calls.call<std::size_t>("length", value::map({{"text", value(large)}})), large.size());
  EXPECT_EQ(calls.call<std::string>("grow", value::map({{"bytes", value(large.size())}})), large);
  EXPECT_EQ(calls.call<int>("print_lines", value::map({{"n", value(100)}})), 100);
  const auto raised = calls.call("raise_error");
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, call_errc::remote_exception);
  const auto died = calls.call("exit", value::map({{"code", value(5)}}));
  ASSERT_FALSE(died);
  EXPECT_EQ(died.error().exit, (exit_status{exit_status::kind::exited, 5}));
  const auto crashed = calls.call("segv");
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.error().exit, (exit_status{exit_status::kind::signaled, SIGSEGV}));
  EXPECT_THAT(crashed.error().stderr_tail, testing::Not(IsEmpty()));
}

TEST(an_isolated_system, names_each_thing_that_is_left) {
  isolated_system isolated;
  // Who keeps a client keeps what it waits with, so nobody does.
  ASSERT_TRUE(isolated.start_ready(echo()).call("pid"));
  std::ofstream(isolated.directory() + "/forgotten") << "left";
  EXPECT_THAT(isolated.end(), testing::ElementsAre(HasSubstr("/forgotten")));
}

TEST(an_isolated_system, names_a_descriptor_that_is_left) {
  isolated_system isolated({.patience = 20ms});
  const int left = ::dup(0);
  EXPECT_THAT(isolated.end(), testing::ElementsAre(HasSubstr("file descriptor")));
  ::close(left);
}

TEST(an_isolated_system, tells_all_that_is_known_when_a_pool_does_not_become_ready) {
  isolated_system isolated;
  python_pool_options broken = echo();
  broken.module = "there_is_no_such_module";
  broken.start_timeout = patience;
  broken.retry.retries = 0;
  try {
    static_cast<void>(isolated.start_ready(broken));
    FAIL() << "it became ready";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'echo'"), HasSubstr("module_import")));
  }
}

TEST(two_isolated_systems, do_not_know_of_each_other) {
  isolated_system one;
  {
    isolated_system other;
    EXPECT_NE(one.start_ready(echo()).call<int>("pid"), other.start_ready(echo()).call<int>("pid"));
    EXPECT_NE(one.unique_name("echo"), other.unique_name("echo"));
    EXPECT_NE(one.directory(), other.directory());
  }
  EXPECT_THAT(one.end(), IsEmpty());
}

}  // namespace
}  // namespace slipway::harness
