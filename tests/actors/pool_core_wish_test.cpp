// slipway/tests/actors/pool_core_wish_test.cpp
//
// Requests that want a certain worker.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_core_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class pool_core_wishes : public pool_core_fixture {};

TEST_F(pool_core_wishes, an_idle_worker_is_given_to_whoever_wants_it_whatever_the_mode) {
  start(3);
  EXPECT_THAT(checkout(1, 3, affinity::strict_queue), ElementsAre("grant r1 w3"));
  EXPECT_THAT(checkout(2, 2, affinity::hint), ElementsAre("grant r2 w2"));
  EXPECT_THAT(checkout(3, 1, affinity::strict_fail_fast), ElementsAre("grant r3 w1"));
}

TEST_F(pool_core_wishes, a_hint_takes_another_worker_rather_than_wait) {
  start(2);
  checkout(1, 2, affinity::strict_queue);
  EXPECT_THAT(checkout(2, 2, affinity::hint), ElementsAre("grant r2 w1"));
  EXPECT_THAT(checkout(3, 2, affinity::hint), IsEmpty());
  EXPECT_THAT(checkin(2), ElementsAre("grant r3 w1"));
}

TEST_F(pool_core_wishes, who_insists_waits_beside_idle_workers_for_the_one) {
  start(2);
  checkout(1, 2, affinity::strict_queue);
  EXPECT_THAT(checkout(2, 2, affinity::strict_queue), IsEmpty());
  EXPECT_EQ(core->queue_length(), 1U);
  EXPECT_THAT(checkout(3), ElementsAre("grant r3 w1"));
  EXPECT_THAT(checkin(3), IsEmpty());
  EXPECT_THAT(checkin(1), ElementsAre("grant r2 w2"));
  EXPECT_EQ(core->queue_length(), 0U);
}

TEST_F(pool_core_wishes, a_worker_serves_who_insists_and_who_does_not_in_the_order_of_arrival) {
  start(1);
  checkout(1);
  checkout(2, 1, affinity::strict_queue);
  checkout(3);
  checkout(4, 1, affinity::strict_queue);
  EXPECT_THAT(checkin(1), ElementsAre("grant r2 w1"));
  EXPECT_THAT(checkin(2), ElementsAre("grant r3 w1"));
  EXPECT_THAT(checkin(3), ElementsAre("grant r4 w1"));
}

TEST_F(pool_core_wishes, fail_fast_is_refused_a_worker_that_is_busy_and_costs_nothing) {
  start(2);
  checkout(1, 1, affinity::strict_queue);
  EXPECT_THAT(checkout(2, 1, affinity::strict_fail_fast), ElementsAre("reject r2 worker_busy"));
  EXPECT_EQ(core->queue_length(), 0U);
  EXPECT_EQ(core->idle_count(), 1U);
}

TEST_F(pool_core_wishes, who_waits_for_a_worker_is_told_why_it_went) {
  start(2);
  checkout(1, 1, affinity::strict_queue);
  checkout(2, 1, affinity::strict_queue);
  checkout(3, 1, affinity::strict_queue);
  EXPECT_THAT(cancel(1, broken), ElementsAre("reject r2 worker_gone " + to_string(broken),
                                             "reject r3 worker_gone " + to_string(broken)));
  EXPECT_EQ(core->queue_length(), 0U);
}

TEST_F(pool_core_wishes, nobody_waits_for_a_worker_that_is_not_there_or_is_still_starting) {
  workers.default_init = outcome::async{};
  start(1);
  EXPECT_THAT(checkout(1, 1, affinity::strict_queue), ElementsAre("reject r1 worker_gone"));
  EXPECT_THAT(checkout(2, 7, affinity::strict_fail_fast), ElementsAre("reject r2 worker_gone"));
  EXPECT_THAT(checkout(3, 7, affinity::hint), IsEmpty()) << "any other will do";
}

TEST_F(pool_core_wishes, a_worker_that_is_broken_at_checkout_is_gone_for_who_insists) {
  start(1);
  workers.checkout.push_back(outcome::remove{broken});
  EXPECT_THAT(checkout(1, 1, affinity::strict_queue),
              ElementsAre("reject r1 worker_gone " + to_string(broken)));
}

TEST_F(pool_core_wishes, who_insists_leaves_the_queue_by_cancel_and_by_its_deadline) {
  start(1);
  checkout(1);
  checkout(2, 1, affinity::strict_queue);
  checkout(3, 1, affinity::strict_queue, milliseconds(10));
  checkout(4, 1, affinity::strict_queue);
  cancel(2, exit_reason::timeout());
  time_passes(milliseconds(20));
  EXPECT_THAT(checkin(1), ElementsAre("forget r3", "grant r4 w1"));
  EXPECT_EQ(core->queue_length(), 0U);
}

TEST_F(pool_core_wishes, who_insists_counts_for_the_limit_of_the_queue) {
  start({.pool_size = 2, .max_queue = 1});
  checkout(1, 1, affinity::strict_queue);
  checkout(2, 1, affinity::strict_queue);
  EXPECT_THAT(checkout(3, 1, affinity::strict_queue), ElementsAre("reject r3 overloaded"));
}

}  // namespace
}  // namespace slipway
