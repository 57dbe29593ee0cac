// slipway/tests/actors/supervised_pool_test.cpp
//
// A pool of workers that are no processes, under a real supervisor, checked out by actors and
// threads.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/io_loop.hpp>
#include <slipway/actors/pool_handle.hpp>
#include <slipway/actors/supervised_pool.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using live::limit;

struct journal {
  std::mutex mutex;
  std::vector<std::string> ended;
  std::atomic<int> starts{0};
  std::atomic<int> failing_starts{0};
};

struct tokens {
  struct pool_state {};
  using command = std::string;
  using worker_state = int;
  using client_state = int;

  std::shared_ptr<journal> notes;

  init_return<int> init_worker(worker_id id, pool_state& /*pool*/) const {
    ++notes->starts;
    if (notes->failing_starts > 0) {
      --notes->failing_starts;
      throw std::runtime_error("no token left");
    }
    return init_ok<int>{static_cast<int>(id)};
  }
  static checkout_return<int> handle_checkout(const command& who, request_id /*from*/, int& worker,
                                              pool_state& /*pool*/) {
    if (who.empty()) {
      return outcome::skip{"no name"};
    }
    return checkout_ok<int>{worker};
  }
  void terminate_worker(const exit_reason& reason, int worker, pool_state& /*pool*/) const {
    std::lock_guard guard(notes->mutex);
    notes->ended.push_back(std::to_string(worker) + " " + to_string(reason));
  }
};

// Collects what an actor was answered.
struct answers {
  std::promise<std::shared_ptr<lease<tokens>>> token;
  std::promise<checkout_error> error;
};

class supervised_pools : public testing::Test {
 protected:
  using handle = pool_handle<tokens>;
  using token = std::shared_ptr<lease<tokens>>;

  ~supervised_pools() override {
    if (top) {
      EXPECT_TRUE(top->stop(exit_reason::shutdown(), 10s));
    }
  }
  supervised_pools() = default;
  supervised_pools(const supervised_pools&) = delete;
  supervised_pools& operator=(const supervised_pools&) = delete;
  supervised_pools(supervised_pools&&) = delete;
  supervised_pools& operator=(supervised_pools&&) = delete;

  result<caf::actor, exit_reason> supervise(pool_options options) {
    pool_recipe<tokens> recipe{.options = std::move(options),
                               .behaviour = tokens{notes},
                               .argument = {},
                               .time = std::make_shared<steady_clock>(),
                               .timers = timers};
    supervisor_options with;
    with.name = "top";
    with.children.push_back(
        {.id = "tokens", .start = supervised_pool<tokens>(std::move(recipe), place)});
    auto started = start_supervisor(system, std::move(with));
    if (started) {
      top.emplace(system, *started);
    }
    return started;
  }
  void supervise_one() { ASSERT_TRUE(supervise({.name = "tokens", .core = {.pool_size = 1}})); }

  // An actor that asks once and keeps what it gets, if anything, until it is told to exit.
  caf::actor ask(const std::string& who, const std::shared_ptr<answers>& told) {
    const handle pool = make_pool_handle<tokens>(system, place);
    return system.spawn([pool, who, told](caf::event_based_actor* self) -> caf::behavior {
      self->request(pool, caf::infinite, checkout_atom::value, who, limit)
          .then([=](const token& given) { told->token.set_value(given); },
                [=](const caf::error& failed) {
                  told->error.set_value(checkout_error_from(failed).value());
                });
      return {[](int) {}};
    });
  }

  template <class T>
  static T taken(std::promise<T>& from) {
    auto future = from.get_future();
    if (future.wait_for(limit) != std::future_status::ready) {
      throw std::runtime_error("no answer came");
    }
    return future.get();
  }

  std::shared_ptr<journal> notes = std::make_shared<journal>();
  std::shared_ptr<io_loop> timers = std::make_shared<io_loop>();
  std::shared_ptr<pool_place<tokens>> place = std::make_shared<pool_place<tokens>>("tokens");
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::optional<supervisor_handle> top;
};

TEST_F(supervised_pools, are_found_at_their_place_whichever_restart_is_running) {
  EXPECT_EQ(place->checkout("ann", limit).error().code, checkout_errc::pool_stopped);
  supervise_one();
  const auto first = place->current();
  first->checkin(request_id{99}, 0);  // breaks the protocol, which ends the pool
  ASSERT_TRUE(live::eventually([&] { return place->current() != first; }));
  EXPECT_THAT(first->ended_with()->type, "unexpected_checkin");
  EXPECT_TRUE(place->checkout("ann", limit)) << "its supervisor has restarted it";
}

TEST_F(supervised_pools, tell_who_waits_when_they_crash) {
  supervise_one();
  auto holder = place->checkout("ann", limit);
  auto waiting = place->current()->async_checkout("bob", limit);
  place->current()->checkin(request_id{99}, 0);
  const auto told = waiting.get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, checkout_errc::pool_exited);
  EXPECT_EQ(told.error().pool_exit->type, "unexpected_checkin");
}

TEST_F(supervised_pools, are_not_started_before_min_ready_workers_are) {
  notes->failing_starts = 2;
  ASSERT_TRUE(supervise(
      {.name = "tokens", .core = {.pool_size = 2, .retry = {.first = 1ms}}, .min_ready = 2}));
  EXPECT_EQ(place->current()->load().idle, 2U);
  EXPECT_EQ(notes->starts, 4);
}

TEST_F(supervised_pools, whose_workers_cannot_start_fail_with_the_reason_beneath) {
  notes->failing_starts = 1000;
  const auto refused = supervise({.name = "tokens",
                                  .core = {.pool_size = 1, .retry = {.retries = 2, .first = 1ms}},
                                  .min_ready = 1});
  ASSERT_FALSE(refused);
  EXPECT_THAT(to_string(refused.error()), HasSubstr("init_failed"));
  EXPECT_THAT(to_string(refused.error()), HasSubstr("no token left"));
  EXPECT_EQ(notes->starts, 3) << "bounded, not for ever";
}

TEST_F(supervised_pools, lend_to_actors_which_give_back_when_the_last_copy_of_the_lease_goes) {
  supervise_one();
  const auto told = std::make_shared<answers>();
  const caf::actor asking = ask("ann", told);
  token given = taken(told->token);
  EXPECT_EQ(given->state(), 1);
  EXPECT_EQ(place->current()->load().idle, 0U);
  given.reset();
  EXPECT_TRUE(live::eventually([&] { return place->current()->load().idle == 1; }));
  caf::anon_send_exit(asking, caf::exit_reason::user_shutdown);
}

TEST_F(supervised_pools, tell_actors_why_they_get_none) {
  supervise_one();
  const auto told = std::make_shared<answers>();
  const caf::actor asking = ask("", told);
  const auto why = taken(told->error);
  EXPECT_EQ(why.code, checkout_errc::skipped);
  EXPECT_EQ(why.message, "no name");
  caf::anon_send_exit(asking, caf::exit_reason::user_shutdown);
}

TEST_F(supervised_pools, lose_the_worker_of_an_actor_that_exits_with_it) {
  supervise_one();
  const auto told = std::make_shared<answers>();
  const caf::actor asking = ask("ann", told);
  const token given = taken(told->token);
  caf::anon_send_exit(asking, caf::exit_reason::kill);
  ASSERT_TRUE(live::eventually([&] {
    std::lock_guard guard(notes->mutex);
    return !notes->ended.empty();
  }));
  EXPECT_THAT(notes->ended[0], HasSubstr("1 error DOWN: the client has ended"));
  EXPECT_TRUE(place->checkout("bob", limit)) << "with its replacement";
}

TEST_F(supervised_pools, forget_an_actor_that_exits_in_the_queue) {
  supervise_one();
  auto holder = place->checkout("ann", limit);
  const auto told = std::make_shared<answers>();
  const caf::actor asking = ask("bob", told);
  ASSERT_TRUE(live::eventually([&] { return place->current()->load().queue_length == 1; }));
  caf::anon_send_exit(asking, caf::exit_reason::kill);
  EXPECT_TRUE(live::eventually([&] { return place->current()->load().queue_length == 0; }));
  holder->checkin();
  EXPECT_EQ(place->current()->load().idle, 1U);
}

TEST_F(supervised_pools, that_are_killed_end_at_once_and_are_restarted) {
  supervise_one();
  const auto first = place->current();
  const auto children = top->which_children(10s);
  ASSERT_TRUE(children);
  caf::anon_send_exit(children->at(0).actor, caf::exit_reason::kill);
  ASSERT_TRUE(live::eventually([&] { return place->current() != first; }));
  EXPECT_EQ(first->ended_with(), exit_reason::killed());
  EXPECT_TRUE(place->checkout("ann", limit));
}

}  // namespace
}  // namespace slipway
