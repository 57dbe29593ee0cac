// slipway/tests/harness/supervisor_scenario_test.cpp
//
// That the faults of actors, and supervisors below others, do happen in the scenario `children`. That no
// rule is broken by them is explore_test's.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/replay_file.hpp>
#include <slipway/harness/supervisor_scenario.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;
using namespace std::chrono_literals;

const scenario& children() {
  static const scenario made = supervisor_scenario("children");
  return made;
}

// Shows each of so many runs at its end, all of the seed's plan or all of this one.
void look_at_runs(std::uint64_t seeds, const std::optional<fault_plan>& plan,
                  const std::function<void(const run_view&)>& look) {
  auto rules = invariants::all();
  rules.push_back(
      {"a look", invariant::moment::at_end, [&](const run_view& run) -> std::optional<std::string> {
         look(run);
         return std::nullopt;
       }});
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto run = run_once(children(), {.seed = seed, .plan = plan}, rules);
    EXPECT_FALSE(run.broken) << "seed " << seed << ": " << run.broken->what;
  }
}

// Why children ended when this struck at the first message to each of them.
std::vector<exit_reason> ends_by(fault what) {
  std::vector<exit_reason> ends;
  const fault_plan plan{{{.when = fault_when::nth_request{1},
                          .what = std::move(what),
                          .whom = {.tag = "child"},
                          .times = std::nullopt}}};
  look_at_runs(10, plan, [&](const run_view& run) {
    for (const auto& each : run.events) {
      if (const auto* exited = std::get_if<child_exited>(&each.what)) {
        ends.push_back(exited->reason);
      }
    }
  });
  return ends;
}

TEST(supervisor_scenario, has_each_fault_of_actors_strike_and_tells_so) {
  std::set<std::string> struck;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const auto run =
        run_once(children(), {.seed = seed, .trace = run_trace::detail::lines}, invariants::all());
    for (const auto& line : run.lines) {
      if (const auto at = line.find(" suffers "); at != std::string::npos) {
        const auto from = at + std::string(" suffers ").size();
        struck.insert(line.substr(from, line.find(' ', from) - from));
      }
    }
  }
  for (const auto& each : all_faults()) {
    EXPECT_EQ(struck.contains(std::string(name_of(each))), is_for_actors(each)) << name_of(each);
  }
}

TEST(supervisor_scenario, ends_children_as_their_faults_say) {
  EXPECT_THAT(ends_by(fault_what::actor_throw{}),
              Contains(Field(&exit_reason::type, HasSubstr("injected_exception"))));
  EXPECT_THAT(ends_by(fault_what::actor_exit{exit_reason::error("planned", "by a test")}),
              Contains(Field(&exit_reason::type, "planned")));
  EXPECT_THAT(ends_by(fault_what::actor_kill{}), Contains(exit_reason::killed()));
}

TEST(supervisor_scenario, goes_on_without_a_child_that_blocks_past_its_kill) {
  std::size_t left_behind = 0;
  std::size_t restarted = 0;
  const fault_plan plan{{{.when = fault_when::at_time{1s},
                          .what = fault_what::actor_block{1h},
                          .times = std::nullopt}}};
  look_at_runs(200, plan, [&](const run_view& run) {
    for (const auto& each : run.events) {
      left_behind += std::holds_alternative<child_outlives_kill>(each.what) ? 1 : 0;
      restarted += left_behind != 0 && std::holds_alternative<child_restarted>(each.what) ? 1 : 0;
    }
  });
  EXPECT_GT(left_behind, 0U);
  EXPECT_GT(restarted, 0U);
}

TEST(supervisor_scenario, loses_calls_with_the_messages_that_a_plan_loses) {
  const fault_plan plan{{{.when = fault_when::at_random{1, fault_chance::each_message},
                          .what = fault_what::drop_message{},
                          .times = std::nullopt}}};
  std::size_t asked = 0;
  look_at_runs(20, plan, [&](const run_view& run) {
    for (const auto& each : run.calls) {
      if (!each.wanted.empty()) {
        ++asked;
        EXPECT_TRUE(each.error) << each.command;
      }
    }
  });
  EXPECT_GT(asked, 0U);
}

TEST(supervisor_scenario, has_a_supervisor_below_the_other_in_some_runs_which_gives_up_in_a_few) {
  constexpr std::uint64_t seeds = 400;
  std::uint64_t nested = 0;
  std::size_t restarted = 0;
  look_at_runs(seeds, std::nullopt, [&](const run_view& run) {
    nested += run.supervisors.size() > 1 ? 1 : 0;
    bool gave_up_below = false;
    for (const auto& each : run.events) {
      gave_up_below =
          gave_up_below || (each.supervisor != "top" && std::holds_alternative<gave_up>(each.what));
      const auto* again = std::get_if<child_restarted>(&each.what);
      restarted += gave_up_below && again != nullptr && again->child == "lower" ? 1 : 0;
    }
  });
  EXPECT_THAT(nested, AllOf(Ge(seeds / 4), Le(seeds / 2)));
  EXPECT_GT(restarted, 0U);
}

// A rule that some runs break: no child may throw.
invariant no_exception() {
  return {"no exception", invariant::moment::each_step,
          [](const run_view& run) -> std::optional<std::string> {
            for (const auto& each : run.events) {
              const auto* exited = std::get_if<child_exited>(&each.what);
              if (exited != nullptr &&
                  exited->reason.type.find("injected_exception") != std::string::npos) {
                return exited->child + " threw";
              }
            }
            return std::nullopt;
          }};
}

TEST(supervisor_scenario, shrinks_a_broken_rule_to_the_fault_of_an_actor_that_breaks_it) {
  const std::vector<invariant> rules{no_exception()};
  const auto report = explore(children(), rules, {.seeds = 1000});
  ASSERT_TRUE(report.smallest);
  const auto& smallest = *report.smallest;
  ASSERT_THAT(smallest.setup.plan->rules, SizeIs(1));
  EXPECT_EQ(name_of(smallest.setup.plan->rules.front().what), "actor_throw");
  EXPECT_THAT(to_test(children(), smallest, "children()"), HasSubstr("fault_what::actor_throw{}"));

  const auto read = read_replay(to_text(replay_of(children(), smallest)), "replay.toml");
  ASSERT_TRUE(read) << read.error();
  const auto again =
      run_once(children(), {.seed = read->seed, .plan = read->plan, .steps = read->steps}, rules);
  ASSERT_TRUE(again.broken);
  EXPECT_EQ(again.hash, smallest.hash);
}

TEST(a_printed_test, keeps_the_reason_of_an_exit_by_plan) {
  run_result failed;
  const auto reason = exit_reason::error("planned", "by \"a\" test");
  failed.setup.plan =
      fault_plan{{{.when = fault_when::nth_request{1},
                   .what = fault_what::actor_exit{reason.with_cause(exit_reason::shutdown())}}}};
  EXPECT_THAT(to_test(children(), failed, "children()"),
              HasSubstr(R"(actor_exit{exit_reason{exit_kind::error, "planned", "by \"a\" test", )"
                        R"(nullptr, {}}.with_cause(exit_reason{exit_kind::shutdown, )"));
}

}  // namespace
}  // namespace slipway::harness
