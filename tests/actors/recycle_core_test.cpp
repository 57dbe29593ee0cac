// slipway/tests/actors/recycle_core_test.cpp
//
// Which workers are to be replaced, and how much memory a process holds.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/recycle_core.hpp>
#include <slipway/actors/resident_memory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <unistd.h>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class recycling : public testing::Test {
 protected:
  void with(const recycle_options& options) { core.emplace(options); }

  std::vector<std::string> look(const std::vector<worker_vitals>& workers) {
    std::vector<std::string> texts;
    for (const auto& order : core->look(workers, [this] {
           ++draws;
           return chance;
         })) {
      EXPECT_EQ(order.reason.kind, exit_kind::shutdown_term);
      texts.push_back(std::to_string(static_cast<std::uint64_t>(order.worker)) + " " +
                      order.reason.message);
    }
    return texts;
  }

  std::optional<recycle_core> core;
  double chance = 0;
  int draws = 0;
};

worker_vitals served(std::uint64_t worker, std::uint64_t requests) {
  return {.worker = worker_id{worker}, .served = requests};
}

TEST_F(recycling, each_limit_is_passed_when_it_is_reached_and_named_with_its_figures) {
  with({.max_requests = 100});
  EXPECT_THAT(look({served(1, 99)}), IsEmpty());
  EXPECT_THAT(look({served(1, 104)}), ElementsAre("1 max_requests: 104 of 100"));
  with({.max_age = 10s});
  EXPECT_THAT(look({{.worker = worker_id{1}, .age = 9999ms}}), IsEmpty());
  EXPECT_THAT(look({{.worker = worker_id{1}, .age = 10s}}),
              ElementsAre("1 max_age: 10000 of 10000 ms"));
  with({.max_idle = 2s});
  EXPECT_THAT(look({{.worker = worker_id{1}, .idle = 1999ms}}), IsEmpty());
  EXPECT_THAT(look({{.worker = worker_id{1}, .idle = 2500ms}}),
              ElementsAre("1 max_idle: 2500 of 2000 ms"));
  with({.max_resident_bytes = 1000});
  EXPECT_THAT(look({{.worker = worker_id{1}, .resident_bytes = 999}}), IsEmpty());
  EXPECT_THAT(look({{.worker = worker_id{1}, .resident_bytes = 1000}}),
              ElementsAre("1 max_resident_bytes: 1000 of 1000 bytes"));
}

TEST_F(recycling, what_is_unknown_or_busy_passes_no_limit_of_its_kind) {
  with({.max_idle = 1ns, .max_resident_bytes = 1});
  EXPECT_THAT(look({served(1, 1'000'000)}), IsEmpty());
}

TEST_F(recycling, jitter_lowers_the_limits_of_a_worker_by_its_own_chance) {
  with({.max_requests = 1000, .jitter = 0.2, .at_once = 9});
  chance = 0.5;
  EXPECT_THAT(look({served(1, 899)}), IsEmpty());
  chance = 0;
  EXPECT_THAT(look({served(1, 900), served(2, 900)}), ElementsAre("1 max_requests: 900 of 900"));
  EXPECT_EQ(draws, 2) << "once for each worker";
}

TEST_F(recycling, a_limit_of_one_stays_one_and_the_greatest_does_not_overflow) {
  with({.max_requests = 1, .jitter = 0.9});
  chance = 0.99;
  EXPECT_THAT(look({served(1, 0)}), IsEmpty());
  with({.max_requests = std::numeric_limits<std::uint64_t>::max(), .max_age = duration::max()});
  chance = 0;
  EXPECT_THAT(look({served(1, 1'000'000)}), IsEmpty());
}

TEST_F(recycling, no_more_are_replaced_at_one_time_than_at_once_says) {
  with({.max_requests = 1});
  EXPECT_THAT(look({served(3, 5), served(1, 1), served(2, 9)}),
              ElementsAre("1 max_requests: 1 of 1"));
  worker_vitals under_way = served(1, 1);
  under_way.retiring = true;
  EXPECT_THAT(look({under_way, served(2, 9)}), IsEmpty());
  with({.max_requests = 1, .at_once = 3});
  EXPECT_THAT(look({under_way, served(2, 9), served(3, 9), served(4, 9)}),
              ElementsAre("2 max_requests: 9 of 1", "3 max_requests: 9 of 1"));
}

TEST_F(recycling, memory_is_more_urgent_than_requests_these_than_age_and_age_than_idle_time) {
  with({.max_requests = 1, .max_age = 1ms, .max_idle = 1ms, .max_resident_bytes = 1, .at_once = 9});
  EXPECT_THAT(look({{.worker = worker_id{1}, .idle = 1ms},
                    {.worker = worker_id{2}, .age = 1ms, .idle = 1ms},
                    {.worker = worker_id{3}, .served = 1, .age = 1ms},
                    {.worker = worker_id{4}, .served = 1, .resident_bytes = 7}}),
              ElementsAre("4 max_resident_bytes: 7 of 1 bytes", "3 max_requests: 1 of 1",
                          "2 max_age: 1 of 1 ms", "1 max_idle: 1 of 1 ms"));
}

TEST_F(recycling, options_that_make_no_sense_are_told) {
  const recycle_options good{.max_requests = 1};
  EXPECT_FALSE(flaw_of(good));
  EXPECT_TRUE(flaw_of(recycle_options{})) << "no limit at all";
  EXPECT_TRUE(flaw_of(recycle_options{.max_requests = 0}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_age = duration::zero()}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_idle = -1s}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_resident_bytes = 0}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_requests = 1, .jitter = 1}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_requests = 1, .jitter = -0.1}));
  EXPECT_TRUE(flaw_of(
      recycle_options{.max_requests = 1, .jitter = std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_requests = 1, .at_once = 0}));
  EXPECT_TRUE(flaw_of(recycle_options{.max_requests = 1, .check_interval = duration::zero()}));
}

TEST(resident_memory, grows_with_what_a_process_writes_to) {
  constexpr std::size_t more = std::size_t{64} << 20;
  const auto before = resident_memory_of(::getpid());
  ASSERT_TRUE(before);
  const std::vector<char> written(more, 'x');
  const auto after = resident_memory_of(::getpid());
  ASSERT_TRUE(after);
  EXPECT_GE(*after, *before + more / 2) << written.back();
}

TEST(resident_memory, of_a_process_that_is_not_there_is_unknown) {
  EXPECT_EQ(resident_memory_of(-1), std::nullopt);
  EXPECT_EQ(resident_memory_of(std::numeric_limits<int>::max()), std::nullopt);
}

}  // namespace
}  // namespace slipway
