// slipway/tests/harness/simulation_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/simulation.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using go_atom = caf::atom_constant<caf::atom("go")>;

std::string order_of(std::uint64_t seed) {
  seeded_choices choices(seed);
  simulation run(choices);
  std::string order;
  for (const char* name : {"a", "b"}) {
    const auto lane = run.add_lane(name);
    run.post(lane, "first", [&order, name] { order += std::string(name) + "1"; });
    run.post(lane, "second", [&order, name] { order += std::string(name) + "2"; });
  }
  while (run.step()) {
  }
  return order;
}

TEST(simulation, keeps_the_order_within_a_lane_and_reaches_each_between_lanes) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed != 200; ++seed) {
    orders.insert(order_of(seed));
  }
  EXPECT_THAT(orders, testing::UnorderedElementsAre("a1a2b1b2", "a1b1a2b2", "a1b1b2a2", "b1a1a2b2",
                                                    "b1a1b2a2", "b1b2a1a2"));
}

TEST(simulation, lets_time_pass_when_nobody_can_go_on) {
  seeded_choices choices(1);
  simulation run(choices);
  const auto begin = run.now();
  time_point ran{};
  run.time()->run_after(24h, [&] { ran = run.now(); });
  while (run.step()) {
  }
  EXPECT_EQ(ran - begin, 24h);
}

TEST(simulation, brings_delayed_messages_of_actors_at_their_virtual_time) {
  seeded_choices choices(1);
  simulation run(choices);
  const auto begin = run.now();
  time_point came{};
  const auto waiting = run.actors().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](go_atom) {
      came = run.now();
      self->quit();
    }};
  });
  caf::scoped_execution_unit host(&run.actors());
  run.actors().spawn(
      [&](caf::event_based_actor* self) { self->delayed_send(waiting, 10s, go_atom::value); });
  while (run.step()) {
  }
  EXPECT_EQ(came - begin, 10s);
}

TEST(simulation, lets_nothing_reach_an_actor_that_is_kept_busy_not_even_a_kill) {
  for (std::uint64_t seed = 0; seed != 100; ++seed) {
    seeded_choices choices(seed);
    simulation run(choices);
    const auto begin = run.now();
    time_point ended{};
    const auto busy = run.actors().spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](go_atom) {
        run.keep_busy(self->id(), 10s);
        run.keep_busy(self->id(), 1s);
      }};
    });
    busy->attach_functor([&] { ended = run.now(); });
    caf::anon_send(busy, go_atom::value);
    caf::anon_send(busy, caf::exit_msg{caf::actor_addr{}, caf::exit_reason::kill});
    bool rested = false;
    while (run.step()) {
      rested = rested || (!run.runnable() && ended == time_point{});
    }
    EXPECT_TRUE(rested);
    EXPECT_EQ(ended - begin, 10s);
  }
}

TEST(simulation, may_be_given_up_while_an_actor_is_kept_busy) {
  seeded_choices choices(1);
  simulation run(choices);
  const auto busy = run.actors().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](go_atom) { run.keep_busy(self->id(), 10s); }};
  });
  caf::anon_send(busy, go_atom::value);
  caf::anon_send(busy, go_atom::value);
  while (run.runnable()) {
    run.step();
  }
  run.abandon();
  EXPECT_FALSE(run.step());
}

TEST(simulation, lets_a_timeout_race_with_what_it_waits_for) {
  int timeouts = 0;
  int answers = 0;
  for (std::uint64_t seed = 0; seed != 1000; ++seed) {
    seeded_choices choices(seed);
    simulation run(choices);
    const auto lane = run.add_lane("process");
    bool over = false;
    run.time()->run_after(1s, [&] { timeouts += std::exchange(over, true) ? 0 : 1; });
    run.post(lane, "answers", [&] { answers += std::exchange(over, true) ? 0 : 1; });
    while (run.step()) {
    }
  }
  EXPECT_GT(timeouts, 0);
  EXPECT_GT(answers, timeouts);
}

TEST(simulation, holds_back_a_lane_that_is_paused) {
  seeded_choices choices(1);
  simulation run(choices);
  const auto lane = run.add_lane("process");
  bool ran = false;
  run.post(lane, "reads", [&] { ran = true; });
  run.pause(lane);
  EXPECT_FALSE(run.step());
  run.resume(lane);
  EXPECT_TRUE(run.step());
  EXPECT_TRUE(ran);
}

TEST(simulation, forgets_what_was_to_come_when_it_is_abandoned) {
  seeded_choices choices(1);
  simulation run(choices);
  run.post(run.io(), "reads", [] { FAIL(); });
  run.time()->run_after(1s, [] { FAIL(); });
  run.abandon();
  run.post(run.io(), "reads", [] { FAIL(); });
  EXPECT_FALSE(run.step());
}

}  // namespace
}  // namespace slipway::harness
