// slipway/tests/actors/pool_core_recycle_test.cpp
//
// Workers that are replaced before they go.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_core_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace slipway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class pool_core_recycling : public pool_core_fixture {
 protected:
  // Workers w1 … are ready; all that follow start asynchronously.
  void start_then_async(pool_core_options options) {
    start(std::move(options));
    workers.default_init = outcome::async{};
  }
  std::vector<std::string> recycle(std::uint64_t worker) {
    return happens(pool_event::recycle{worker_id{worker}, exit_reason::shutdown("old")});
  }
  std::vector<std::string> log() { return std::exchange(workers.log, {}); }
};

TEST_F(pool_core_recycling, an_idle_worker_goes_when_another_is_ready_in_its_place) {
  start_then_async({.pool_size = 2});
  EXPECT_THAT(recycle(1), IsEmpty());
  EXPECT_THAT(log(), ElementsAre("init w3"));
  EXPECT_EQ(core->ready_count(), 2U);
  EXPECT_EQ(core->surplus_count(), 1U);
  EXPECT_THAT(ready(3), IsEmpty());
  EXPECT_THAT(log(), ElementsAre("terminate w1 {shutdown, old}"));
  EXPECT_EQ(core->ready_count(), 2U);
  EXPECT_EQ(core->surplus_count(), 0U);
  EXPECT_EQ(core->to_be_started(), 0U);
}

TEST_F(pool_core_recycling, a_worker_that_starts_within_the_callback_replaces_at_once) {
  start(1);
  EXPECT_THAT(recycle(1), IsEmpty());
  EXPECT_THAT(log(), ElementsAre("init w2", "terminate w1 {shutdown, old}"));
  EXPECT_EQ(core->workers().size(), 1U);
}

TEST_F(pool_core_recycling, the_old_worker_serves_until_the_new_one_is_ready) {
  start_then_async({.pool_size = 1});
  recycle(1);
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w1"));
  EXPECT_THAT(checkin(1), IsEmpty());
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w1"));
}

TEST_F(pool_core_recycling, a_worker_with_a_client_goes_at_its_checkin) {
  start_then_async({.pool_size = 1});
  checkout(1);
  checkout(2);
  recycle(1);
  log();
  EXPECT_THAT(ready(2), ElementsAre("grant r2 w2"));
  EXPECT_THAT(log(), ElementsAre("checkout r2 w2"));
  EXPECT_EQ(core->ready_count(), 2U);
  EXPECT_EQ(core->surplus_count(), 1U);
  EXPECT_THAT(checkin(1), IsEmpty());
  EXPECT_THAT(log(), ElementsAre("checkin r1 w1", "terminate w1 {shutdown, old}"));
  EXPECT_EQ(core->ready_count(), 1U);
  EXPECT_EQ(core->to_be_started(), 0U);
  EXPECT_EQ(core->surplus_count(), 0U);
}

TEST_F(pool_core_recycling, a_replaced_worker_whose_client_fails_goes_for_that_reason) {
  start_then_async({.pool_size = 1});
  checkout(1);
  recycle(1);
  ready(2);
  log();
  cancel(1, broken);
  EXPECT_THAT(log(), ElementsAre("cancelled checked_out", "terminate w1 error broken: for good"));
  EXPECT_EQ(core->workers().size(), 1U);
  EXPECT_EQ(core->to_be_started(), 0U);
}

TEST_F(pool_core_recycling, a_replacement_whose_start_fails_leaves_the_worker_in_service) {
  start_then_async({.pool_size = 1, .retry = {.retries = 0}});
  recycle(1);
  EXPECT_THAT(failed(2), IsEmpty()) << "no delay, no breaker";
  EXPECT_FALSE(core->ended());
  EXPECT_EQ(core->counters().init_failures, 1U);
  EXPECT_EQ(core->workers().size(), 1U);
  EXPECT_EQ(core->surplus_count(), 0U);
  log();
  recycle(1);
  EXPECT_THAT(log(), ElementsAre("init w3")) << "it may be recycled again";
}

TEST_F(pool_core_recycling, a_replacement_that_fails_within_the_callback_leaves_the_worker_too) {
  start({.pool_size = 1, .retry = {.retries = 0}});
  workers.init.emplace_back(outcome::failed{broken});
  EXPECT_THAT(recycle(1), IsEmpty());
  EXPECT_FALSE(core->ended());
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w1"));
}

TEST_F(pool_core_recycling,
       a_worker_that_goes_before_its_replacement_is_ready_leaves_it_its_place) {
  start_then_async({.pool_size = 1});
  checkout(1);
  recycle(1);
  log();
  cancel(1, broken);
  EXPECT_THAT(log(), ElementsAre("cancelled checked_out", "terminate w1 error broken: for good"))
      << "and no second start";
  EXPECT_EQ(core->workers().size(), 1U);
  EXPECT_EQ(core->surplus_count(), 0U);
  EXPECT_THAT(failed(2), ElementsAre("retry 1 after 100")) << "an ordinary start from then on";
}

TEST_F(pool_core_recycling, a_worker_that_goes_before_its_replacement_begins_is_started_anew) {
  start_then_async({.pool_size = 2, .init_concurrency = 1});
  recycle(1);
  recycle(2);
  EXPECT_THAT(log(), ElementsAre("init w3"));
  workers.info = {outcome::ok{}, outcome::remove{broken}};
  happens(pool_event::info{});
  EXPECT_EQ(core->to_be_started(), 1U);
  log();
  ready(3);
  EXPECT_THAT(log(), ElementsAre("terminate w1 {shutdown, old}", "init w4"));
  ready(4);
  EXPECT_EQ(core->workers().size(), 2U);
}

TEST_F(pool_core_recycling, replacements_keep_to_init_concurrency) {
  start_then_async({.pool_size = 2, .init_concurrency = 1});
  recycle(1);
  recycle(2);
  EXPECT_EQ(core->starting_count(), 1U);
  log();
  ready(3);
  EXPECT_THAT(log(), ElementsAre("terminate w1 {shutdown, old}", "init w4"));
}

TEST_F(pool_core_recycling, a_worker_is_recycled_once_and_what_starts_or_is_gone_never) {
  start_then_async({.pool_size = 1});
  recycle(1);
  log();
  recycle(1);
  recycle(2);
  recycle(7);
  EXPECT_THAT(log(), IsEmpty());
  EXPECT_EQ(core->workers().size(), 2U);
}

TEST_F(pool_core_recycling, who_waits_for_the_replaced_worker_is_told_that_it_is_gone) {
  start_then_async({.pool_size = 1});
  checkout(1);
  checkout(2, 1, affinity::strict_queue);
  recycle(1);
  ready(2);
  EXPECT_THAT(checkin(1), ElementsAre("reject r2 worker_gone {shutdown, old}"));
}

TEST_F(pool_core_recycling, a_replacement_that_dies_while_the_old_worker_is_out_is_started_again) {
  start_then_async({.pool_size = 1});
  checkout(1);
  recycle(1);
  ready(2);
  checkout(2);
  log();
  cancel(2, broken);
  EXPECT_THAT(log(), ElementsAre("cancelled checked_out", "terminate w2 error broken: for good",
                                 "init w3"));
  EXPECT_THAT(checkin(1), IsEmpty());
  ready(3);
  EXPECT_EQ(core->workers().size(), 1U);
}

TEST_F(pool_core_recycling, a_lazy_pool_does_not_abort_a_replacement_for_want_of_requests) {
  start({.pool_size = 2, .lazy = true, .cancelled_init = cancelled_init::abort});
  checkout(1);
  workers.default_init = outcome::async{};
  recycle(1);
  checkout(2);
  EXPECT_THAT(checkout(3), IsEmpty());
  EXPECT_EQ(core->starting_count(), 2U);
  EXPECT_THAT(cancel(3, broken), IsEmpty());
  EXPECT_THAT(cancel(2, broken), ElementsAre("abort w3"));
  EXPECT_EQ(core->starting_count(), 1U);
}

TEST_F(pool_core_recycling, a_pool_that_ends_aborts_replacements_and_terminates_the_replaced) {
  start_then_async({.pool_size = 2});
  checkout(1);
  recycle(1);
  ready(3);
  recycle(2);
  log();
  EXPECT_THAT(happens(pool_event::stop{exit_reason::shutdown()}),
              ElementsAre("abort w4", "revoke r1", "exit shutdown"));
  EXPECT_THAT(log(), ElementsAre("terminate w2 shutdown", "terminate w3 shutdown",
                                 "terminate w1 shutdown", "terminate_pool shutdown"));
  EXPECT_EQ(core->surplus_count(), 0U);
}

}  // namespace
}  // namespace slipway
