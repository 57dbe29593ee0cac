// slipway/tests/harness/exhaust_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/exhaust.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

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

/// Two processes, each asked once, and what their host hears of them in its order.
class two_processes final : public scenario_run {
 public:
  two_processes(simulation& run, const fault_plan& plan, std::string& heard)
      : faults_(std::make_shared<fault_injector>(plan, 1, run.time(), nullptr)),
        ports_(run, counting_program, faults_),
        run_(run),
        heard_(heard) {
    heard_.clear();
    for (const char* name : {"pool/1", "pool/2"}) {
      port_options options;
      options.on_exit = [this, name](const port_exit& exit) {
        hear(name, to_string(exit.status));
        ++over_;
      };
      process_spec spec;
      spec.arguments = {"--worker-id", name};
      ports_.open(std::move(spec), std::move(options), owner_,
                  [this, name](auto opened) { ask(name, *opened); });
    }
  }
  two_processes(const two_processes&) = delete;
  two_processes& operator=(const two_processes&) = delete;
  two_processes(two_processes&&) = delete;
  two_processes& operator=(two_processes&&) = delete;
  ~two_processes() override { run_.abandon(); }

  [[nodiscard]] bool over() const override { return over_ == 2; }
  void stop() override {}
  [[nodiscard]] const run_view& view() const override { return view_; }

 private:
  void ask(const char* name, const std::shared_ptr<port>& opened) {
    byte_buffer frame;
    static_cast<void>(encode_request(codec::msgpack, 1, "ping", value::map({}), frame));
    opened->async_exchange(owner_, std::move(frame), deadline_after(run_.now(), duration::max()),
                           [this, name, opened](auto answer) {
                             hear(name, answer ? "answers" : to_string(answer.error().code));
                             opened->kill();
                           });
  }
  void hear(const char* name, const std::string& what) {
    heard_.append(name).append(" ").append(what).append("; ");
  }

  std::shared_ptr<fault_injector> faults_;
  simulated_ports ports_;
  port_owner_ptr owner_ = std::make_shared<port_owner>();
  simulation& run_;
  std::string& heard_;
  std::size_t over_ = 0;
  run_view view_;
};

struct all_orders {
  exhaustion_report report;
  std::set<std::string> heard;
};

all_orders orders_of(const fault_plan& plan, bool spares) {
  all_orders all;
  std::string heard;
  const scenario two{"two", [](std::uint64_t) { return fault_plan{}; },
                     [&heard](simulation& run, std::uint64_t, const fault_plan& given) {
                       return std::make_unique<two_processes>(run, given, heard);
                     }};
  const std::vector<invariant> rules{{"is heard", invariant::moment::at_end,
                                      [&](const run_view& /*run*/) -> std::optional<std::string> {
                                        all.heard.insert(heard);
                                        return std::nullopt;
                                      }}};
  all.report = exhaust(two, rules, {.spares = spares, .plan = plan});
  return all;
}

fault_plan plan_for(process_state state, std::optional<std::uint64_t> worker,
                    fault what = fault_what::kill{}) {
  fault_plan plan;
  plan.rules.push_back(
      {.when = fault_when::enters{state}, .what = std::move(what), .whom = {.worker = worker}});
  return plan;
}

struct named_plan {
  const char* name;
  fault_plan plan;
};

// How GoogleTest names it.
void PrintTo(const named_plan& what, std::ostream* to) {
  *to << what.name;
}

class spared_orders : public testing::TestWithParam<named_plan> {};

TEST_P(spared_orders, have_no_outcome_that_others_do_not_have) {
  const auto spared = orders_of(GetParam().plan, true);
  const auto all = orders_of(GetParam().plan, false);
  ASSERT_TRUE(spared.report.complete);
  ASSERT_TRUE(all.report.complete) << all.report.orders;
  EXPECT_EQ(spared.heard, all.heard);
  EXPECT_GT(all.heard.size(), 1U);
  EXPECT_LT(spared.report.orders * 2, all.report.orders);
}

// The last one strikes whoever comes first: what processes do on their own matters to each other.
INSTANTIATE_TEST_SUITE_P(
    with, spared_orders,
    testing::Values(named_plan{"no_fault", {}},
                    named_plan{"a_kill_of_the_first", plan_for(process_state::handshaking, 1)},
                    named_plan{"a_kill_of_the_second", plan_for(process_state::starting, 2)},
                    named_plan{"a_fault_of_whoever_comes_first",
                               plan_for(process_state::handshaking, std::nullopt,
                                        fault_what::overlong_length{})}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(exhaust, spares_as_much_with_a_plan_whose_rules_look_at_nobody) {
  EXPECT_EQ(orders_of(plan_for(process_state::starting, 3), true).report.orders,
            orders_of({}, true).report.orders);
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
