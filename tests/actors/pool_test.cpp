// slipway/tests/actors/pool_test.cpp
//
// The pool's shell with workers that are no processes: who waits is answered, states go where they
// belong, what callbacks throw stays within. On a virtual clock, and under threads for TSan.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using harness::virtual_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A worker is a number; what the behaviour is told is written into a log that all copies share.
struct journal {
  std::vector<std::string> lines;
  std::vector<worker_link<int>> starting;
  std::vector<int> aborted;
  bool async = false;
  std::string throw_in;
  std::string skip_with;
};

struct numbers {
  struct pool_state {
    int started = 0;
  };
  using worker_state = int;
  using client_state = int;
  using command = std::string;

  std::shared_ptr<journal> notes;

  void may_throw(const std::string& callback) const {
    if (notes->throw_in == callback) {
      throw std::runtime_error(callback + " failed");
    }
  }

  init_return<int> init_worker(worker_id id, pool_state& pool) const {
    may_throw("init_worker");
    const int number = ++pool.started;
    if (!notes->async) {
      return init_ok<int>{number};
    }
    return init_async<int>{[log = notes](const auto& link) { log->starting.push_back(link); },
                           [log = notes, id] { log->aborted.push_back(static_cast<int>(id)); }};
  }
  checkout_return<int> handle_checkout(const std::string& wanted, request_id /*from*/, int& worker,
                                       pool_state& /*pool*/) const {
    may_throw("handle_checkout");
    if (!notes->skip_with.empty()) {
      return outcome::skip{notes->skip_with};
    }
    notes->lines.push_back("checkout " + wanted + " " + std::to_string(worker));
    return checkout_ok<int>{worker * 100};
  }
  checkin_return handle_checkin(int& client, request_id /*from*/, int& worker,
                                pool_state& /*pool*/) const {
    may_throw("handle_checkin");
    notes->lines.push_back("checkin " + std::to_string(client) + " " + std::to_string(worker));
    return outcome::ok{};
  }
  void terminate_worker(const exit_reason& reason, int worker, pool_state& /*pool*/) const {
    notes->lines.push_back("terminate " + std::to_string(worker) + " " + to_string(reason));
  }
  void terminate_pool(const exit_reason& reason, pool_state& /*pool*/) const {
    notes->lines.push_back("terminate_pool " + to_string(reason));
  }
};

class pool_of_numbers : public testing::Test {
 protected:
  using pool_type = pool<numbers>;

  std::shared_ptr<pool_type> start(pool_core_options options) {
    return pool_type::start({.name = "numbers", .core = options}, numbers{notes}, {}, time, time,
                            [this](const exit_reason& reason) { exits.push_back(reason); })
        .value();
  }

  // A checkout whose answer, once there, is in `given`.
  struct pending {
    std::shared_ptr<pool_type::ticket> ticket;
    std::shared_ptr<std::optional<result<lease<numbers>, checkout_error>>> given;
  };
  static pending ask(const std::shared_ptr<pool_type>& from, duration timeout = 1h) {
    pending asked;
    asked.given = std::make_shared<std::optional<result<lease<numbers>, checkout_error>>>();
    asked.ticket = from->async_checkout(
        "x", timeout, [given = asked.given](auto answer) { given->emplace(std::move(answer)); });
    return asked;
  }

  std::shared_ptr<journal> notes = std::make_shared<journal>();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  std::vector<exit_reason> exits;
};

TEST_F(pool_of_numbers, a_lease_gives_its_client_state_and_checks_it_in_when_it_goes) {
  const auto subject = start({.pool_size = 1});
  {
    auto held = subject->checkout("job", 1s);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state(), 100);
    held->state() = 101;
  }
  EXPECT_THAT(notes->lines, ElementsAre("checkout job 1", "checkin 101 1"));
}

TEST_F(pool_of_numbers, an_exception_that_unwinds_through_a_lease_cancels_it) {
  const auto subject = start({.pool_size = 1});
  try {
    auto held = subject->checkout("job", 1s);
    throw std::runtime_error("client code failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_THAT(notes->lines, ElementsAre("checkout job 1",
                                        HasSubstr("terminate 1 error error: an exception left")));
  EXPECT_EQ(subject->status().load.idle, 1U);
}

TEST_F(pool_of_numbers, a_lease_that_outlives_its_pool_is_safe) {
  auto subject = start({.pool_size = 1});
  auto held = subject->checkout("job", 1s);
  subject->stop(exit_reason::shutdown());
  subject.reset();
  ASSERT_TRUE(held);
  held->checkin();
  EXPECT_THAT(exits, ElementsAre(exit_reason::shutdown()));
}

TEST_F(pool_of_numbers, a_checkout_that_waits_in_vain_times_out_on_the_virtual_clock) {
  const auto subject = start({.pool_size = 1});
  const auto first = ask(subject);
  const auto second = ask(subject, 100ms);
  time->advance(99ms);
  EXPECT_FALSE(second.given->has_value());
  time->advance(1ms);
  ASSERT_TRUE(second.given->has_value());
  EXPECT_EQ((*second.given)->error().code, checkout_errc::timeout);
  EXPECT_EQ(subject->status().load.queue_length, 0U);
}

TEST_F(pool_of_numbers, a_blocking_checkout_that_times_out_says_how_the_pool_stands) {
  const auto subject = start({.pool_size = 1});
  const auto holder = ask(subject);
  const auto failed = subject->checkout("job", 0s);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, checkout_errc::timeout);
  EXPECT_THAT(failed.error().message, HasSubstr("1 of 1 workers (0 idle, 1 checked out"));
}

TEST_F(pool_of_numbers, a_client_that_goes_down_in_the_queue_is_dropped) {
  const auto subject = start({.pool_size = 1});
  const auto first = ask(subject);
  const auto second = ask(subject);
  const auto third = ask(subject);
  subject->client_down(second.ticket, exit_reason::killed());
  first.given->reset();
  EXPECT_FALSE(second.given->has_value());
  EXPECT_TRUE(third.given->has_value());
}

TEST_F(pool_of_numbers, a_client_that_goes_down_with_a_worker_costs_the_worker) {
  const auto subject = start({.pool_size = 1});
  const auto first = ask(subject);
  subject->client_down(first.ticket, exit_reason::killed());
  EXPECT_THAT(notes->lines, ElementsAre("checkout x 1", HasSubstr("terminate 1 error DOWN")));
  EXPECT_EQ(subject->status().load.idle, 1U) << "its replacement";
}

TEST_F(pool_of_numbers, what_a_callback_throws_removes_the_worker_with_type_and_text) {
  const auto subject = start({.pool_size = 1});
  const auto first = ask(subject);
  notes->throw_in = "handle_checkin";
  first.given->reset();
  EXPECT_THAT(
      notes->lines,
      ElementsAre("checkout x 1",
                  HasSubstr("terminate 1 error std::runtime_error: handle_checkin failed")));
}

TEST_F(pool_of_numbers, an_init_that_throws_is_a_failed_start_and_tried_again_later) {
  notes->throw_in = "init_worker";
  const auto subject = start({.pool_size = 1});
  const auto waiting = ask(subject);
  EXPECT_FALSE(waiting.given->has_value());
  notes->throw_in.clear();
  time->advance(100ms);
  EXPECT_TRUE(waiting.given->has_value());
}

TEST_F(pool_of_numbers, a_skip_reaches_its_client_with_the_behaviours_words) {
  notes->skip_with = "not on a Friday";
  const auto subject = start({.pool_size = 1});
  const auto refused = ask(subject);
  ASSERT_TRUE(refused.given->has_value());
  EXPECT_EQ((*refused.given)->error().code, checkout_errc::skipped);
  EXPECT_EQ((*refused.given)->error().message, "not on a Friday");
}

TEST_F(pool_of_numbers, workers_that_start_asynchronously_join_when_they_are_ready) {
  notes->async = true;
  const auto subject = start({.pool_size = 2});
  const auto waiting = ask(subject);
  ASSERT_EQ(notes->starting.size(), 2U);
  notes->starting[1].handshaking();
  EXPECT_EQ(subject->status().workers[1].status, worker_status::handshaking);
  notes->starting[1].ready(7);
  EXPECT_THAT(notes->lines, ElementsAre("checkout x 7"));
}

TEST_F(pool_of_numbers, stopping_aborts_what_starts_and_ends_what_arrives_too_late) {
  notes->async = true;
  const auto subject = start({.pool_size = 1});
  const auto waiting = ask(subject);
  subject->stop(exit_reason::shutdown());
  EXPECT_THAT(notes->aborted, ElementsAre(1));
  ASSERT_TRUE(waiting.given->has_value());
  EXPECT_EQ((*waiting.given)->error().code, checkout_errc::pool_stopped);
  EXPECT_EQ((*waiting.given)->error().pool_exit, exit_reason::shutdown());
  notes->starting[0].ready(7);
  EXPECT_THAT(notes->lines,
              ElementsAre("terminate_pool shutdown", "terminate 7 {shutdown, init_cancelled}"));
}

TEST_F(pool_of_numbers, the_exit_is_told_once_and_after_the_last_callback) {
  const auto subject = start({.pool_size = 2});
  subject->stop(exit_reason::shutdown());
  subject->stop(exit_reason::killed());
  EXPECT_THAT(exits, ElementsAre(exit_reason::shutdown()));
  EXPECT_THAT(notes->lines, ElementsAre("terminate 1 shutdown", "terminate 2 shutdown",
                                        "terminate_pool shutdown"));
  EXPECT_TRUE(subject->ended());
}

TEST_F(pool_of_numbers, a_pool_that_nobody_holds_is_freed_with_its_workers_starting) {
  notes->async = true;
  auto subject = start({.pool_size = 1});
  const std::weak_ptr<pool_type> watch = subject;
  subject.reset();
  EXPECT_TRUE(watch.expired());
  notes->starting[0].ready(1);
}

// -- under threads --------------------------------------------------------------------------------

// Two clients with one worker would count wrong, and TSan would see the plain counter.
struct counters {
  struct pool_state {};
  struct worker_state {
    std::shared_ptr<long> count;
  };
  using client_state = worker_state;
  struct command {};

  init_return<worker_state> init_worker(worker_id /*id*/, pool_state& /*pool*/) const {
    return init_ok<worker_state>{{std::make_shared<long>(0)}};
  }
  checkout_return<client_state> handle_checkout(const command& /*wanted*/, request_id /*from*/,
                                                worker_state& worker, pool_state& /*pool*/) const {
    return checkout_ok<client_state>{worker};
  }
  checkin_return handle_checkin(client_state& /*client*/, request_id /*from*/, worker_state& worker,
                                pool_state& /*pool*/) {
    (*total)++;
    static_cast<void>(worker);
    return outcome::ok{};
  }
  std::shared_ptr<long> total;
};

TEST(pool_under_threads, a_worker_is_lent_to_one_client_at_a_time_and_no_checkout_is_lost) {
  const auto time = std::make_shared<steady_clock>();
  const auto timers = std::make_shared<virtual_clock>();
  const auto total = std::make_shared<long>(0);
  const auto subject = pool<counters>::start({.name = "counters", .core = {.pool_size = 3}},
                                             counters{total}, {}, time, timers)
                           .value();
  constexpr int clients = 8;
  constexpr int rounds = 2000;
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  threads.reserve(clients);
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        auto held = subject->checkout({}, 1min);
        if (held) {
          ++*held->state().count;
        } else {
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(*total, static_cast<long>(clients) * rounds);
  subject->stop(exit_reason::normal());
}

TEST(pool_under_threads, clients_that_time_out_while_they_are_served_lose_no_worker) {
  const auto time = std::make_shared<steady_clock>();
  const auto timers = std::make_shared<virtual_clock>();
  const auto total = std::make_shared<long>(0);
  const auto subject = pool<counters>::start({.name = "counters", .core = {.pool_size = 2}},
                                             counters{total}, {}, time, timers)
                           .value();
  std::atomic<int> granted{0};
  std::atomic<int> timed_out{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) {
        auto held = subject->checkout({}, std::chrono::microseconds(round % 50));
        held ? ++granted : ++timed_out;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(granted + timed_out, 8000);
  const auto status = subject->status();
  EXPECT_EQ(status.load.idle, 2U) << to_string(status);
  EXPECT_EQ(status.load.queue_length, 0U);
  EXPECT_EQ(status.counters.workers_removed, 0U) << "a worker that nobody touched is healthy";
  subject->stop(exit_reason::normal());
}

TEST(pool_under_threads, stop_answers_every_client_that_waits) {
  const auto time = std::make_shared<steady_clock>();
  const auto timers = std::make_shared<virtual_clock>();
  const auto subject = pool<counters>::start({.name = "counters", .core = {.pool_size = 1}},
                                             counters{std::make_shared<long>(0)}, {}, time, timers)
                           .value();
  auto holder = subject->checkout({}, 1min);
  std::vector<std::future<checkout_errc>> waiting;
  waiting.reserve(6);
  for (int i = 0; i < 6; ++i) {
    waiting.push_back(
        std::async(std::launch::async, [&] { return subject->checkout({}, 1min).error().code; }));
  }
  while (subject->status().load.queue_length < 6) {
    std::this_thread::yield();
  }
  subject->stop(exit_reason::shutdown());
  for (auto& answer : waiting) {
    EXPECT_EQ(answer.get(), checkout_errc::pool_stopped);
  }
}

}  // namespace
}  // namespace slipway
