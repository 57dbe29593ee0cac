// slipway/tests/harness/invariant_test.cpp
//
// Each rule by itself: a view made by hand that breaks it, and the one beside it that does not.
// Those of supervisors are in supervisor_invariant_test.
// Not here: a worker in one state, a pool in its bounds, first come first served, no lost wake-up. They
// look into the core of a pool, which no hand can bring into a wrong state; tests/mutants does.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/invariant.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/scenario.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::harness {
namespace {

using testing::HasSubstr;

std::string verdict(const invariant& rule, const run_view& view) {
  return rule.broken(view).value_or("");
}

// -- calls ----------------------------------------------------------------------------------------

std::string verdict(const invariant& rule, observed_call call) {
  run_view view;
  view.calls.push_back(std::move(call));
  return verdict(rule, view);
}

TEST(one_outcome_per_call, is_broken_by_none_and_by_two) {
  const auto rule = invariants::one_outcome_per_call();
  EXPECT_EQ(verdict(rule, {.client = "x", .command = "add", .outcomes = 0}),
            "call 'add' of x has 0 outcomes");
  EXPECT_EQ(verdict(rule, {.client = "x", .command = "add", .outcomes = 2}),
            "call 'add' of x has 2 outcomes");
  EXPECT_EQ(verdict(rule, {.outcomes = 1}), "");
  EXPECT_EQ(verdict(rule, {.outcomes = 0, .client_gone = true}), "");
}

TEST(no_reply_to_another_caller, is_broken_by_another_result_than_the_wanted_one) {
  const auto rule = invariants::no_reply_to_another_caller();
  EXPECT_EQ(verdict(rule, {.client = "x", .command = "add", .wanted = "1", .got = "2"}),
            "call 'add' of x got 2, not 1");
  EXPECT_EQ(verdict(rule, {.wanted = "1", .got = "1"}), "");
  EXPECT_EQ(verdict(rule, {.wanted = "1", .error = call_errc::timeout}), "");
  EXPECT_EQ(verdict(rule, {.got = "2"}), "");
}

// -- what only a simulation has -------------------------------------------------------------------

class an_end : public testing::Test {
 protected:
  an_end() {
    view_.run = &run_;
    view_.ports = ports_.get();
    view_.host = &host_;
    view_.supervisors.push_back({"top", {}, {{.id = "a"}}});
  }

  seeded_choices choices_{1};
  simulation run_{choices_};
  std::shared_ptr<simulated_ports> ports_ =
      std::make_shared<simulated_ports>(run_, counting_program);
  runtime host_{runtime_options{.machine = simulated_machine(run_, ports_, 1)}};
  run_view view_;
};

TEST_F(an_end, breaks_a_rule_when_a_child_is_started_behind_it) {
  const auto rule = invariants::nothing_started_after_shutdown();
  view_.events.push_back({"top", child_restarted{"a", 2}, time_point{}});
  view_.events.push_back({"top", supervisor_stopping{exit_reason::shutdown()}, time_point{}});
  EXPECT_EQ(verdict(rule, view_), "");
  view_.events.push_back({"top", child_started{"a", 3}, time_point{}});
  EXPECT_THAT(verdict(rule, view_), HasSubstr("while it is stopping"));
}

TEST_F(an_end, breaks_a_rule_when_a_process_is_started_behind_it) {
  const auto rule = invariants::nothing_started_after_shutdown();
  view_.events.push_back({"top", supervisor_stopped{exit_reason::shutdown()}, time_point{}, 0});
  EXPECT_EQ(verdict(rule, view_), "");
  view_.events.back().processes_opened = 1;
  EXPECT_EQ(verdict(rule, view_), "a process was started after the tree had stopped");
}

TEST_F(an_end, breaks_a_rule_when_an_actor_is_left) {
  const auto rule = invariants::nothing_left();
  EXPECT_EQ(verdict(rule, view_), "");
  const auto left = run_.actors().spawn(
      [](caf::event_based_actor* /*self*/) -> caf::behavior { return {[](int) {}}; });
  EXPECT_EQ(verdict(rule, view_), "1 actors are left");
  caf::anon_send_exit(left, caf::exit_reason::kill);
  while (run_.step()) {
  }
  EXPECT_EQ(verdict(rule, view_), "");
}

TEST_F(an_end, breaks_a_rule_when_the_runtime_is_still_in_use) {
  const auto rule = invariants::nothing_left();
  auto used = host_.hold();
  EXPECT_EQ(verdict(rule, view_), "the runtime is still in use");
  used.reset();
  EXPECT_EQ(verdict(rule, view_), "");
}

// What the rule says of a pool that waits for a worker which hangs, and of the same with a call more.
struct two_verdicts {
  std::string as_it_is;
  std::string with_a_call;
};

two_verdicts look_at_a_pool(const invariant& rule, bool call_of_this_run) {
  std::optional<two_verdicts> found;
  const invariant look{"a look", invariant::moment::at_rest,
                       [&](const run_view& view) -> std::optional<std::string> {
                         const auto pool = view.pools.front()->current();
                         if (!found && pool && !view.ports->processes().empty()) {
                           run_view more = view;
                           more.calls.push_back({.client = "x", .command = "add"});
                           if (call_of_this_run) {
                             more.calls.back().pool = pool;
                           }
                           found = {verdict(rule, view), verdict(rule, more)};
                         }
                         return std::nullopt;
                       }};
  const auto quiet = pool_scenario("quiet", {.workers = 1,
                                             .calls = 30,
                                             .clients = 1,
                                             .actor_clients = 0,
                                             .most_faults = 0,
                                             .most_ends = 0,
                                             .varied_pools = false});
  // Until one has a call that hangs.
  for (std::uint64_t seed = 1; !found && seed != 20; ++seed) {
    EXPECT_FALSE(run_once(quiet, {.seed = seed}, {&look, 1}).broken);
  }
  return found.value_or(two_verdicts{"never asked", "never asked"});
}

TEST(nothing_left, is_broken_by_a_process) {
  EXPECT_EQ(look_at_a_pool(invariants::nothing_left(), false).as_it_is, "process pool/1 is left");
}

TEST(calls_under_way_are_known, is_broken_by_one_that_its_pool_does_not_know) {
  const auto rule = invariants::calls_under_way_are_known();
  const auto unknown = look_at_a_pool(rule, true);
  EXPECT_EQ(unknown.as_it_is, "");
  EXPECT_THAT(unknown.with_a_call, HasSubstr("calls are under way"));
  // It was made before this run of the pool, and may be lost.
  EXPECT_EQ(look_at_a_pool(rule, false).with_a_call, "");
}

}  // namespace
}  // namespace slipway::harness
