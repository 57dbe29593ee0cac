// slipway/tests/harness/draw_fault_plan_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/draw_fault_plan.hpp>
#include <slipway/harness/fault_plan_toml.hpp>
#include <slipway/harness/fault_text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::harness {
namespace {

using testing::IsSupersetOf;

std::vector<fault_rule> rules_of_many_seeds() {
  std::vector<fault_rule> rules;
  for (std::uint64_t seed = 1; seed != 3000; ++seed) {
    for (auto& each : draw_fault_plan(seed, 4).rules) {
      rules.push_back(std::move(each));
    }
  }
  return rules;
}

TEST(drawn_plans, have_every_fault_that_can_befall_a_process) {
  std::set<std::string_view> drawn;
  for (const auto& each : rules_of_many_seeds()) {
    drawn.insert(name_of(each.what));
  }
  std::set<std::string_view> wanted;
  for (const auto& each : all_faults()) {
    if (!is_for_actors(each)) {
      wanted.insert(name_of(each));
    }
  }
  EXPECT_THAT(drawn, IsSupersetOf(wanted));
}

TEST(drawn_plans, have_every_trigger) {
  std::set<std::size_t> drawn;
  for (const auto& each : rules_of_many_seeds()) {
    drawn.insert(each.when.index());
  }
  EXPECT_EQ(drawn.size(), std::variant_size_v<fault_trigger>);
}

// A rule that waits for one which does not come before it would be refused there.
TEST(drawn_plans, can_be_written_and_read_again) {
  for (std::uint64_t seed = 1; seed != 300; ++seed) {
    const fault_plan plan = draw_fault_plan(seed, 4);
    const auto read = read_fault_plan_text(to_toml(plan), "drawn");
    ASSERT_TRUE(read) << "seed " << seed << ": " << to_string(read.error().front());
    EXPECT_EQ(*read, plan) << "seed " << seed;
  }
}

TEST(drawn_plans, are_the_same_for_the_same_seed) {
  EXPECT_EQ(draw_fault_plan(7, 4), draw_fault_plan(7, 4));
  EXPECT_EQ(draw_fault_plan(7, 0), fault_plan{});
}

}  // namespace
}  // namespace slipway::harness
