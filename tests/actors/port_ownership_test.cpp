// slipway/tests/actors/port_ownership_test.cpp
//
// Who a port belongs to: hand-over in one step, typed refusals, and what becomes of the ports of an
// owner that ends. Under threads for TSan: no order of connect, exchange and end leaves a process
// without an owner.
// Source: seed cases 5 to 8; erlang:port_connect/2.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/os_port.hpp>
#include <slipway/actors/port_owner.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::Eq;

constexpr exit_status by_sigkill{exit_status::kind::signaled, SIGKILL};

class port_ownership : public live_test {
 protected:
  port_ownership() : io_(std::make_shared<io_loop>()) {}
  ~port_ownership() override {
    for (const auto& open : ports_) {
      open->kill();
      EXPECT_TRUE(open->wait_exited(at_limit()));
    }
    ports_.clear();
    io_->stop();
  }
  port_ownership(const port_ownership&) = delete;
  port_ownership& operator=(const port_ownership&) = delete;
  port_ownership(port_ownership&&) = delete;
  port_ownership& operator=(port_ownership&&) = delete;

  static port_owner_ptr new_owner() { return std::make_shared<port_owner>(); }

  // A process that echoes frames.
  std::shared_ptr<port> open(const port_owner_ptr& owner) {
    std::promise<std::shared_ptr<port>> opened;
    os_port::open(spawner_, io_, {.program = "cat"}, {}, owner,
                  [&](auto process) { opened.set_value(std::move(process.value())); });
    ports_.push_back(opened.get_future().get());
    return ports_.back();
  }

  static result<std::string, port_error> exchange(port& process, const port_owner& owner,
                                                  const std::string& text) {
    auto given = process.exchange(owner, frame_of(text), at_limit());
    if (!given) {
      return failure(given.error());
    }
    return text_of(*given);
  }

  static exit_status end_of(const port& process) {
    const auto exit = process.wait_exited(at_limit());
    return exit ? exit->status : exit_status{};
  }

 private:
  spawner spawner_;
  std::shared_ptr<io_loop> io_;
  std::vector<std::shared_ptr<port>> ports_;
};

MATCHER_P(fails_with, code, "fails with " + std::string(to_string(code))) {
  static_cast<void>(result_listener);
  return !arg.has_value() && arg.error().code == code;
}

TEST_F(port_ownership, connect_hands_the_port_over) {
  const auto first = new_owner();
  const auto second = new_owner();
  const auto process = open(first);
  EXPECT_THAT(exchange(*process, *first, "mine"), gives("mine"));
  ASSERT_TRUE(process->connect(*first, second));
  EXPECT_THAT(exchange(*process, *second, "mine now"), gives("mine now"));
  EXPECT_THAT(exchange(*process, *first, "mine again"), fails_with(port_errc::not_owner));
  EXPECT_THAT(exchange(*process, *second, "still mine"), gives("still mine"))
      << "a refusal must cost the owner nothing";
}

TEST_F(port_ownership, the_owner_may_hand_the_port_to_itself) {
  const auto owner = new_owner();
  const auto process = open(owner);
  EXPECT_TRUE(process->connect(*owner, owner));
  EXPECT_THAT(exchange(*process, *owner, "mine"), gives("mine"));
}

// Seed 7: two processes connected to one port at once.
TEST_F(port_ownership, who_does_not_own_a_port_cannot_hand_it_over) {
  const auto owner = new_owner();
  const auto thief = new_owner();
  const auto process = open(owner);
  EXPECT_THAT(process->connect(*thief, thief), fails_with(port_errc::not_owner));
  EXPECT_THAT(exchange(*process, *thief, "stolen"), fails_with(port_errc::not_owner));
  EXPECT_THAT(exchange(*process, *owner, "mine"), gives("mine"));
}

TEST_F(port_ownership, a_refused_request_has_not_been_sent) {
  const auto owner = new_owner();
  const auto other = new_owner();
  const auto process = open(owner);
  const auto refused = process->exchange(*other, frame_of("x"), at_limit());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sent, frame_sent::no);
}

// Seed 5: the client died between the liveness check and the hand-over, which gave a badarg.
TEST_F(port_ownership, an_owner_that_has_ended_gets_no_port) {
  const auto owner = new_owner();
  const auto late = new_owner();
  const auto process = open(owner);
  late->end();
  EXPECT_FALSE(late->alive());
  EXPECT_THAT(process->connect(*owner, late), fails_with(port_errc::owner_not_alive));
  EXPECT_TRUE(process->running());
  EXPECT_THAT(exchange(*process, *owner, "still mine"), gives("still mine"));
}

// Seed 6: the port closed between validation and use.
TEST_F(port_ownership, a_port_whose_process_has_ended_cannot_be_handed_over) {
  const auto owner = new_owner();
  const auto process = open(owner);
  ASSERT_EQ(::kill(process->os_pid(), SIGKILL), 0);
  EXPECT_EQ(end_of(*process), by_sigkill);
  const auto handed = process->connect(*owner, new_owner());
  ASSERT_THAT(handed, fails_with(port_errc::port_closed));
  ASSERT_TRUE(handed.error().exit);
  EXPECT_EQ(handed.error().exit->status, by_sigkill);
}

// Seed 8: the owner died and the port stayed as a zombie.
TEST_F(port_ownership, an_owner_that_ends_takes_its_ports_with_it) {
  const auto owner = new_owner();
  const auto survivor = new_owner();
  const auto first = open(owner);
  const auto second = open(owner);
  const auto handed_over = open(owner);
  ASSERT_TRUE(handed_over->connect(*owner, survivor));
  owner->end();
  EXPECT_EQ(end_of(*first), by_sigkill);
  EXPECT_EQ(end_of(*second), by_sigkill);
  EXPECT_FALSE(first->running());
  EXPECT_THAT(exchange(*handed_over, *survivor, "alive"), gives("alive"));
}

TEST_F(port_ownership, an_owner_may_end_twice) {
  const auto owner = new_owner();
  const auto process = open(owner);
  owner->end();
  owner->end();
  EXPECT_EQ(end_of(*process), by_sigkill);
}

TEST_F(port_ownership, an_owner_that_has_ended_may_not_exchange) {
  const auto owner = new_owner();
  const auto process = open(owner);
  owner->end();
  EXPECT_THAT(exchange(*process, *owner, "x"), fails_with(port_errc::port_closed));
}

TEST_F(port_ownership, an_owner_that_ends_in_the_middle_of_its_exchange_ends_it) {
  const auto owner = new_owner();
  const auto process = open(owner);
  ASSERT_THAT(exchange(*process, *owner, "awake"), gives("awake"));
  ASSERT_EQ(::kill(process->os_pid(), SIGSTOP), 0);
  std::thread ends([&] { owner->end(); });
  EXPECT_THAT(exchange(*process, *owner, "asleep"), fails_with(port_errc::port_closed));
  ends.join();
  EXPECT_EQ(end_of(*process), by_sigkill);
}

TEST_F(port_ownership, of_two_exchanges_at_once_one_is_refused) {
  const auto owner = new_owner();
  const auto process = open(owner);
  ASSERT_THAT(exchange(*process, *owner, "awake"), gives("awake"));
  // The first exchange cannot end before the process is awake again.
  ASSERT_EQ(::kill(process->os_pid(), SIGSTOP), 0);
  auto first = std::async(std::launch::async, [&] { return exchange(*process, *owner, "first"); });
  auto second =
      std::async(std::launch::async, [&] { return exchange(*process, *owner, "second"); });
  auto both = std::vector<std::future<result<std::string, port_error>>*>{&first, &second};
  ASSERT_TRUE(eventually([&] {
    return first.wait_for(0s) == std::future_status::ready ||
           second.wait_for(0s) == std::future_status::ready;
  }));
  ASSERT_EQ(::kill(process->os_pid(), SIGCONT), 0);
  int answered = 0;
  int refused = 0;
  const std::vector<std::string> asked{"first", "second"};
  for (std::size_t i = 0; i < both.size(); ++i) {
    const auto given = both[i]->get();
    if (given) {
      ++answered;
      EXPECT_EQ(*given, asked[i]);
    } else {
      ++refused;
      EXPECT_EQ(given.error().code, port_errc::not_owner);
      EXPECT_EQ(given.error().sent, frame_sent::no);
    }
  }
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(refused, 1);
}

// The next exchange of any thread overwrites an answer, so these threads look only at its length,
// which no two requests share. (Reading the answer itself was a data race that the thread sanitizer
// found.)
TEST_F(port_ownership, threads_that_exchange_at_once_never_get_each_others_answers) {
  const auto owner = new_owner();
  const auto process = open(owner);
  constexpr std::size_t threads = 4;
  constexpr std::size_t rounds = 300;
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (std::size_t t = 0; t < threads; ++t) {
    clients.emplace_back([&, t] {
      for (std::size_t i = 0; i < rounds; ++i) {
        const std::size_t length = t * rounds + i + 1;
        const auto given =
            process->exchange(*owner, frame_of(std::string(length, 'x')), at_limit());
        if (given) {
          ++answered;
          EXPECT_EQ(given->size(), length);
        } else {
          EXPECT_EQ(given.error().code, port_errc::not_owner);
        }
      }
    });
  }
  for (auto& client : clients) {
    client.join();
  }
  EXPECT_GT(answered, 0);
}

TEST_F(port_ownership, a_port_goes_round_between_threads_and_one_of_them_owns_it_at_any_time) {
  constexpr std::size_t threads = 4;
  constexpr int rounds = 200;
  std::vector<port_owner_ptr> owners;
  for (std::size_t i = 0; i < threads; ++i) {
    owners.push_back(new_owner());
  }
  const auto process = open(owners[0]);
  std::atomic<int> handed{0};
  std::vector<std::thread> players;
  for (std::size_t t = 0; t < threads; ++t) {
    players.emplace_back([&, t] {
      const auto& next = owners[(t + 1) % threads];
      for (int i = 0; i < rounds;) {
        const std::string token = std::to_string(t) + ":" + std::to_string(i);
        const auto given = exchange(*process, *owners[t], token);
        if (given) {
          EXPECT_EQ(*given, token);
          EXPECT_TRUE(process->connect(*owners[t], next));
          ++handed;
          ++i;
        } else {
          ASSERT_EQ(given.error().code, port_errc::not_owner);
          std::this_thread::yield();
        }
      }
    });
  }
  for (auto& player : players) {
    player.join();
  }
  EXPECT_EQ(handed, static_cast<int>(threads) * rounds);
}

// Seed 5 and 8 under threads: whichever is first, the process has a living owner or ends.
TEST_F(port_ownership, a_hand_over_to_an_owner_that_ends_at_that_moment_leaves_no_orphan) {
  for (int i = 0; i < 100; ++i) {
    const auto from = new_owner();
    const auto to = new_owner();
    const auto process = open(from);
    std::barrier start(2);
    std::thread ends([&] {
      start.arrive_and_wait();
      to->end();
    });
    start.arrive_and_wait();
    const auto handed = process->connect(*from, to);
    ends.join();
    if (handed) {
      EXPECT_EQ(end_of(*process), by_sigkill);
    } else {
      EXPECT_EQ(handed.error().code, port_errc::owner_not_alive);
      EXPECT_THAT(exchange(*process, *from, "mine"), gives("mine"));
      from->end();
      EXPECT_EQ(end_of(*process), by_sigkill);
    }
  }
}

TEST_F(port_ownership, a_hand_over_by_an_owner_that_ends_at_that_moment_leaves_no_orphan) {
  for (int i = 0; i < 100; ++i) {
    const auto from = new_owner();
    const auto to = new_owner();
    const auto process = open(from);
    std::barrier start(2);
    std::thread ends([&] {
      start.arrive_and_wait();
      from->end();
    });
    start.arrive_and_wait();
    const auto handed = process->connect(*from, to);
    ends.join();
    if (handed && process->running()) {
      EXPECT_THAT(exchange(*process, *to, "mine"), gives("mine"));
    } else if (!handed) {
      EXPECT_THAT(handed.error().code, AnyOf(Eq(port_errc::port_closed), Eq(port_errc::not_owner)));
      EXPECT_EQ(end_of(*process), by_sigkill);
    }
    to->end();
    EXPECT_EQ(end_of(*process), by_sigkill);
  }
}

TEST_F(port_ownership, an_owner_ends_while_its_ports_are_being_opened_and_all_processes_end) {
  const auto owner = new_owner();
  std::thread ends([&] { owner->end(); });
  std::vector<std::shared_ptr<port>> opened;
  for (int i = 0; i < 20; ++i) {
    opened.push_back(open(owner));
  }
  ends.join();
  for (const auto& process : opened) {
    EXPECT_EQ(end_of(*process), by_sigkill);
  }
}

}  // namespace
}  // namespace slipway::live
