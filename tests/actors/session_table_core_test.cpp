// slipway/tests/actors/session_table_core_test.cpp
//
// Which worker a call of a session gets, when it is told of a loss, when a session ends.
//
// SPDX-License-Identifier: Apache-2.0
#include "session_table_life.hpp"
#include <slipway/actors/session_table_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr worker_ref first{1, worker_id{1}};
constexpr worker_ref second{1, worker_id{2}};

struct describe_step {
  std::string operator()(const session_step::ended&) const { return "ended"; }
  std::string operator()(const session_step::lost& step) const {
    return "lost " + std::to_string(step.loss.number) + ": " + step.loss.reason.type;
  }
  std::string operator()(const session_step::any_worker&) const { return "any"; }
  std::string operator()(const session_step::this_worker& step) const {
    return std::string(to_string(step.wish.mode)) + " w" +
           std::to_string(static_cast<std::uint64_t>(step.wish.worker));
  }
  std::string operator()(const session_step::proceed&) const { return "proceed"; }
  std::string operator()(const session_step::begin&) const { return "begin"; }
  std::string operator()(const session_step::rebuild& step) const {
    return "rebuild " + std::to_string(step.loss.number);
  }
};

class session_tables : public ::testing::Test {
 protected:
  session_table_core core{session_options{.max_sessions = 3}};
  time_point now{1h};
  std::optional<session_remains> remains;

  session_number open(const std::string& id, const session_spec& spec = {},
                      bool has_rebuild = false) {
    return core.open(id, spec, has_rebuild, now)->number;
  }
  std::string place(session_number of, std::uint64_t told = 0) const {
    return std::visit(describe_step{}, core.place(of, told));
  }
  std::string grant(session_number of, worker_ref worker, std::uint64_t told = 0) {
    remains.reset();
    return std::visit(describe_step{}, core.granted(of, worker, told, remains));
  }
  bool enter(session_number of, std::uint64_t call) {
    return core.enter(of, session_call_number{call});
  }
  std::uint64_t leave(session_number of, bool ok = true) {
    const auto next = core.leave(of, ok, now);
    return next ? static_cast<std::uint64_t>(*next) : 0;
  }
  // A whole first call on this worker.
  void settle(session_number of, worker_ref worker) {
    ASSERT_TRUE(enter(of, 1));
    ASSERT_EQ(grant(of, worker), "begin");
    core.bind(of, worker);
    leave(of);
  }
  void die(worker_ref worker) {
    static_cast<void>(core.worker_lost(worker, exit_reason::error("port_closed", "killed")));
  }
};

TEST_F(session_tables, the_first_call_takes_any_worker_and_the_next_ones_insist_on_it) {
  const auto basket = open("basket");
  EXPECT_TRUE(enter(basket, 1));
  EXPECT_EQ(place(basket), "any");
  EXPECT_EQ(grant(basket, second), "begin");
  core.bind(basket, second);
  leave(basket);
  EXPECT_EQ(place(basket), "strict_queue w2");
  EXPECT_EQ(grant(basket, second), "proceed");
}

TEST_F(session_tables, one_call_at_a_time_and_the_others_in_their_order) {
  const auto basket = open("basket");
  EXPECT_TRUE(enter(basket, 1));
  EXPECT_FALSE(enter(basket, 2));
  EXPECT_FALSE(enter(basket, 3));
  EXPECT_FALSE(enter(basket, 4));
  EXPECT_TRUE(core.withdraw(basket, session_call_number{3}));
  EXPECT_FALSE(core.withdraw(basket, session_call_number{1})) << "its turn has come";
  EXPECT_EQ(leave(basket), 2U);
  EXPECT_EQ(leave(basket), 4U);
  EXPECT_EQ(leave(basket), 0U);
  EXPECT_TRUE(enter(basket, 5));
}

TEST_F(session_tables, a_loss_is_told_to_each_handle_once_and_then_the_session_begins_anew) {
  const auto basket = open("basket");
  settle(basket, first);
  die(first);
  EXPECT_EQ(place(basket, 0), "lost 1: port_closed");
  EXPECT_EQ(place(basket, 1), "any");
  EXPECT_EQ(grant(basket, second, 1), "begin");
  core.bind(basket, second);
  EXPECT_EQ(place(basket, 0), "lost 1: port_closed") << "another handle has not been told";
  EXPECT_EQ(place(basket, 1), "strict_queue w2");
}

TEST_F(session_tables, two_losses_that_a_handle_slept_through_are_told_as_the_last) {
  const auto basket = open("basket");
  settle(basket, first);
  die(first);
  ASSERT_EQ(grant(basket, second, 1), "begin");
  core.bind(basket, second);
  die(second);
  EXPECT_EQ(place(basket, 0), "lost 2: port_closed");
  EXPECT_EQ(place(basket, 2), "any");
}

TEST_F(session_tables, with_a_rebuild_a_loss_is_made_good_instead_of_told) {
  const auto basket = open("basket", {}, true);
  settle(basket, first);
  die(first);
  EXPECT_EQ(place(basket), "any");
  EXPECT_EQ(grant(basket, second), "rebuild 1");
  core.bind(basket, second);
  EXPECT_EQ(place(basket), "strict_queue w2");
  EXPECT_EQ(grant(basket, second), "proceed");
  EXPECT_EQ(core.counts().rebuilds, 1U);
}

TEST_F(session_tables, a_rebuild_that_failed_is_tried_again_by_the_next_call) {
  const auto basket = open("basket", {}, true);
  settle(basket, first);
  die(first);
  ASSERT_TRUE(enter(basket, 2));
  ASSERT_EQ(grant(basket, second), "rebuild 1");
  leave(basket, false);  // never bound
  EXPECT_EQ(place(basket), "any");
  EXPECT_EQ(grant(basket, second), "rebuild 1");
}

TEST_F(session_tables, what_was_rebuilt_for_a_call_that_was_never_sent_is_rebuilt_again) {
  const auto basket = open("basket", {}, true);
  settle(basket, first);
  die(first);
  ASSERT_EQ(grant(basket, second), "rebuild 1");
  core.bind(basket, second);
  core.unbind(basket);
  die(second);
  EXPECT_EQ(core.counts().losses, 1U);
  EXPECT_EQ(grant(basket, first), "rebuild 1");
}

TEST_F(session_tables, a_first_call_that_was_never_sent_loses_nothing) {
  const auto basket = open("basket");
  ASSERT_EQ(grant(basket, first), "begin");
  core.bind(basket, first);
  core.unbind(basket);
  die(first);
  EXPECT_EQ(place(basket), "any");
  EXPECT_EQ(core.counts().losses, 0U);
}

TEST_F(session_tables, a_hint_that_gets_another_worker_has_lost_its_state_and_leaves_some_behind) {
  const auto basket = open("basket", {.mode = affinity::hint});
  settle(basket, first);
  EXPECT_EQ(place(basket), "hint w1");
  EXPECT_EQ(grant(basket, second), "lost 1: moved");
  ASSERT_TRUE(remains);
  EXPECT_EQ(remains->worker, first);
  EXPECT_EQ(place(basket, 1), "any");
  EXPECT_FALSE(core.is_home("basket", first));
}

TEST_F(session_tables, a_hint_with_a_rebuild_moves_with_its_state) {
  const auto basket = open("basket", {.mode = affinity::hint}, true);
  settle(basket, first);
  EXPECT_EQ(grant(basket, second), "rebuild 1");
  core.bind(basket, second);
  EXPECT_TRUE(core.is_home("basket", second));
}

TEST_F(session_tables, a_worker_that_is_found_gone_is_a_loss_even_if_nobody_said_so) {
  const auto basket = open("basket");
  settle(basket, first);
  core.home_gone(basket, std::nullopt);
  EXPECT_EQ(place(basket), "lost 1: worker_gone");
  die(first);
  EXPECT_EQ(core.counts().losses, 1U) << "one loss is one";
}

TEST_F(session_tables, a_worker_with_the_same_id_in_the_next_run_of_the_pool_is_another) {
  const auto basket = open("basket");
  settle(basket, first);
  const worker_ref again{2, first.worker};
  EXPECT_EQ(grant(basket, again), "lost 1: moved");
}

TEST_F(session_tables, the_end_of_a_run_loses_the_sessions_of_all_its_workers) {
  const auto a = open("a");
  const auto b = open("b");
  const auto c = open("c");
  settle(a, first);
  settle(b, second);
  settle(c, {2, worker_id{1}});
  EXPECT_THAT(core.run_ended(1, exit_reason::killed()), SizeIs(2));
  EXPECT_EQ(place(a).substr(0, 6), "lost 1");
  EXPECT_EQ(place(b).substr(0, 6), "lost 1");
  EXPECT_EQ(place(c), "strict_queue w1");
}

TEST_F(session_tables, one_too_many_is_refused_and_an_end_makes_room) {
  open("a");
  const auto b = open("b");
  open("c");
  const auto refused = core.open("d", {}, false, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, session_errc::too_many);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("session 'd'"));
  ASSERT_TRUE(core.end(b));
  EXPECT_TRUE(core.open("d", {}, false, now));
}

TEST_F(session_tables, an_id_that_is_open_is_found_and_not_begun) {
  const auto a = open("a");
  const auto again = core.open("a", {.mode = affinity::hint}, true, now);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->number, a);
  EXPECT_FALSE(again->begun);
}

TEST_F(session_tables, an_empty_id_and_a_time_to_live_of_nothing_are_refused) {
  EXPECT_EQ(core.open("", {}, false, now).error().code, session_errc::invalid_id);
  session_spec spec;
  spec.time_to_live = std::optional<duration>(0ms);
  EXPECT_EQ(core.open("a", spec, false, now).error().code, session_errc::invalid_options);
}

TEST_F(session_tables, after_the_end_every_call_that_waits_finds_it_ended) {
  const auto a = open("a");
  settle(a, first);
  ASSERT_TRUE(enter(a, 1));
  ASSERT_FALSE(enter(a, 2));
  const auto over = core.end(a);
  ASSERT_TRUE(over && over->remains);
  EXPECT_EQ(over->remains->worker, first);
  EXPECT_FALSE(core.end(a)) << "twice";
  EXPECT_TRUE(core.is_known(a)) << "a call is under way";
  EXPECT_EQ(leave(a), 2U);
  EXPECT_EQ(place(a), "ended");
  EXPECT_EQ(leave(a), 0U);
  EXPECT_FALSE(core.is_known(a));
  EXPECT_TRUE(enter(a, 3));
  EXPECT_EQ(place(a), "ended");
}

TEST_F(session_tables, an_id_that_ended_means_a_new_session_without_its_losses) {
  const auto a = open("a");
  settle(a, first);
  die(first);
  ASSERT_TRUE(core.end(a));
  const auto next = open("a");
  EXPECT_NE(next, a);
  EXPECT_EQ(place(next), "any");
}

TEST_F(session_tables, an_idle_session_expires_after_its_time_and_a_busy_one_does_not) {
  session_spec spec;
  spec.time_to_live = std::optional<duration>(10s);
  const auto a = open("a", spec);
  const auto b = open("b", spec);
  settle(a, first);
  now += 4s;
  ASSERT_TRUE(enter(b, 1));
  EXPECT_EQ(core.next_expiry(), time_point(1h) + 10s);
  now += 6s;
  const auto over = core.expire(now);
  ASSERT_THAT(over, SizeIs(1));
  EXPECT_EQ(over[0].id, "a");
  ASSERT_TRUE(over[0].remains);
  EXPECT_EQ(over[0].remains->worker, first);
  EXPECT_EQ(core.next_expiry(), std::nullopt);
  leave(b);
  EXPECT_EQ(core.next_expiry(), now + 10s);
  EXPECT_THAT(core.expire(now + 9s), IsEmpty());
  EXPECT_THAT(core.expire(now + 10s), SizeIs(1));
  EXPECT_EQ(core.counts().expired, 2U);
}

TEST_F(session_tables, a_session_tells_its_numbers) {
  const auto a = open("a");
  settle(a, first);
  now += 3s;
  const auto told = core.status(a, now);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->calls, 1U);
  EXPECT_EQ(told->failed, 0U);
  EXPECT_EQ(told->home, first);
  EXPECT_EQ(told->idle, 3s);
  ASSERT_TRUE(core.end(a));
  EXPECT_FALSE(core.status(a, now));
}

TEST(session_table_lives, no_call_proceeds_on_a_worker_without_the_state_whatever_happens) {
  int answered = 0;
  int told_lost = 0;
  for (unsigned seed = 1; seed != 200 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    lives::session_table_life life(seed);
    life.run(1000);
    answered += life.answered;
    told_lost += life.told_lost;
  }
  EXPECT_GT(answered, 50'000);
  EXPECT_GT(told_lost, 1'000);
}

}  // namespace
}  // namespace slipway
