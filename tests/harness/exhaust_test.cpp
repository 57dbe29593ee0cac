// slipway/tests/harness/exhaust_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/exhaust.hpp>
#include <slipway/harness/pool_scenarios.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace slipway::harness {
namespace {

/// Lanes "a", "b", … of so many steps each, all of one kind, that write down their order.
class toy_run final : public scenario_run {
 public:
  toy_run(simulation& run, lane_kind kind, std::size_t lanes, std::size_t steps,
          std::set<std::string>& orders)
      : left_(lanes * steps), orders_(orders) {
    for (std::size_t i = 0; i != lanes; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      const auto lane = run.add_lane(name, kind);
      for (std::size_t step = 0; step != steps; ++step) {
        run.post(lane, "steps", [this, name] {
          order_ += name;
          if (--left_ == 0) {
            orders_.insert(order_);
          }
        });
      }
    }
  }
  [[nodiscard]] bool over() const override { return left_ == 0; }
  void stop() override {}
  [[nodiscard]] const run_view& view() const override { return view_; }

 private:
  std::size_t left_;
  std::set<std::string>& orders_;
  std::string order_;
  run_view view_;
};

scenario toy(lane_kind kind, std::size_t lanes, std::size_t steps, std::set<std::string>& orders) {
  return {"toy", [](std::uint64_t) { return fault_plan{}; },
          [=, &orders](simulation& run, std::uint64_t, const fault_plan&) {
            return std::make_unique<toy_run>(run, kind, lanes, steps, orders);
          }};
}

TEST(exhaust, visits_each_order_of_steps_that_matter_to_each_other_once) {
  std::set<std::string> orders;
  const auto report = exhaust(toy(lane_kind::host, 3, 2, orders), {}, {});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.orders, 90U);  // 6! / (2! 2! 2!)
  EXPECT_EQ(orders.size(), 90U);
  EXPECT_EQ(report.spared, 0U);
}

TEST(exhaust, visits_one_order_of_steps_that_have_nothing_in_common) {
  std::set<std::string> orders;
  const auto report = exhaust(toy(lane_kind::apart, 3, 2, orders), {}, {});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.orders, 1U);
}

TEST(exhaust, makes_choices_beyond_its_depth_in_one_way) {
  std::set<std::string> orders;
  const auto report = exhaust(toy(lane_kind::host, 2, 3, orders), {}, {.depth = 2});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.orders, 4U);
}

TEST(exhaust, says_when_it_had_too_few_runs) {
  std::set<std::string> orders;
  const auto report = exhaust(toy(lane_kind::host, 3, 3, orders), {}, {.most_runs = 10});
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.orders, 10U);
}

TEST(exhaust, finds_the_order_that_breaks_a_rule) {
  std::set<std::string> orders;
  const std::vector<invariant> rules{{"not b first", invariant::moment::at_end,
                                      [&](const run_view&) -> std::optional<std::string> {
                                        return orders.contains("bbaa")
                                                   ? std::optional<std::string>("b came first")
                                                   : std::nullopt;
                                      }}};
  const auto report = exhaust(toy(lane_kind::host, 2, 2, orders), rules, {});
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->broken->name, "not b first");
}

TEST(exhaust, breaks_no_rule_of_a_pool_with_one_worker_two_calls_and_a_kill) {
  const auto tiny = pool_scenario("tiny", {.workers = 1,
                                           .calls = 2,
                                           .clients = 2,
                                           .actor_clients = 0,
                                           .most_faults = 0,
                                           .most_ends = 0,
                                           .varied_pools = false});
  fault_plan plan;
  plan.rules.push_back(
      {.name = "kill", .when = fault_when::nth_request{1}, .what = fault_what::kill{}});
  const auto rules = invariants::all();
  const auto report = exhaust(tiny, rules, {.depth = 14, .most_runs = 3000, .plan = plan});
  EXPECT_FALSE(report.failure) << report.failure->broken->what;
  EXPECT_GT(report.orders, 100U);
}

}  // namespace
}  // namespace slipway::harness
