// slipway/tests/actors/session_actor_test.cpp
//
// The actors of sessions, below the dynamic supervisor of their system.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/session_actor.hpp>
#include <slipway/actors/system.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using live::echo_pool;
using live::gives;
using live::limit;

class session_actors : public live::live_test {
 protected:
  live::event_journal events;
  live::log_journal log;
  std::unique_ptr<slipway::system> host =
      *slipway::system::start({.logger = log.logger(), .on_event = events.handler()});
  client calls = *host->start_pool(pool());

  static python_pool_options pool() {
    auto options = echo_pool("basket");
    options.size = 1;
    return options;
  }
  // Waits for the end of an actor and gives its reason.
  caf::error end_of(const caf::actor& watched) {
    caf::scoped_actor self(host->actor_system());
    self->monitor(watched);
    caf::error reason;
    self->receive([&](const caf::down_msg& down) { reason = down.reason; },
                  caf::after(std::chrono::seconds(60)) >> [] { ADD_FAILURE() << "no end"; });
    return reason;
  }
  caf::actor actor_of(const session& of) const {
    return caf::actor_cast<caf::actor>(session_actor_of(*host, of));
  }
};

TEST_F(session_actors, an_actor_calls_in_a_session_through_its_actor) {
  const auto basket = *calls.open_session("a");
  ASSERT_THAT(basket.call<int>("count", value(), limit), gives(1));
  caf::scoped_actor self(host->actor_system());
  int counted = 0;
  self->request(session_actor_of(*host, basket), 60s, call_atom::value, std::string("count"),
                value(), duration(limit))
      .receive([&](const value& result) { counted = result.as<int>().value_or(-1); },
               [](const caf::error&) { ADD_FAILURE() << "the call failed"; });
  EXPECT_EQ(counted, 2);
}

TEST_F(session_actors, an_error_of_a_session_reaches_the_actor_typed) {
  const auto basket = *calls.open_session("a");
  const auto actor = session_actor_of(*host, basket);
  ASSERT_TRUE(basket.end(limit));
  caf::scoped_actor self(host->actor_system());
  std::optional<call_error> told;
  self->request(actor, 60s, call_atom::value, std::string("count"), value(), duration(limit))
      .receive([](const value&) { ADD_FAILURE() << "it has ended"; },
               [&](const caf::error& failed) { told = call_error_from(failed); });
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, call_errc::session_ended);
}

TEST_F(session_actors, the_end_of_a_session_is_that_of_its_actor) {
  const auto basket = *calls.open_session("a");
  const auto actor = actor_of(basket);
  ASSERT_TRUE(actor);
  ASSERT_TRUE(basket.end(limit));
  EXPECT_EQ(end_of(actor), caf::error(caf::exit_reason::normal));
  EXPECT_FALSE(actor_of(basket));
}

TEST_F(session_actors, a_killed_actor_takes_its_session_with_it_and_the_worker_forgets_it) {
  const auto basket = *calls.open_session("a");
  ASSERT_THAT(basket.call<int>("count", value(), limit), gives(1));
  const auto actor = actor_of(basket);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  EXPECT_EQ(end_of(actor), caf::error(caf::exit_reason::kill));
  EXPECT_FALSE(basket.status());
  EXPECT_TRUE(live::eventually([&] {
    return calls.call("get_stats", value(), limit)->find("sessions")->as<int>().value_or(-1) == 0;
  }));
}

TEST_F(session_actors, a_tree_that_stops_ends_its_sessions_and_names_them_in_one_line) {
  for (int i = 0; i != 50; ++i) {
    ASSERT_TRUE(calls.open_session("s" + std::to_string(i)));
  }
  const auto tree = host->tree();
  ASSERT_EQ(tree.children.size(), 2U);
  EXPECT_EQ(tree.children[1].detail, "50 sessions");
  EXPECT_TRUE(tree.children[1].children.empty());
  host->stop();
  EXPECT_TRUE(live::eventually([&] { return calls.sessions().open == 0; }));
  EXPECT_FALSE(calls.open_session("later"));
  host.reset();
}

}  // namespace
}  // namespace slipway
