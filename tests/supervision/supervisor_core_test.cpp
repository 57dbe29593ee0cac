// tests/supervision/supervisor_core_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "core_driver.hpp"
#include <slipway/supervision/supervisor_core.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::boom;
using testing::core_driver;
using testing::declines;
using testing::fails;
using testing::hangs;
using testing::lines;
using testing::rules;

constexpr auto permanent = restart_type::permanent;
constexpr auto transient = restart_type::transient;
constexpr auto temporary = restart_type::temporary;

supervisor_flags allowing(unsigned intensity, std::chrono::milliseconds period = 5s) {
  return {.intensity = intensity, .period = period};
}

supervisor_flags with(restart_strategy strategy, unsigned intensity = 3) {
  return {.strategy = strategy, .intensity = intensity};
}

// -- start and stop -------------------------------------------------------------------------------

TEST(supervisor_core, children_start_in_order_and_stop_in_reverse) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c")}};
  tree.start();
  EXPECT_EQ(tree.take(), (lines{"start a#1", "start b#1", "start c#1", "started"}));
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop b#1", "stop a#1", "exit shutdown"}));
  EXPECT_TRUE(tree.core().ended());
}

TEST(supervisor_core, the_next_child_starts_only_when_the_one_before_has_acknowledged) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.script("a", {hangs()});
  tree.start();
  EXPECT_EQ(tree.take(), (lines{"start a#1"}));
  tree.started("a");
  EXPECT_EQ(tree.take(), (lines{"start b#1", "started"}));
}

TEST(supervisor_core, a_supervisor_without_children_starts_and_stops) {
  core_driver tree{{}, {}};
  tree.start();
  tree.stop(boom());
  EXPECT_EQ(tree.take(), (lines{"started", "exit error boom"}));
}

TEST(supervisor_core,
     the_supervisor_ends_with_the_reason_it_was_told_and_its_children_with_shutdown) {
  for (const exit_reason& reason :
       {exit_reason::normal(), exit_reason::shutdown("drained"), boom()}) {
    core_driver tree{{}, {rules("a")}};
    tree.start();
    tree.take();
    tree.stop(reason);
    EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit " + to_string(reason)}));
  }
}

TEST(supervisor_core, a_failed_start_stops_the_earlier_children_and_never_starts_the_later) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c"), rules("d")}};
  tree.script("c", {fails(boom())});
  tree.start();
  EXPECT_EQ(tree.take(),
            (lines{"start a#1", "start b#1", "start c#1", "stop b#1", "stop a#1",
                   "exit {shutdown, failed_to_start_child c} (caused by error boom)"}));
}

TEST(supervisor_core, a_child_that_ends_before_it_acknowledges_is_a_failed_start_with_its_reason) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.script("b", {hangs()});
  tree.start();
  tree.down("b", exit_reason::killed());
  EXPECT_EQ(tree.take(), (lines{"start a#1", "start b#1", "stop a#1",
                                "exit {shutdown, failed_to_start_child b} (caused by killed)"}));
}

TEST(supervisor_core, a_late_acknowledgement_of_a_failed_start_changes_nothing) {
  core_driver tree{allowing(3), {rules("a")}};
  tree.start();
  tree.script("b", {hangs()});
  const call_number call = tree.start_child(rules("b"));
  tree.down("b", boom());
  EXPECT_EQ(tree.reply(call), "error start_failed error boom");
  tree.started("b");
  EXPECT_EQ(tree.which(), "a=a#1");
}

TEST(supervisor_core, what_comes_before_the_start_waits_for_it) {
  core_driver tree{{}, {rules("a")}};
  const call_number call = tree.call(supervisor_call::which_children{});
  EXPECT_EQ(tree.reply(call), "none");
  tree.start();
  EXPECT_EQ(tree.reply(call), "a=a#1");
}

TEST(supervisor_core, a_stop_during_the_start_is_obeyed_once_all_children_run) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.script("a", {hangs()});
  tree.start();
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"start a#1"}));
  tree.started("a");
  EXPECT_EQ(tree.take(), (lines{"start b#1", "started", "stop b#1", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, a_child_that_crashes_while_a_later_one_starts_is_restarted_after_the_start) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.script("b", {hangs()});
  tree.start();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"start a#1", "start b#1"}));
  tree.started("b");
  EXPECT_EQ(tree.take(), (lines{"started", "start a#2"}));
}

TEST(supervisor_core, ignore_keeps_the_spec_unless_the_child_is_temporary) {
  core_driver tree{{}, {rules("p"), rules("t", transient), rules("x", temporary)}};
  for (const char* id : {"p", "t", "x"}) {
    tree.script(id, {declines()});
  }
  tree.start();
  EXPECT_EQ(tree.which(), "t=idle p=idle");
  EXPECT_EQ(tree.count(), "specs 2 active 0 supervisors 0 workers 2");
  EXPECT_EQ(tree.reply(tree.restart_child("p")), "ok p#2");
  EXPECT_EQ(tree.forgotten(), 1u);
}

// -- which end is followed by a restart -----------------------------------------------------------

struct restart_case {
  restart_type restart;
  exit_reason reason;
  bool restarted;
  std::string which;
};

// How GoogleTest names it.
void PrintTo(const restart_case& what, std::ostream* to) {
  *to << to_string(what.restart) << " after " << to_string(what.reason);
}

class restart_rule : public ::testing::TestWithParam<restart_case> {};

TEST_P(restart_rule, decides_by_restart_type_and_reason) {
  const restart_case& given = GetParam();
  core_driver tree{{}, {rules("a", given.restart), rules("z")}};
  tree.start();
  tree.take();
  tree.down("a", given.reason);
  EXPECT_EQ(tree.take(), given.restarted ? lines{"start a#2"} : lines{})
      << to_string(given.restart) << " after " << to_string(given.reason);
  EXPECT_EQ(tree.which(), given.which);
}

INSTANTIATE_TEST_SUITE_P(
    supervisor_core, restart_rule,
    ::testing::Values(restart_case{permanent, exit_reason::normal(), true, "z=z#1 a=a#2"},
                      restart_case{permanent, exit_reason::shutdown(), true, "z=z#1 a=a#2"},
                      restart_case{permanent, exit_reason::shutdown("x"), true, "z=z#1 a=a#2"},
                      restart_case{permanent, exit_reason::killed(), true, "z=z#1 a=a#2"},
                      restart_case{permanent, boom(), true, "z=z#1 a=a#2"},
                      restart_case{transient, exit_reason::normal(), false, "z=z#1 a=idle"},
                      restart_case{transient, exit_reason::shutdown(), false, "z=z#1 a=idle"},
                      restart_case{transient, exit_reason::shutdown("x"), false, "z=z#1 a=idle"},
                      restart_case{transient, exit_reason::killed(), true, "z=z#1 a=a#2"},
                      restart_case{transient, exit_reason::noproc(), true, "z=z#1 a=a#2"},
                      restart_case{transient, exit_reason::noconnection(), true, "z=z#1 a=a#2"},
                      restart_case{transient, exit_reason::timeout(), true, "z=z#1 a=a#2"},
                      restart_case{transient, boom(), true, "z=z#1 a=a#2"},
                      restart_case{temporary, exit_reason::normal(), false, "z=z#1"},
                      restart_case{temporary, exit_reason::shutdown(), false, "z=z#1"},
                      restart_case{temporary, exit_reason::killed(), false, "z=z#1"},
                      restart_case{temporary, boom(), false, "z=z#1"}));

TEST(supervisor_core, one_for_one_restarts_only_the_child_that_ended) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c")}};
  tree.start();
  tree.take();
  tree.down("b", boom());
  EXPECT_EQ(tree.take(), (lines{"start b#2"}));
  EXPECT_EQ(tree.which(), "c=c#1 b=b#2 a=a#1");
}

TEST(supervisor_core, the_end_of_a_run_that_is_over_changes_nothing) {
  core_driver tree{{}, {rules("a")}};
  tree.start();
  const run_number first = tree.run_of("a");
  tree.down("a", boom());
  tree.take();
  tree.down(first, boom());
  tree.down(run_number{999}, boom());
  EXPECT_EQ(tree.take(), lines{});
  EXPECT_EQ(tree.which(), "a=a#2");
}

TEST(supervisor_core, one_for_all_stops_the_others_in_reverse_and_starts_all_in_order) {
  core_driver tree{with(restart_strategy::one_for_all),
                   {rules("a"), rules("b", temporary), rules("c")}};
  tree.start();
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop b#1", "start a#2", "start c#2"}));
}

TEST(supervisor_core, one_for_all_starts_nobody_behind_a_child_that_failed_before_the_next_try) {
  core_driver tree{with(restart_strategy::one_for_all), {rules("a"), rules("b"), rules("c")}};
  tree.script("b", {testing::ok(), fails(boom())});
  tree.start();
  tree.take();
  tree.hold_retries();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop b#1", "start a#2", "start b#2"}));
  EXPECT_EQ(tree.which(), "c=idle b=restarting a=a#2");
  tree.release_retries();
  EXPECT_EQ(tree.take(), (lines{"stop a#2", "start a#3", "start b#3", "start c#2"}));
}

TEST(supervisor_core, rest_for_one_leaves_the_earlier_children_alone) {
  core_driver tree{with(restart_strategy::rest_for_one), {rules("a"), rules("b"), rules("c")}};
  tree.start();
  tree.take();
  tree.down("b", boom());
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "start b#2", "start c#2"}));
}

TEST(supervisor_core, a_child_that_crashes_while_one_for_all_stops_another_is_not_asked_again) {
  core_driver tree{with(restart_strategy::one_for_all), {rules("a"), rules("b"), rules("c")}};
  tree.ignores_shutdown("c");
  tree.start();
  tree.take();
  tree.down("a", boom());
  tree.down("b", boom());
  EXPECT_EQ(tree.take(), (lines{"stop c#1"}));
  tree.down("c", exit_reason::shutdown());
  EXPECT_EQ(tree.take(), (lines{"start a#2", "start b#2", "start c#2"}));
}

// -- intensity ------------------------------------------------------------------------------------

TEST(supervisor_core, one_restart_more_than_the_intensity_ends_the_supervisor_with_shutdown) {
  core_driver tree{allowing(2), {rules("a"), rules("b")}};
  tree.start();
  tree.down("a", boom());
  tree.down("b", boom());
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"stop b#2", "exit shutdown"}));
  const auto given_up = tree.events_of<gave_up>();
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0], (gave_up{"a", boom(), 2, 5s}));
}

TEST(supervisor_core, intensity_zero_allows_no_restart) {
  core_driver tree{allowing(0), {rules("a"), rules("b"), rules("c")}};
  tree.start();
  tree.take();
  tree.down("b", boom());
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, a_restart_exactly_one_period_ago_still_counts) {
  core_driver tree{allowing(1), {rules("a")}};
  tree.start();
  tree.down("a", boom());
  tree.wait(5s);
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"exit shutdown"}));
}

TEST(supervisor_core, a_restart_more_than_one_period_ago_is_forgotten) {
  core_driver tree{allowing(1), {rules("a")}};
  tree.start();
  for (int i = 0; i < 5; ++i) {
    tree.take();
    tree.down("a", boom());
    EXPECT_EQ(tree.take(), (lines{"start a#" + std::to_string(i + 2)}));
    tree.wait(6s);
  }
}

TEST(supervisor_core, ends_without_restart_do_not_count) {
  core_driver tree{allowing(0), {rules("t", transient), rules("x", temporary), rules("p")}};
  tree.start();
  tree.down("t", exit_reason::normal());
  tree.down("x", boom());
  tree.terminate_child("p");
  tree.restart_child("p");
  EXPECT_EQ(tree.which(), "p=p#2 t=idle");
}

TEST(supervisor_core, a_failed_restart_is_tried_again_at_once_and_each_try_counts) {
  core_driver tree{allowing(3), {rules("a"), rules("b")}};
  tree.script("a", {testing::ok(), fails(boom()), fails(boom())});
  tree.start();
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), (lines{"start a#2", "start a#3", "start a#4"}));
  const auto restarted = tree.events_of<child_restarted>();
  ASSERT_EQ(restarted.size(), 1u);
  EXPECT_EQ(restarted[0].restarts_in_period, 3u);
  tree.down("b", boom());
  EXPECT_EQ(tree.take(), (lines{"stop a#4", "exit shutdown"}));
}

TEST(supervisor_core, a_restart_that_always_fails_ends_the_supervisor) {
  core_driver tree{allowing(2), {rules("a"), rules("b")}};
  tree.script("a", {testing::ok(), fails(boom()), fails(boom()), fails(boom())});
  tree.start();
  tree.take();
  tree.down("a", exit_reason::killed());
  EXPECT_EQ(tree.take(), (lines{"start a#2", "start a#3", "stop b#1", "exit shutdown"}));
  EXPECT_EQ(tree.events_of<gave_up>().at(0).reason, boom());
}

TEST(supervisor_core, a_restart_that_declines_leaves_the_child_idle) {
  core_driver tree{{}, {rules("a")}};
  tree.script("a", {testing::ok(), declines()});
  tree.start();
  tree.down("a", boom());
  EXPECT_EQ(tree.which(), "a=idle");
}

// -- between two tries of a restart ---------------------------------------------------------------

class restarting_child : public ::testing::Test {
 protected:
  restarting_child() {
    tree.script("a", {testing::ok(), fails(boom())});
    tree.start();
    tree.hold_retries();
    tree.down("a", boom());
    tree.take();
  }

  core_driver tree{allowing(5), {rules("a"), rules("b", temporary)}};
};

TEST_F(restarting_child, is_listed_as_such_and_refuses_to_be_started_again_or_deleted) {
  EXPECT_EQ(tree.which(), "b=b#1 a=restarting");
  EXPECT_EQ(tree.count(), "specs 2 active 1 supervisors 0 workers 2");
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "error restarting");
  EXPECT_EQ(tree.reply(tree.delete_child("a")), "error restarting");
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "error already_present");
  tree.release_retries();
  EXPECT_EQ(tree.which(), "b=b#1 a=a#3");
}

TEST_F(restarting_child, is_not_tried_again_once_it_was_terminated) {
  EXPECT_EQ(tree.reply(tree.terminate_child("a")), "ok");
  tree.release_retries();
  EXPECT_EQ(tree.take(), lines{});
  EXPECT_EQ(tree.which(), "b=b#1 a=idle");
}

TEST_F(restarting_child, is_not_tried_again_once_the_supervisor_was_stopped) {
  tree.stop();
  tree.release_retries();
  EXPECT_EQ(tree.take(), (lines{"stop b#1", "exit shutdown"}));
}

TEST_F(restarting_child, does_not_keep_others_from_being_managed) {
  EXPECT_EQ(tree.reply(tree.terminate_child("b")), "ok");
  EXPECT_EQ(tree.which(), "a=restarting");
}

// -- how a child is stopped -----------------------------------------------------------------------

TEST(supervisor_core, brutal_kill_does_not_ask) {
  core_driver tree{{}, {rules("a", permanent, shutdown_type::brutal_kill())}};
  tree.start();
  tree.take();
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"kill a#1", "exit shutdown"}));
  EXPECT_EQ(tree.events_of<child_stopped>().at(0).outcome, stop_outcome::as_asked);
}

TEST(supervisor_core, a_child_that_ends_within_its_shutdown_time_is_not_killed) {
  core_driver tree{{}, {rules("a", permanent, shutdown_type::timeout(100ms)), rules("b")}};
  tree.ignores_shutdown("a");
  tree.start();
  tree.take();
  tree.stop();
  tree.wait(99ms);
  tree.down("a", exit_reason::shutdown());
  tree.wait(1s);
  EXPECT_EQ(tree.take(), (lines{"stop b#1", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, a_child_that_does_not_end_within_its_shutdown_time_is_killed) {
  core_driver tree{{}, {rules("a"), rules("b", permanent, shutdown_type::timeout(100ms))}};
  tree.ignores_shutdown("b");
  tree.start();
  tree.take();
  tree.stop();
  tree.wait(99ms);
  EXPECT_EQ(tree.take(), (lines{"stop b#1"}));
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), (lines{"kill b#1", "stop a#1", "exit shutdown"}));
  EXPECT_EQ(tree.events_of<child_stopped>().at(0).outcome, stop_outcome::timed_out);
}

TEST(supervisor_core, workers_are_given_five_seconds_and_supervisors_all_the_time) {
  child_rules below = rules("s");
  below.type = child_type::supervisor;
  core_driver tree{{}, {rules("w"), below}};
  tree.ignores_shutdown("w");
  tree.ignores_shutdown("s");
  tree.start();
  tree.take();
  tree.stop();
  tree.wait(1h);
  EXPECT_EQ(tree.take(), (lines{"stop s#1"}));
  tree.down("s", exit_reason::shutdown());
  EXPECT_EQ(tree.take(), (lines{"stop w#1"}));
  tree.wait(4999ms);
  EXPECT_EQ(tree.take(), lines{});
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), (lines{"kill w#1", "exit shutdown"}));
}

TEST(supervisor_core, a_child_may_end_with_a_reason_of_its_own_when_asked) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c", transient)}};
  tree.ends_with("b", boom());
  tree.ends_with("c", exit_reason::normal());
  tree.start();
  tree.take();
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop b#1", "stop a#1", "exit shutdown"}));
  const auto stopped = tree.events_of<child_stopped>();
  ASSERT_EQ(stopped.size(), 3u);
  EXPECT_EQ(stopped[0].outcome, stop_outcome::as_asked);
  EXPECT_EQ(stopped[1].outcome, stop_outcome::other_reason);
  EXPECT_EQ(stopped[2].outcome, stop_outcome::as_asked);
}

TEST(supervisor_core, a_child_killed_from_outside_while_it_is_being_stopped_just_ends) {
  core_driver tree{{}, {rules("a")}};
  tree.ignores_shutdown("a");
  tree.start();
  tree.take();
  tree.stop();
  tree.down("a", exit_reason::killed());
  EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit shutdown"}));
}

TEST(supervisor_core,
     a_sibling_that_ends_while_the_supervisor_stops_is_neither_asked_nor_restarted) {
  core_driver tree{allowing(5), {rules("a"), rules("b"), rules("c")}};
  tree.ignores_shutdown("c");
  tree.start();
  tree.take();
  tree.stop();
  tree.down("b", boom());
  tree.down("c", exit_reason::shutdown());
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, a_second_stop_changes_nothing) {
  core_driver tree{{}, {rules("a")}};
  tree.ignores_shutdown("a");
  tree.start();
  tree.take();
  tree.stop(exit_reason::shutdown("first"));
  tree.stop(boom());
  tree.down("a", exit_reason::shutdown());
  EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit {shutdown, first}"}));
}

TEST(supervisor_core, a_stop_during_a_restart_is_obeyed_when_the_child_runs) {
  core_driver tree{{}, {rules("a")}};
  tree.script("a", {testing::ok(), hangs()});
  tree.start();
  tree.down("a", boom());
  tree.stop();
  tree.take();
  tree.started("a");
  EXPECT_EQ(tree.take(), (lines{"stop a#2", "exit shutdown"}));
}

TEST(supervisor_core, a_child_that_outlives_its_kill_is_reported_and_the_rest_stops_without_it) {
  core_driver tree{{}, {rules("a"), rules("b", permanent, shutdown_type::brutal_kill())}};
  tree.outlives_kill("b");
  tree.start();
  tree.stop();
  tree.take();
  tree.wait(4999ms);
  EXPECT_EQ(tree.take(), lines{});
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit shutdown"}));
  ASSERT_EQ(tree.events_of<child_outlives_kill>().size(), 1u);
  EXPECT_EQ(tree.events_of<child_outlives_kill>()[0].since_kill, 5s);
}

TEST(supervisor_core, which_children_shows_a_child_that_outlives_its_kill_until_it_ends) {
  core_driver tree{{}, {rules("a", permanent, shutdown_type::brutal_kill())}};
  tree.outlives_kill("a");
  tree.start();
  const run_number first = tree.run_of("a");
  const auto terminated = tree.terminate_child("a");
  tree.wait(5s);
  EXPECT_EQ(tree.reply(terminated), "ok");
  EXPECT_EQ(tree.which(), "a=outlives_kill a=idle");
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "ok a#2");
  EXPECT_EQ(tree.which(), "a=outlives_kill a=a#2");
  tree.down(first, exit_reason::killed());
  EXPECT_EQ(tree.which(), "a=a#2");
}

// -- beyond OTP ------------------------------------------------------------------------------------

TEST(supervisor_core, a_restart_waits_for_its_delay_and_calls_are_served_meanwhile) {
  core_driver tree{{.backoff = restart_backoff::constant(100ms)}, {rules("a"), rules("b")}};
  tree.start();
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), lines{});
  EXPECT_EQ(tree.which(), "b=b#1 a=restarting");
  tree.wait(99ms);
  EXPECT_EQ(tree.take(), lines{});
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), lines{"start a#2"});
}

TEST(supervisor_core, delays_grow_with_failures_in_a_row_and_start_again_after_a_long_run) {
  core_driver tree{{.intensity = 100, .backoff = restart_backoff::exponential(100ms, 300ms, 0)},
                   {rules("a")}};
  tree.start();
  for (const auto expected : {100ms, 200ms, 300ms, 300ms}) {
    tree.down("a", boom());
    tree.take();
    tree.wait(expected - 1ms);
    EXPECT_EQ(tree.take(), lines{});
    tree.wait(1ms);
    EXPECT_EQ(tree.take().size(), 1u);
  }
  tree.wait(1min);
  tree.down("a", boom());
  tree.take();
  tree.wait(100ms);
  EXPECT_EQ(tree.take(), lines{"start a#6"});
}

TEST(supervisor_core, a_failed_restart_is_tried_again_after_the_next_delay) {
  core_driver tree{{.intensity = 2, .backoff = restart_backoff::constant(100ms)}, {rules("a")}};
  tree.script("a", {testing::ok(), testing::fails(boom())});
  tree.start();
  tree.down("a", boom());
  tree.wait(100ms);
  tree.take();
  tree.wait(99ms);
  EXPECT_EQ(tree.take(), lines{});
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), lines{"start a#3"});
}

TEST(supervisor_core, a_delayed_restart_counts_once_against_the_intensity) {
  core_driver tree{{.intensity = 1, .backoff = restart_backoff::constant(100ms)}, {rules("a")}};
  tree.start();
  tree.down("a", boom());
  tree.wait(100ms);
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), lines{"exit shutdown"});
}

TEST(supervisor_core, a_child_terminated_while_its_restart_waits_stays_down) {
  core_driver tree{{.backoff = restart_backoff::constant(100ms)}, {rules("a")}};
  tree.start();
  tree.down("a", boom());
  EXPECT_EQ(tree.reply(tree.terminate_child("a")), "ok");
  tree.take();
  tree.wait(1s);
  EXPECT_EQ(tree.take(), lines{});
  EXPECT_EQ(tree.which(), "a=idle");
}

TEST(supervisor_core, a_delay_of_an_earlier_failure_does_not_shorten_a_later_one) {
  core_driver tree{{.intensity = 9, .backoff = restart_backoff::constant(100ms)}, {rules("a")}};
  tree.start();
  tree.down("a", boom());
  tree.wait(50ms);
  tree.terminate_child("a");
  tree.restart_child("a");
  tree.down("a", boom());
  tree.take();
  tree.wait(99ms);
  EXPECT_EQ(tree.take(), lines{});
  tree.wait(1ms);
  EXPECT_EQ(tree.take(), lines{"start a#3"});
}

TEST(supervisor_core, a_stop_while_a_restart_waits_is_obeyed_at_once) {
  core_driver tree{{.backoff = restart_backoff::constant(1h)}, {rules("a"), rules("b")}};
  tree.start();
  tree.down("a", boom());
  tree.take();
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"stop b#1", "exit shutdown"}));
}

TEST(supervisor_core, supervisors_that_share_a_budget_give_up_together_with_their_restarts) {
  const auto budget = std::make_shared<restart_budget>(1, 1h);
  core_driver left{{.intensity = 10}, {rules("a")}, budget};
  core_driver right{{.intensity = 10}, {rules("b")}, budget};
  left.start();
  right.start();
  left.take();
  right.take();
  left.down("a", boom());
  EXPECT_EQ(left.take(), lines{"start a#2"});
  right.down("b", boom());
  EXPECT_EQ(right.take(), lines{"exit shutdown"});
}

TEST(supervisor_core, a_description_has_restarts_uptimes_and_last_exits_in_start_order) {
  core_driver tree{{}, {rules("a"), rules("b", transient)}};
  tree.start();
  tree.wait(10ms);
  tree.down("a", boom());
  tree.down("b", exit_reason::normal());
  tree.wait(5ms);
  EXPECT_EQ(tree.reply(tree.call(supervisor_call::describe_children{})),
            "15 ms, a 1 restarts 5 ms after error boom, b 0 restarts down after normal");
}

TEST(supervisor_core, which_restarts_count_is_the_supervisor_s_own_affair_with_a_fine_resolution) {
  const supervisor_flags fine{.intensity = 1, .period = 100ms, .resolution = 1ms};
  core_driver tree{fine, {rules("a")}};
  tree.start();
  tree.down("a", boom());
  tree.wait(101ms);
  tree.take();
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), lines{"start a#3"});
  tree.wait(100ms);
  tree.down("a", boom());
  EXPECT_EQ(tree.take(), lines{"exit shutdown"});
}

TEST(supervisor_core, a_timer_that_was_cancelled_changes_nothing_when_it_fires) {
  supervisor_core core{{.children = {{rules("a"), 1}, {rules("b"), 2}}}};
  const auto answer_starts = [&core](supervisor_core::actions acts) {
    while (!acts.empty() && std::holds_alternative<supervisor_action::start_child>(acts.back())) {
      const run_number run = std::get<supervisor_action::start_child>(acts.back()).run;
      acts = core.step(supervisor_input::child_started{run, {}}, 0ns);
    }
  };
  answer_starts(core.step(supervisor_input::start{}, 0ns));
  (void)core.step(supervisor_input::stop_requested{exit_reason::shutdown()}, 0ns);
  (void)core.step(supervisor_input::child_down{2, exit_reason::shutdown()}, 0ns);
  const supervisor_core before = core;
  EXPECT_TRUE(core.step(supervisor_input::timer_fired{1}, 6s).empty());
  EXPECT_EQ(core, before) << core.dump();
}

// -- management calls -----------------------------------------------------------------------------

TEST(supervisor_core, a_child_added_later_starts_at_once_stands_last_and_stops_first) {
  core_driver tree{{}, {rules("a")}};
  tree.start();
  tree.take();
  EXPECT_EQ(tree.reply(tree.start_child(rules("b"))), "ok b#1");
  EXPECT_EQ(tree.which(), "b=b#1 a=a#1");
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"start b#1", "stop b#1", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, start_child_tells_what_the_start_function_gave_along) {
  core_driver tree{{}, {}};
  tree.start();
  tree.script("a", {testing::ok("port 4711")});
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "ok a#1 port 4711");
}

TEST(supervisor_core, an_id_in_use_is_already_started_or_already_present) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.script("b", {declines()});
  tree.start();
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "error already_started a#1");
  EXPECT_EQ(tree.reply(tree.start_child(rules("b"))), "error already_present");
  EXPECT_EQ(tree.forgotten(), 2u);
}

TEST(supervisor_core, an_added_child_that_fails_to_start_is_not_kept) {
  core_driver tree{{}, {}};
  tree.start();
  tree.script("a", {fails(boom())});
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "error start_failed error boom");
  EXPECT_EQ(tree.which(), "");
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "ok a#2");
}

TEST(supervisor_core, an_added_child_that_declines_is_kept_unless_it_is_temporary) {
  core_driver tree{{}, {}};
  tree.start();
  tree.script("a", {declines()});
  tree.script("b", {declines()});
  EXPECT_EQ(tree.reply(tree.start_child(rules("a"))), "ok undefined");
  EXPECT_EQ(tree.reply(tree.start_child(rules("b", temporary))), "ok undefined");
  EXPECT_EQ(tree.which(), "a=idle");
}

TEST(supervisor_core, an_invalid_spec_is_refused_with_the_field) {
  core_driver tree{{}, {}};
  tree.start();
  EXPECT_EQ(tree.reply(tree.start_child(rules(""))), "error invalid_spec id");
  EXPECT_EQ(tree.reply(tree.call(supervisor_call::start_child{rules("a"), 0})),
            "error invalid_spec start");
  EXPECT_EQ(tree.which(), "");
}

TEST(supervisor_core, terminate_keeps_the_spec_restart_brings_back_and_delete_forgets) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c")}};
  tree.start();
  EXPECT_EQ(tree.reply(tree.terminate_child("b")), "ok");
  EXPECT_EQ(tree.which(), "c=c#1 b=idle a=a#1");
  EXPECT_EQ(tree.reply(tree.terminate_child("b")), "ok");
  EXPECT_EQ(tree.reply(tree.restart_child("b")), "ok b#2");
  tree.take();
  EXPECT_EQ(tree.reply(tree.terminate_child("b")), "ok");
  EXPECT_EQ(tree.reply(tree.delete_child("b")), "ok");
  EXPECT_EQ(tree.reply(tree.restart_child("b")), "error not_found");
  EXPECT_EQ(tree.which(), "c=c#1 a=a#1");
}

TEST(supervisor_core, a_child_restarted_by_hand_keeps_its_place_in_the_stop_order) {
  core_driver tree{{}, {rules("a"), rules("b"), rules("c")}};
  tree.start();
  tree.terminate_child("b");
  tree.restart_child("b");
  tree.take();
  tree.stop();
  EXPECT_EQ(tree.take(), (lines{"stop c#1", "stop b#2", "stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, terminate_child_of_a_temporary_child_forgets_it) {
  core_driver tree{{}, {rules("a", temporary)}};
  tree.start();
  EXPECT_EQ(tree.reply(tree.terminate_child("a")), "ok");
  EXPECT_EQ(tree.which(), "");
}

TEST(supervisor_core, running_children_refuse_restart_and_delete_and_unknown_ids_are_not_found) {
  core_driver tree{{}, {rules("a")}};
  tree.start();
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "error running");
  EXPECT_EQ(tree.reply(tree.delete_child("a")), "error running");
  EXPECT_EQ(tree.reply(tree.restart_child("x")), "error not_found");
  EXPECT_EQ(tree.reply(tree.delete_child("x")), "error not_found");
  EXPECT_EQ(tree.reply(tree.terminate_child("x")), "error not_found");
  EXPECT_EQ(tree.reply(tree.call(supervisor_call::get_childspec{"x"})), "error not_found");
}

TEST(supervisor_core, restart_child_passes_on_the_outcome_and_a_failed_child_stays_idle) {
  core_driver tree{{}, {rules("a")}};
  tree.start();
  tree.terminate_child("a");
  tree.script("a", {fails(boom()), declines()});
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "error start_failed error boom");
  EXPECT_EQ(tree.which(), "a=idle");
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "ok undefined");
  EXPECT_EQ(tree.reply(tree.restart_child("a")), "ok a#4");
}

TEST(supervisor_core, get_childspec_fills_in_the_defaults) {
  child_rules below = rules("s", transient);
  below.type = child_type::supervisor;
  core_driver tree{{}, {rules("a"), below}};
  tree.start();
  EXPECT_EQ(tree.reply(tree.call(supervisor_call::get_childspec{"a"})),
            "a permanent 5000 ms worker");
  EXPECT_EQ(tree.reply(tree.call(supervisor_call::get_childspec{"s"})),
            "s transient infinity supervisor");
}

TEST(supervisor_core, count_children_tells_workers_from_supervisors_running_or_not) {
  child_rules below = rules("s");
  below.type = child_type::supervisor;
  core_driver tree{{}, {rules("a"), rules("b"), below}};
  tree.script("b", {declines()});
  tree.start();
  EXPECT_EQ(tree.count(), "specs 3 active 2 supervisors 1 workers 2");
}

TEST(supervisor_core, calls_made_while_a_child_starts_or_stops_are_answered_afterwards_in_order) {
  core_driver tree{{}, {rules("a"), rules("b")}};
  tree.ignores_shutdown("b");
  tree.start();
  const call_number first = tree.terminate_child("b");
  const call_number second = tree.delete_child("b");
  const call_number third = tree.call(supervisor_call::which_children{});
  EXPECT_EQ(tree.reply(first) + tree.reply(second) + tree.reply(third), "nonenonenone");
  tree.down("b", exit_reason::shutdown());
  EXPECT_EQ(tree.reply(first), "ok");
  EXPECT_EQ(tree.reply(second), "ok");
  EXPECT_EQ(tree.reply(third), "a=a#1");
}

TEST(supervisor_core,
     a_child_that_ended_unseen_is_listed_yet_not_active_and_its_stop_needs_no_asking) {
  core_driver tree{allowing(0), {rules("a"), rules("b")}};
  tree.start();
  tree.script("z", {hangs()});
  tree.start_child(rules("z"));
  const call_number listed = tree.call(supervisor_call::which_children{});
  const call_number counted = tree.call(supervisor_call::count_children{});
  const call_number ended = tree.terminate_child("a");
  tree.down("a", boom());
  tree.take();
  tree.started("z");
  EXPECT_EQ(tree.reply(listed), "z=z#1 b=b#1 a=a#1");
  EXPECT_EQ(tree.reply(counted), "specs 3 active 2 supervisors 0 workers 3");
  EXPECT_EQ(tree.reply(ended), "ok");
  EXPECT_EQ(tree.take(), lines{});
  EXPECT_EQ(tree.which(), "z=z#1 b=b#1 a=idle");
}

TEST(supervisor_core, a_call_that_waits_while_the_supervisor_gives_up_is_never_answered) {
  core_driver tree{allowing(0), {rules("a"), rules("b")}};
  tree.ignores_shutdown("b");
  tree.start();
  tree.down("a", boom());
  const call_number waiting = tree.call(supervisor_call::which_children{});
  tree.down("b", exit_reason::shutdown());
  EXPECT_EQ(tree.reply(waiting), "none");
  EXPECT_TRUE(tree.core().ended());
}

TEST(supervisor_core, nothing_is_done_after_the_end) {
  core_driver tree{{}, {rules("a")}};
  tree.start();
  tree.stop();
  tree.take();
  tree.start();
  tree.stop();
  tree.call(supervisor_call::which_children{});
  tree.down(run_number{1}, boom());
  EXPECT_EQ(tree.take(), lines{});
}

// -- auto_shutdown --------------------------------------------------------------------------------

supervisor_flags ending_with(auto_shutdown_type how) {
  return {.intensity = 3, .auto_shutdown = how};
}

child_rules significant(child_id id, restart_type restart) {
  child_rules made = rules(std::move(id), restart);
  made.significant = true;
  return made;
}

TEST(supervisor_core, any_significant_ends_the_supervisor_with_the_first_significant_child) {
  core_driver tree{ending_with(auto_shutdown_type::any_significant),
                   {significant("s", transient), rules("a")}};
  tree.start();
  tree.down("s", boom());
  tree.take();
  tree.down("s", exit_reason::normal());
  EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit shutdown"}));
  EXPECT_EQ(tree.events_of<auto_shutdown_triggered>().at(0).child, "s");
}

TEST(supervisor_core, all_significant_waits_for_the_last_significant_child) {
  core_driver tree{ending_with(auto_shutdown_type::all_significant),
                   {significant("s", transient), significant("t", temporary), rules("a")}};
  tree.start();
  tree.take();
  tree.down("t", boom());
  EXPECT_EQ(tree.take(), lines{});
  tree.down("s", exit_reason::shutdown());
  EXPECT_EQ(tree.take(), (lines{"stop a#1", "exit shutdown"}));
}

TEST(supervisor_core, terminate_child_of_a_significant_child_ends_nothing) {
  core_driver tree{ending_with(auto_shutdown_type::any_significant),
                   {significant("s", transient), rules("a")}};
  tree.start();
  tree.terminate_child("s");
  EXPECT_EQ(tree.which(), "a=a#1 s=idle");
}

// -- invalid options, events, cost ----------------------------------------------------------------

TEST(supervisor_core, invalid_flags_and_specs_make_the_start_fail_before_any_child_starts) {
  core_driver bad_flags{{.period = 0ms}, {rules("a")}};
  bad_flags.start();
  EXPECT_EQ(bad_flags.take(),
            (lines{"exit error supervisor_data: period must be at least 1 ms (caused by error "
                   "invalid_period)"}));
  core_driver bad_spec{{}, {rules("a"), rules("a")}};
  bad_spec.start();
  EXPECT_EQ(bad_spec.take(),
            (lines{"exit error start_spec: child \"a\": id must not be used by two children, "
                   "not \"a\" (caused by error duplicate_child_name: \"a\")"}));
  supervisor_core no_start{{.children = {{rules("a"), 0}}}};
  const auto acts = no_start.step(supervisor_input::start{}, 0ns);
  EXPECT_EQ(acts.back(), supervisor_action::any(supervisor_action::terminate{
                             exit_reason::error("start_spec", "child \"a\": start must be given")
                                 .with_cause(exit_reason::error("missing_start", ""))}));
}

TEST(supervisor_core, the_life_of_a_child_is_told_in_events) {
  core_driver tree{allowing(1), {rules("a")}};
  tree.start();
  tree.down("a", boom());
  tree.stop();
  const std::vector<supervisor_event> expected{
      child_started{"a", 1},
      supervisor_started{1},
      child_exited{"a", 1, boom(), exit_outcome::restart},
      child_restarted{"a", 2, 1, 1},
      supervisor_stopping{exit_reason::shutdown()},
      child_stopped{"a", 2, exit_reason::shutdown(), stop_outcome::as_asked},
      supervisor_stopped{exit_reason::shutdown()},
  };
  EXPECT_EQ(tree.events(), expected);
}

TEST(supervisor_core, a_copy_goes_its_own_way) {
  supervisor_core first{{.children = {{rules("a"), 1}}}};
  supervisor_core second = first;
  EXPECT_EQ(first, second);
  (void)first.step(supervisor_input::start{}, 0ns);
  EXPECT_NE(first, second);
  (void)second.step(supervisor_input::start{}, 0ns);
  EXPECT_EQ(first, second);
  EXPECT_NE(first.dump().find("waits for a start of run 1"), std::string::npos) << first.dump();
}

}  // namespace
}  // namespace slipway
