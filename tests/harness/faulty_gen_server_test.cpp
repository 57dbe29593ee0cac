// slipway/tests/harness/faulty_gen_server_test.cpp
//
// Faults of actors in a gen_server below a real supervisor: what its caller is told, and that it is
// there again.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/supervised_test.hpp>
#include <slipway/harness/unreliable_link.hpp>
#include <slipway/harness/virtual_clock.hpp>
#include <slipway/supervision/gen_server.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace slipway::harness {
namespace {

using gen_server::call_errc;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Only a failure takes so long.
constexpr auto patience = 60s;

class counter {
 public:
  struct add {
    using reply = int;
    int by = 1;
  };
  using calls = gen_server::messages<add>;

  explicit counter(std::shared_ptr<fault_point> point) : point_(std::move(point)) {}

  gen_server::call_return<counter, int> handle_call(const add& what,
                                                    const gen_server::from<int>& /*caller*/) {
    point_->pass();
    return gen_server::reply{sum_ += what.by};
  }

 private:
  std::shared_ptr<fault_point> point_;
  int sum_ = 0;
};

using counter_ref = gen_server::server_ref<counter>;

class a_gen_server_with_faults : public supervised_test {
 protected:
  // A supervisor and its server, which suffers this at its third request.
  void start(fault what) {
    faults_ = std::make_shared<fault_injector>(
        fault_plan{{{.when = fault_when::nth_request{3}, .what = std::move(what)}}}, 1, time_,
        nullptr);
    auto started = start_supervisor(
        system().actor_system(),
        {.name = "top", .children = {{.id = "counter", .start = [this](start_context& context) {
                                        return start_server(context);
                                      }}}});
    ASSERT_TRUE(started) << to_string(started.error());
    top_.emplace(system().actor_system(), *started);
  }

  // The server of the n-th start.
  counter_ref server(std::size_t start) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return starts_ >= start; })) {
      ADD_FAILURE() << "it is not started " << start << " times";
    }
    return *server_;
  }

  void TearDown() override {
    server_.reset();
    if (top_) {
      EXPECT_TRUE(top_->stop(exit_reason::shutdown(), patience));
    }
    top_.reset();
    supervised_test::TearDown();
  }

  std::shared_ptr<virtual_clock> time_ = std::make_shared<virtual_clock>();

 private:
  // A new link and point for each start, as faults are counted anew.
  start_result start_server(start_context& context) {
    const auto point = std::make_shared<fault_point>(time_);
    auto started = gen_server::start_link<counter>(context, {}, point);
    const auto& actor = std::get<starting_child>(started.get()).actor;
    const std::lock_guard guard(mutex_);
    server_ = counter_ref::of(actor)->by_way_of(make_unreliable_link(
        actor,
        {.who = {.name = "counter"}, .faults = faults_, .timers = time_, .callbacks = point}));
    ++starts_;
    changed_.notify_all();
    return started;
  }

  std::shared_ptr<fault_injector> faults_;
  std::optional<supervisor_handle> top_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<counter_ref> server_;
  std::size_t starts_ = 0;
};

// The caller that meets the fault learns why; the next finds another server, which has counted nothing.
class an_end_by_plan : public a_gen_server_with_faults {
 protected:
  exit_reason end_by(fault what) {
    start(std::move(what));
    const counter_ref first = server(1);
    EXPECT_EQ(first.call(counter::add{}, patience), 1);
    EXPECT_EQ(first.call(counter::add{}, patience), 2);
    const auto lost = first.call(counter::add{}, patience);
    if (lost) {
      ADD_FAILURE() << "it was answered";
      return {};
    }
    EXPECT_EQ(lost.error().code, call_errc::down);
    EXPECT_EQ(server(2).call(counter::add{}, patience), 1);
    return lost.error().reason;
  }
};

TEST_F(an_end_by_plan, is_told_to_the_caller_whose_request_made_the_callback_throw) {
  EXPECT_THAT(end_by(fault_what::actor_throw{}).type, HasSubstr("injected_exception"));
}

TEST_F(an_end_by_plan, is_told_to_the_caller_at_whose_request_the_server_exits) {
  const auto planned = exit_reason::error("planned", "by a test");
  EXPECT_EQ(end_by(fault_what::actor_exit{planned}), planned);
}

TEST_F(an_end_by_plan, is_told_to_the_caller_at_whose_request_the_server_is_killed) {
  EXPECT_EQ(end_by(fault_what::actor_kill{}).kind, exit_kind::killed);
}

TEST_F(a_gen_server_with_faults, lives_on_when_a_request_is_lost_and_its_caller_is_told) {
  start(fault_what::drop_message{});
  const counter_ref first = server(1);
  EXPECT_EQ(first.call(counter::add{}, patience), 1);
  EXPECT_EQ(first.call(counter::add{}, patience), 2);
  const auto lost = first.call(counter::add{}, patience);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, call_errc::no_reply);
  EXPECT_EQ(first.call(counter::add{}, patience), 3);
}

TEST_F(a_gen_server_with_faults, answers_late_when_its_callback_blocks) {
  start(fault_what::actor_block{1h});
  const counter_ref first = server(1);
  EXPECT_EQ(first.call(counter::add{}, patience), 1);
  EXPECT_EQ(first.call(counter::add{}, patience), 2);
  const auto late = first.call(counter::add{}, 1ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, call_errc::timeout);
  // The block is on when its end is waited for.
  while (time_->pending() == 0) {
    std::this_thread::yield();
  }
  time_->advance(1h);
  EXPECT_EQ(first.call(counter::add{}, patience), 4);
}

}  // namespace
}  // namespace slipway::harness
