// slipway/tests/actors/draining_mailbox_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/draining_mailbox.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using testing::ElementsAre;

TEST(draining_mailbox, an_idle_mailbox_handles_the_message_before_post_returns) {
  std::vector<int> handled;
  draining_mailbox<int> mailbox([&](int&& message) { handled.push_back(message); });
  mailbox.post(1);
  mailbox.post(2);
  EXPECT_THAT(handled, ElementsAre(1, 2));
}

TEST(draining_mailbox, a_handler_may_post_to_its_own_mailbox_and_is_not_entered_twice) {
  std::vector<int> handled;
  bool inside = false;
  draining_mailbox<int>* self = nullptr;
  draining_mailbox<int> mailbox([&](int&& message) {
    EXPECT_FALSE(inside);
    inside = true;
    handled.push_back(message);
    if (message < 10) {
      self->post(message + 10);
      self->post(message + 20);
    }
    inside = false;
  });
  self = &mailbox;
  mailbox.post(1);
  mailbox.post(2);
  EXPECT_THAT(handled, ElementsAre(1, 11, 21, 2, 12, 22));
}

TEST(draining_mailbox, a_sender_that_finds_it_busy_leaves_its_message_and_goes_on) {
  std::latch entered(1);
  std::latch may_go_on(1);
  std::vector<int> handled;
  draining_mailbox<int> mailbox([&](int&& message) {
    handled.push_back(message);
    if (message == 1) {
      entered.count_down();
      may_go_on.wait();
    }
  });
  std::thread drainer([&] { mailbox.post(1); });
  entered.wait();
  mailbox.post(2);  // would never return if it waited for the handler
  mailbox.post(3);
  may_go_on.count_down();
  drainer.join();
  EXPECT_THAT(handled, ElementsAre(1, 2, 3));
}

TEST(draining_mailbox, messages_that_own_something_are_moved_through) {
  int sum = 0;
  draining_mailbox<std::unique_ptr<int>> mailbox(
      [&](std::unique_ptr<int>&& message) { sum += *message; });
  mailbox.post(std::make_unique<int>(3));
  mailbox.post(std::make_unique<int>(4));
  EXPECT_EQ(sum, 7);
}

// Sixteen senders: the handler is never run by two at a time, each sender's order holds, nothing is
// lost, and what one handler run writes the next one sees (the plain counters below are TSan's
// bait).
TEST(draining_mailbox, sixteen_threads_keep_their_order_and_lose_nothing) {
  constexpr int senders = 16;
  constexpr int messages = 5000;
  struct note {
    int sender;
    int number;
  };
  std::vector<int> last(senders, -1);
  long handled = 0;
  bool in_order = true;
  draining_mailbox<note> mailbox([&](note&& message) {
    int& before = last[static_cast<std::size_t>(message.sender)];
    in_order = in_order && message.number == before + 1;
    before = message.number;
    ++handled;
  });
  std::barrier start(senders);
  std::vector<std::thread> threads;
  threads.reserve(senders);
  for (int sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&, sender] {
      start.arrive_and_wait();
      for (int number = 0; number < messages; ++number) {
        mailbox.post({sender, number});
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(handled, static_cast<long>(senders) * messages);
  EXPECT_TRUE(in_order);
}

}  // namespace
}  // namespace slipway
