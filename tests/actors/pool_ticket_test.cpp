// slipway/tests/actors/pool_ticket_test.cpp
//
// Where a client and its pool meet at the same instant.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_ticket.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace slipway {
namespace {

// Stops the pool in the middle of an answer: where the client state is moved.
struct gate {
  std::atomic<bool> armed{false};
  std::atomic<bool> reached{false};
  std::atomic<bool> open{false};

  void pass() {
    if (armed.exchange(false)) {
      reached = true;
      reached.notify_one();
      open.wait(false);
    }
  }
  void let_through() {
    open = true;
    open.notify_one();
  }
};

struct gated_state {
  explicit gated_state(gate& in_the_way) : way(&in_the_way) {}
  gated_state(const gated_state&) = default;
  gated_state& operator=(const gated_state&) = default;
  gated_state(gated_state&& other) noexcept : way(other.way) { way->pass(); }
  gated_state& operator=(gated_state&&) = default;
  ~gated_state() = default;

  gate* way;
};

using ticket = pool_ticket<int, gated_state>;

// The pool was descheduled between two instructions, and the client, at its deadline, had neither an
// answer nor a request that it could still give up.
TEST(pool_ticket, a_client_whose_deadline_comes_in_the_middle_of_its_answer_gets_the_answer) {
  gate way;
  const auto waiting = std::make_shared<ticket>(request_id{1}, 0, time_point::min(), nullptr);
  ticket::answer given{gated_state(way)};
  way.armed = true;
  std::thread pool([&] { EXPECT_TRUE(waiting->deliver(std::move(given))); });
  way.reached.wait(false);
  EXPECT_FALSE(waiting->wait());
  // Opened from elsewhere and some time later, since giving up waits for it.
  std::thread opens([&] {
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::yield();
    }
    way.let_through();
  });
  EXPECT_FALSE(waiting->abandon());
  EXPECT_TRUE(waiting->wait());
  pool.join();
  opens.join();
}

}  // namespace
}  // namespace slipway
