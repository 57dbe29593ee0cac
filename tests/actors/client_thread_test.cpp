// slipway/tests/actors/client_thread_test.cpp
//
// A thread is a client: its end is a DOWN, whatever it held or waited for.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client_thread.hpp>
#include <slipway/actors/pool.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct tokens {
  struct pool_state {};
  struct command {};
  using worker_state = int;
  using client_state = int;

  std::shared_ptr<std::vector<std::string>> ended;

  static init_return<int> init_worker(worker_id id, pool_state& /*pool*/) {
    return init_ok<int>{static_cast<int>(id)};
  }
  static checkout_return<int> handle_checkout(const command& /*wanted*/, request_id /*from*/,
                                              int& worker, pool_state& /*pool*/) {
    return checkout_ok<int>{worker};
  }
  void terminate_worker(const exit_reason& reason, int worker, pool_state& /*pool*/) const {
    ended->push_back(std::to_string(worker) + " " + to_string(reason));
  }
};

class client_threads : public testing::Test {
 protected:
  std::shared_ptr<std::vector<std::string>> ended = std::make_shared<std::vector<std::string>>();
  std::shared_ptr<pool<tokens>> subject =
      pool<tokens>::start({.name = "tokens", .core = {.pool_size = 1}}, tokens{ended}, {},
                          std::make_shared<steady_clock>(),
                          std::make_shared<harness::virtual_clock>())
          .value();
};

TEST_F(client_threads, that_end_while_they_hold_a_worker_cost_that_worker) {
  std::optional<lease<tokens>> outlives_its_thread;
  std::thread([&] { outlives_its_thread.emplace(subject->checkout({}, 1min).value()); }).join();
  EXPECT_THAT(*ended, ElementsAre(HasSubstr("1 error DOWN: the client has ended (caused by error "
                                            "thread_ended")));
  EXPECT_EQ(subject->load().idle, 1U) << "its replacement";
  outlives_its_thread.reset();
  EXPECT_FALSE(subject->ended()) << "the lease knows that it is over";
}

TEST_F(client_threads, that_end_after_a_checkin_cost_nothing) {
  std::thread([&] { subject->checkout({}, 1min)->checkin(); }).join();
  EXPECT_THAT(*ended, IsEmpty());
  EXPECT_EQ(subject->load().idle, 1U);
}

TEST_F(client_threads, may_hand_a_lease_over_to_another_thread_that_binds_it) {
  std::optional<lease<tokens>> handed;
  std::atomic<bool> checked_out{false};
  std::atomic<bool> bound{false};
  std::thread first([&] {
    handed.emplace(subject->checkout({}, 1min).value());
    checked_out = true;
    checked_out.notify_one();
    bound.wait(false);
  });
  checked_out.wait(false);
  handed->bind_to_this_thread();
  bound = true;
  bound.notify_one();
  first.join();
  EXPECT_THAT(*ended, IsEmpty());
  handed->checkin();
  EXPECT_EQ(subject->load().idle, 1U);
}

TEST_F(client_threads, keep_nothing_of_what_is_over) {
  class counted final : public thread_bound {
   public:
    explicit counted(bool is_bound, std::atomic<int>& told) : is_bound_(is_bound), told_(told) {}
    [[nodiscard]] bool bound() const override { return is_bound_; }
    void thread_ended() override { ++told_; }

   private:
    bool is_bound_;
    std::atomic<int>& told_;
  };
  std::atomic<int> told{0};
  std::vector<std::shared_ptr<counted>> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(std::make_shared<counted>(i % 100 == 0, told));
  }
  std::thread([&] {
    for (const auto& each : held) {
      tell_at_end_of_thread(each);
    }
  }).join();
  EXPECT_EQ(told, 10);
  EXPECT_EQ(held[999].use_count(), 1);
}

}  // namespace
}  // namespace slipway
