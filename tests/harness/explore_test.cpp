// slipway/tests/harness/explore_test.cpp
//
// The real pools, supervisors and sessions in many simulated runs, and what the harness says of runs
// that break a rule.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/pool_scenarios.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace slipway::harness {

// How GoogleTest names it.
void PrintTo(const scenario& what, std::ostream* to) {
  *to << what.name;
}

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

std::size_t schedules() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  const char* wanted = std::getenv("SLIPWAY_SCHEDULES");
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : SLIPWAY_TEST_SCHEDULES;
}

class each_scenario : public testing::TestWithParam<scenario> {};

TEST_P(each_scenario, breaks_no_rule_in_any_of_its_schedules) {
  const auto rules = invariants::all();
  const auto report = explore(GetParam(), rules, {.first_seed = 1, .seeds = schedules()});
  EXPECT_FALSE(report.failure) << to_text(GetParam(), *report.smallest)
                               << "\nThis seed again: SLIPWAY_SCHEDULES=" << report.runs
                               << " test_explore --gtest_filter='*" << GetParam().name << "*'\n"
                               << to_test(GetParam(), *report.smallest, "…");
  EXPECT_EQ(report.runs, schedules());
  // Calls that all failed would break nothing either.
  EXPECT_GT(report.results * 3, report.calls);
}

TEST_P(each_scenario, makes_the_same_run_of_the_same_seed) {
  const auto rules = invariants::all();
  for (std::uint64_t seed = 1; seed != 50; ++seed) {
    const auto first = run_once(GetParam(), {.seed = seed}, rules);
    const auto again = run_once(GetParam(), {.seed = seed}, rules);
    EXPECT_EQ(first.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(first.chosen, again.chosen) << "seed " << seed;
    const auto replayed = run_once(GetParam(), {.seed = seed, .steps = first.chosen}, rules);
    EXPECT_EQ(first.hash, replayed.hash) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(scenarios, each_scenario, testing::ValuesIn(pool_scenarios()),
                         [](const auto& each) { return each.param.name; });

std::uint64_t hash_of_some_runs() {
  std::uint64_t hash = 0;
  for (const auto& each : pool_scenarios()) {
    hash = hash * 31 + explore(each, {}, {.seeds = 20}).hash;
  }
  return hash;
}

// Where pointers are others, and the order of what is kept by them.
TEST(a_seed, makes_the_same_run_in_another_process) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  if (std::getenv("SLIPWAY_PRINT_HASH") != nullptr) {
    std::printf("hash %llu\n", static_cast<unsigned long long>(hash_of_some_runs()));
    return;
  }
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "SLIPWAY_PRINT_HASH=1 '" + self +
                              "' --gtest_filter=a_seed.makes_the_same_run_in_another_process";
  FILE* other = ::popen(command.c_str(), "r");
  ASSERT_NE(other, nullptr);
  std::string printed;
  for (int each = std::fgetc(other); each != EOF; each = std::fgetc(other)) {
    printed += static_cast<char>(each);
  }
  EXPECT_EQ(::pclose(other), 0);
  EXPECT_THAT(printed, HasSubstr("hash " + std::to_string(hash_of_some_runs()) + "\n"));
}

// A rule that some runs break: no worker may die of a half frame.
invariant no_protocol_error() {
  return {"no protocol error", invariant::moment::each_step,
          [](const run_view& run) -> std::optional<std::string> {
            for (const auto& each : run.calls) {
              if (each.error == call_errc::protocol_error) {
                return each.client + " got what is no answer";
              }
            }
            return std::nullopt;
          }};
}

class a_broken_rule : public testing::Test {
 protected:
  const scenario pool_ = pool_scenarios().front();
  const std::vector<invariant> rules_{no_protocol_error()};
};

TEST_F(a_broken_rule, ends_the_exploration_and_is_shrunk_to_the_fault_that_breaks_it) {
  const auto report = explore(pool_, rules_, {.seeds = 1000});
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->broken->name, "no protocol error");
  ASSERT_TRUE(report.smallest);
  EXPECT_THAT(report.smallest->setup.plan->rules, SizeIs(1));
  EXPECT_THAT(report.smallest->chosen.to_text().size(),
              Le(report.failure->chosen.to_text().size()));
}

TEST_F(a_broken_rule, is_broken_again_by_its_seed_its_plan_and_its_steps) {
  const auto report = explore(pool_, rules_, {.seeds = 1000});
  ASSERT_TRUE(report.smallest);
  const auto again = run_once(pool_, report.smallest->setup, rules_);
  ASSERT_TRUE(again.broken);
  EXPECT_EQ(again.broken->name, report.smallest->broken->name);
  EXPECT_EQ(again.hash, report.smallest->hash);
}

TEST_F(a_broken_rule, is_printed_as_a_test_with_its_plan_and_its_steps) {
  const auto report = explore(pool_, rules_, {.seeds = 1000});
  ASSERT_TRUE(report.smallest);
  const auto text = to_test(pool_, *report.smallest, "pool_scenarios().front()");
  EXPECT_THAT(text, HasSubstr("TEST(pool_regressions, seed_" +
                              std::to_string(report.smallest->setup.seed)));
  EXPECT_THAT(text, HasSubstr("plan.rules.push_back({\"rule "));
  EXPECT_THAT(text, HasSubstr("run_once(pool_scenarios().front(),"));
  EXPECT_THAT(to_text(pool_, *report.smallest), HasSubstr("\"no protocol error\" is broken"));
}

TEST(a_run, that_never_ends_is_a_broken_rule) {
  const auto run = run_once(pool_scenarios().front(), {.seed = 3, .most_steps = 50}, {});
  ASSERT_TRUE(run.broken);
  EXPECT_EQ(run.broken->name, "the run ends");
}

TEST(a_run, without_a_plan_has_no_fault_but_those_of_its_clients) {
  const auto run = run_once(pool_scenario("calm", {.most_faults = 0, .most_ends = 0}), {.seed = 5},
                            invariants::all());
  EXPECT_FALSE(run.broken);
  EXPECT_THAT(run.setup.plan->rules, IsEmpty());
}

}  // namespace
}  // namespace slipway::harness
