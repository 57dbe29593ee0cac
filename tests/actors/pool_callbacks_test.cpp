// slipway/tests/actors/pool_callbacks_test.cpp
//
// A behaviour with every callback of NimblePool: which returns are legal, what reaches whom, what a
// throw does. On a virtual clock.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using harness::virtual_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

// What the callbacks shall do, by name, and what they were called with.
struct journal {
  std::map<std::string, std::string> make;  // "throw", "bad_return", or a return by its name
  std::vector<std::string> lines;
};

// All states are different types, and those of workers cannot be copied.
struct full {
  struct argument {
    std::string text;
  };
  struct pool_state {
    std::string text;
    int workers = 0;
  };
  struct worker_state {
    std::unique_ptr<int> number;
  };
  struct client_state {
    int number = 0;
  };
  using command = std::string;
  using message = std::string;
  using update = int;

  std::shared_ptr<journal> notes;

  // NOLINTNEXTLINE(modernize-use-nodiscard): most callbacks have but one return.
  std::string act(const std::string& callback, const std::string& line) const {
    notes->lines.push_back(line);
    const auto found = notes->make.find(callback);
    const std::string what = found == notes->make.end() ? "ok" : found->second;
    if (what == "throw") {
      throw std::runtime_error(callback + " failed");
    }
    if (what == "bad_return") {
      throw bad_return(callback);
    }
    return what;
  }

  [[nodiscard]] init_pool_return<pool_state> init_pool(argument given) const {
    const auto what = act("init_pool", "init_pool " + given.text);
    if (what == "ignore") {
      return outcome::ignore{};
    }
    if (what == "stop") {
      return outcome::stop{exit_reason::error("no_licence", "none left")};
    }
    return init_pool_ok<pool_state>{{given.text + "!", 0}};
  }
  init_return<worker_state, message> init_worker(worker_id /*id*/, pool_state& pool) const {
    act("init_worker", "init_worker " + pool.text);
    return init_ok<worker_state>{{std::make_unique<int>(++pool.workers)}};
  }
  enqueue_return<command> handle_enqueue(const command& wanted, pool_state& /*pool*/) const {
    if (act("handle_enqueue", "handle_enqueue " + wanted) == "skip") {
      return outcome::skip{"closed"};
    }
    return enqueue_ok<command>{"<" + wanted + ">"};
  }
  checkout_return<client_state> handle_checkout(const command& wanted, request_id /*from*/,
                                                worker_state& worker, pool_state& /*pool*/) const {
    if (act("handle_checkout",
            "handle_checkout " + wanted + " " + std::to_string(*worker.number)) == "skip") {
      return outcome::skip{"tired"};
    }
    return checkout_ok<client_state>{{*worker.number * 100}};
  }
  void handle_update(const update& by, worker_state& worker, pool_state& /*pool*/) const {
    act("handle_update", "handle_update " + std::to_string(by));
    *worker.number += by;
  }
  checkin_return handle_checkin(client_state& client, request_id /*from*/, worker_state& worker,
                                pool_state& /*pool*/) const {
    if (act("handle_checkin", "handle_checkin " + std::to_string(client.number) + " " +
                                  std::to_string(*worker.number)) == "remove") {
      return outcome::remove{exit_reason::shutdown("worn")};
    }
    return outcome::ok{};
  }
  info_return handle_info(const message& text, worker_state& worker) const {
    act("handle_info", "handle_info " + text + " " + std::to_string(*worker.number));
    return outcome::ok{};
  }
  ping_return handle_ping(worker_state& worker, const pool_state& /*pool*/) const {
    const auto what = act("handle_ping", "handle_ping " + std::to_string(*worker.number));
    if (what == "stop") {
      return outcome::stop{exit_reason::error("bored", "")};
    }
    return outcome::ok{};
  }
  void handle_cancelled(cancel_context context, const pool_state& /*pool*/) const {
    act("handle_cancelled", context == cancel_context::queued ? "handle_cancelled queued"
                                                              : "handle_cancelled checked_out");
  }
  void terminate_worker(const exit_reason& reason, worker_state worker,
                        pool_state& /*pool*/) const {
    act("terminate_worker",
        "terminate_worker " + std::to_string(*worker.number) + " " + to_string(reason));
  }
  void terminate_pool(const exit_reason& reason, pool_state& /*pool*/) const {
    act("terminate_pool", "terminate_pool " + to_string(reason));
  }
};

class pool_callbacks : public testing::Test {
 protected:
  using pool_type = pool<full>;

  result<std::shared_ptr<pool_type>, pool_start_error> try_start(pool_core_options options) {
    pool_options all{.name = "full", .core = options};
    all.on_callback_error = [this](const char* callback, const exit_reason& reason) {
      thrown.emplace_back(callback, reason.message);
    };
    return pool_type::start(std::move(all), full{notes}, {"p"}, time, time,
                            [this](const exit_reason& reason) { exits.push_back(reason); });
  }
  std::shared_ptr<pool_type> start(pool_core_options options = {.pool_size = 1}) {
    auto started = try_start(options).value();
    notes->lines.clear();
    return started;
  }

  std::shared_ptr<journal> notes = std::make_shared<journal>();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  std::vector<exit_reason> exits;
  std::vector<std::pair<std::string, std::string>> thrown;
};

TEST_F(pool_callbacks, follow_a_worker_from_its_start_to_the_end_of_its_pool) {
  const auto subject = try_start({.pool_size = 1}).value();
  {
    auto held = subject->checkout("job", 1s);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state().number, 100);
    held->state().number = 101;
    held->update(6);
  }
  subject->send_info("tick");
  subject->stop(exit_reason::shutdown());
  EXPECT_THAT(notes->lines, ElementsAre("init_pool p", "init_worker p!", "handle_enqueue job",
                                        "handle_checkout <job> 1", "handle_update 6",
                                        "handle_checkin 101 7", "handle_info tick 7",
                                        "terminate_worker 7 shutdown", "terminate_pool shutdown"));
}

TEST_F(pool_callbacks, init_pool_decides_whether_there_is_a_pool) {
  notes->make["init_pool"] = "ignore";
  EXPECT_EQ(try_start({}).error().code, pool_start_errc::ignored);
  notes->make["init_pool"] = "stop";
  EXPECT_EQ(try_start({}).error().reason, exit_reason::error("no_licence", "none left"));
  notes->make["init_pool"] = "throw";
  EXPECT_THAT(try_start({}).error().message,
              HasSubstr("pool 'full' failed to start: error std::runtime_error: init_pool failed"));
  EXPECT_THAT(exits, IsEmpty()) << "a pool that never ran has no exit";
}

TEST_F(pool_callbacks, options_that_make_no_pool_are_refused_before_any_callback) {
  const auto refused = try_start({.pool_size = 0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, pool_start_errc::invalid_options);
  EXPECT_EQ(refused.error().message, "pool 'full': pool_size must be a positive integer, got: 0");
  EXPECT_THAT(notes->lines, IsEmpty());
}

TEST_F(pool_callbacks, a_skip_at_enqueue_and_at_checkout_reach_the_client_in_their_words) {
  const auto subject = start();
  notes->make["handle_enqueue"] = "skip";
  EXPECT_EQ(subject->checkout("job", 1s).error().message, "closed");
  notes->make = {{"handle_checkout", "skip"}};
  const auto refused = subject->checkout("job", 1s);
  EXPECT_EQ(refused.error().code, checkout_errc::skipped);
  EXPECT_EQ(refused.error().message, "tired");
}

TEST_F(pool_callbacks, a_throw_where_nobody_catches_ends_the_pool_with_type_and_text) {
  const auto subject = start({.pool_size = 2});
  auto holder = subject->checkout("job", 1s);
  notes->make["handle_update"] = "throw";
  holder->update(1);
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_EQ(exits[0], exit_reason::error("std::runtime_error", "handle_update failed"));
  const auto late = subject->checkout("job", 1s);
  EXPECT_EQ(late.error().code, checkout_errc::pool_exited);
  EXPECT_EQ(late.error().pool_exit, exits[0]);
  holder->checkin();
}

TEST_F(pool_callbacks, a_throw_of_handle_cancelled_or_terminate_worker_is_reported_and_no_more) {
  const auto subject = start();
  notes->make = {{"handle_cancelled", "throw"}, {"terminate_worker", "throw"}};
  subject->checkout("job", 1s)->cancel(exit_reason::error("broken", ""));
  EXPECT_THAT(exits, IsEmpty());
  EXPECT_THAT(thrown, ElementsAre(Pair("handle_cancelled", "handle_cancelled failed"),
                                  Pair("terminate_worker", "terminate_worker failed")));
  EXPECT_TRUE(subject->checkout("job", 1s)) << "with the replacement";
}

TEST_F(pool_callbacks, a_bad_return_ends_the_pool_whichever_callback_it_is) {
  for (const char* callback : {"handle_checkout", "handle_checkin", "handle_info",
                               "terminate_worker", "handle_enqueue", "handle_cancelled"}) {
    notes->make.clear();
    exits.clear();
    const auto subject = start();
    notes->make = {{callback, "bad_return"}};
    static_cast<void>(subject->checkout("job", 1s));
    subject->send_info("tick");
    if (auto held = subject->checkout("job", 1s)) {
      held->cancel(exit_reason::error("broken", ""));
    }
    ASSERT_EQ(exits.size(), 1U) << callback;
    EXPECT_EQ(exits[0], exit_reason::error("bad_return", callback));
  }
}

TEST_F(pool_callbacks, a_checkin_by_hand_for_a_request_that_is_over_ends_the_pool_for_everybody) {
  const auto subject = start();
  auto holder = subject->checkout("job", 1s);
  auto waiting = subject->async_checkout("job", 1h);
  subject->checkin(request_id{77}, {});
  const auto told = waiting.get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, checkout_errc::pool_exited);
  EXPECT_EQ(told.error().pool_exit->type, "unexpected_checkin");
  EXPECT_THAT(told.error().message, HasSubstr("a checkin for request 77, which holds no worker"));
}

TEST_F(pool_callbacks, a_lease_says_its_end_once_however_often_it_is_told_to) {
  const auto subject = start();
  auto held = subject->checkout("job", 1s);
  held->checkin();
  held->checkin();
  held->cancel(exit_reason::error("broken", ""));
  held->update(1);
  held->client_down(exit_reason::killed());
  EXPECT_THAT(exits, IsEmpty());
  EXPECT_EQ(subject->load().idle, 1U);
}

TEST_F(pool_callbacks, idle_workers_are_pinged_once_a_period_and_may_stop_the_pool) {
  const auto subject = start({.pool_size = 2, .worker_idle_timeout = 400ms});
  time->advance(400ms);
  EXPECT_THAT(notes->lines, ElementsAre("handle_ping 1", "handle_ping 2"));
  time->advance(399ms);
  EXPECT_EQ(notes->lines.size(), 2U);
  notes->make["handle_ping"] = "stop";
  time->advance(1ms);
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_EQ(exits[0].kind, exit_kind::shutdown_term);
  EXPECT_EQ(exits[0].cause->type, "bored");
}

TEST_F(pool_callbacks, a_killed_pool_calls_nothing_more_and_tells_who_waits) {
  const auto subject = start();
  auto holder = subject->checkout("job", 1s);
  auto waiting = subject->async_checkout("job", 1h);
  notes->lines.clear();
  subject->kill();
  EXPECT_THAT(notes->lines, IsEmpty());
  EXPECT_EQ(waiting.get().error().code, checkout_errc::pool_exited);
  EXPECT_THAT(exits, ElementsAre(exit_reason::killed()));
  EXPECT_THAT(subject->ended_with(), Optional(exit_reason::killed()));
}

TEST_F(pool_callbacks, a_throw_of_terminate_pool_is_what_everybody_is_told_of_the_end) {
  const auto subject = start();
  notes->make["terminate_pool"] = "throw";
  subject->stop(exit_reason::shutdown());
  const auto thrown_there = exit_reason::error("std::runtime_error", "terminate_pool failed");
  EXPECT_THAT(exits, ElementsAre(thrown_there));
  EXPECT_THAT(subject->ended_with(), Optional(thrown_there));
}

TEST_F(pool_callbacks, an_unanswered_request_keeps_nothing_of_a_client_that_went_down) {
  const auto subject = start();
  auto holder = subject->checkout("job", 1s);
  auto kept = std::make_shared<int>(0);
  const auto asked = subject->async_checkout("job", 1h, [kept](auto) {});
  subject->client_down(asked, exit_reason::killed());
  EXPECT_EQ(kept.use_count(), 1) << "though its timer is still to come";
}

TEST_F(pool_callbacks, a_stop_that_is_waited_for_says_whether_the_pool_has_ended) {
  const auto subject = start();
  EXPECT_TRUE(subject->stop(exit_reason::shutdown(), 1s));
  EXPECT_TRUE(subject->stop(exit_reason::shutdown(), 0s)) << "it has ended already";
}

TEST_F(pool_callbacks, an_error_of_a_checkout_says_what_one_needs_to_know_at_night) {
  const auto subject = start({.pool_size = 1, .max_queue = 1});
  auto holder = subject->async_checkout("job", 1h);
  auto waiting = subject->async_checkout("job", 250ms);
  time->advance(100ms);
  const auto refused = subject->async_checkout("job", 1h).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, checkout_errc::overloaded);
  EXPECT_EQ(refused.error().message,
            "the queue is full; pool 'full': 1 of 1 workers (0 idle, 1 checked out, 0 starting), 1 "
            "queued, oldest waits 100 ms");
  time->advance(150ms);
  const auto late = waiting.get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, checkout_errc::timeout);
  EXPECT_THAT(late.error().timeout, Optional(duration(250ms)));
  EXPECT_EQ(late.error().load->checked_out, 1U);
  EXPECT_THAT(late.error().message, HasSubstr("no worker came free within 250 ms; pool 'full'"));
}

TEST_F(pool_callbacks, a_client_that_timed_out_unseen_costs_no_worker_under_corrected_rules_only) {
  const auto cancelled_worker = [&](pool_rules rules) {
    const auto subject = start({.pool_size = 1, .rules = rules});
    std::vector<std::string> seen;
    // Held between two messages, the pool sees the request only after its client has gone.
    subject->inspect([&](const pool_core&) {
      const auto asked = subject->async_checkout("job", 1h, [](auto) {});
      static_cast<void>(asked->abandon());
      subject->cancel(asked->id(), exit_reason::timeout());
    });
    for (const auto& line : notes->lines) {
      if (line.starts_with("terminate_worker") || line.starts_with("handle_checkin")) {
        seen.push_back(line);
      }
    }
    return seen;
  };
  EXPECT_THAT(cancelled_worker(pool_rules::nimble_pool), ElementsAre("terminate_worker 1 timeout"));
  EXPECT_THAT(cancelled_worker(pool_rules::corrected), ElementsAre("handle_checkin 100 1"));
}

}  // namespace
}  // namespace slipway
