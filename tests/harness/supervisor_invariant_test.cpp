// slipway/tests/harness/supervisor_invariant_test.cpp
//
// The rules of supervisors, each by itself: what a supervisor could say, right and wrong side by side.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/invariant.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

namespace slipway::harness {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

std::string verdict(const invariant& rule, const run_view& view) {
  return rule.broken(view).value_or("");
}

const auto crash = exit_reason::error("crash", "by a test");

supervisor_event started(const char* child) {
  return child_started{child, 1};
}
supervisor_event ready() {
  return supervisor_started{3};
}
supervisor_event restarted(const char* child) {
  return child_restarted{child, 2};
}
supervisor_event stopped(const char* child) {
  return child_stopped{child, 1, exit_reason::shutdown()};
}
supervisor_event start_failed(const char* child) {
  return child_start_failed{child, crash};
}
supervisor_event exited(const char* child, const exit_reason& reason, exit_outcome outcome) {
  return child_exited{child, 1, reason, outcome};
}
supervisor_event crashed(const char* child) {
  return exited(child, crash, exit_outcome::restart);
}
supervisor_event given_up(const char* child) {
  return gave_up{child, crash};
}
supervisor_event stopping() {
  return supervisor_stopping{exit_reason::shutdown()};
}
supervisor_event over() {
  return supervisor_stopped{exit_reason::shutdown()};
}

struct said {
  duration at;
  supervisor_event what;
};

// Of a supervisor "top" with a permanent "a", a significant transient "b" and a temporary "c".
run_view view_of(const supervisor_flags& flags, const std::vector<said>& events) {
  run_view view;
  view.supervisors.push_back({"top",
                              flags,
                              {{.id = "a"},
                               {.id = "b", .restart = restart_type::transient, .significant = true},
                               {.id = "c", .restart = restart_type::temporary}}});
  for (const auto& each : events) {
    // Another one's events are none of its business.
    view.events.push_back({"other", restarted("x"), time_point{each.at}});
    view.events.push_back({"top", each.what, time_point{each.at}});
  }
  return view;
}

struct story {
  const char* name;
  supervisor_flags flags;
  /// After all three have been started.
  std::vector<said> events;
  /// What is wrong with the last event; empty: nothing is.
  const char* wrong;
};

void PrintTo(const story& what, std::ostream* to) {
  *to << what.name;
}

supervisor_flags with(restart_strategy strategy) {
  return {.strategy = strategy, .intensity = 1, .period = 5s};
}
const auto one = with(restart_strategy::one_for_one);
const auto all = with(restart_strategy::one_for_all);
const auto rest = with(restart_strategy::rest_for_one);
const supervisor_flags significant{.auto_shutdown = auto_shutdown_type::any_significant};

const std::vector<story>& stories() {
  static const std::vector<story> told{
      {"a_crash_is_followed_by_a_restart", one, {{1s, crashed("a")}, {1s, restarted("a")}}, ""},
      {"a_crash_is_followed_by_nothing",
       one,
       {{1s, crashed("a")}, {2s, crashed("b")}},
       "did not go on before it heard of the end of 'b'"},
      {"another_child_is_restarted",
       one,
       {{1s, crashed("a")}, {1s, restarted("b")}},
       "restarted 'b' where it should have restarted 'a'"},
      {"a_child_that_runs_is_restarted",
       one,
       {{1s, restarted("a")}},
       "restarted 'a' for no reason"},
      {"a_permanent_child_is_kept_after_a_normal_end",
       one,
       {{1s, exited("a", exit_reason::normal(), exit_outcome::keep)}},
       "child 'a' has the outcome it stays down, not it is restarted"},
      {"a_transient_child_is_kept_after_a_normal_end",
       one,
       {{1s, exited("b", exit_reason::normal(), exit_outcome::keep)}},
       ""},
      {"a_transient_child_is_kept_after_a_crash",
       one,
       {{1s, exited("b", crash, exit_outcome::keep)}},
       "child 'b' has the outcome it stays down, not it is restarted"},
      {"a_temporary_child_is_forgotten", one, {{1s, exited("c", crash, exit_outcome::forget)}}, ""},
      {"a_temporary_child_is_restarted",
       one,
       {{1s, exited("c", crash, exit_outcome::forget)}, {1s, restarted("c")}},
       "restarted 'c' for no reason"},
      {"a_child_ends_twice",
       one,
       {{1s, exited("c", crash, exit_outcome::forget)},
        {1s, exited("c", crash, exit_outcome::forget)}},
       "heard of the end of 'c', which did not run"},
      {"all_are_stopped_and_restarted_for_one",
       all,
       {{1s, crashed("a")},
        {1s, stopped("c")},
        {1s, stopped("b")},
        {1s, restarted("a")},
        {1s, restarted("b")}},
       ""},
      {"all_are_stopped_for_one_in_the_order_of_their_start",
       all,
       {{1s, crashed("a")}, {1s, stopped("b")}},
       "stopped 'b' where it should have stopped 'c'"},
      {"the_rest_is_restarted_for_one",
       rest,
       {{1s, crashed("b")}, {1s, stopped("c")}, {1s, restarted("b")}},
       ""},
      {"more_than_the_rest_is_restarted_for_one",
       rest,
       {{1s, crashed("b")}, {1s, stopped("c")}, {1s, restarted("a")}},
       "restarted 'a' where it should have restarted 'b'"},
      {"one_restart_too_many_is_given_up",
       one,
       {{1s, crashed("a")}, {1s, restarted("a")}, {2s, crashed("b")}, {2s, given_up("b")}},
       ""},
      {"one_restart_too_many_is_made",
       one,
       {{1s, crashed("a")}, {1s, restarted("a")}, {2s, crashed("b")}, {2s, restarted("b")}},
       "restarted 'b' where it should have given up 'b'"},
      {"a_restart_that_could_be_made_is_given_up",
       one,
       {{1s, crashed("a")}, {1s, restarted("a")}, {9s, crashed("b")}, {9s, given_up("b")}},
       "given up 'b' where it should have restarted 'b'"},
      {"a_failed_restart_is_tried_again",
       one,
       {{1s, crashed("a")}, {1s, start_failed("a")}, {1s, given_up("a")}},
       ""},
      {"a_failed_restart_is_not_tried_again",
       one,
       {{1s, crashed("a")}, {1s, start_failed("a")}, {9s, stopping()}},
       "did not try again to start 'a'"},
      {"a_significant_child_ends_all",
       significant,
       {{1s, exited("b", exit_reason::normal(), exit_outcome::keep)},
        {1s, auto_shutdown_triggered{"b"}},
        {1s, stopping()},
        {1s, stopped("c")},
        {1s, stopped("a")},
        {1s, over()}},
       ""},
      {"an_insignificant_child_ends_all",
       significant,
       {{1s, exited("c", crash, exit_outcome::forget)}, {1s, auto_shutdown_triggered{"c"}}},
       "shut down because of 'c' for no reason"},
      {"a_child_is_terminated_and_restarted_by_calls",
       one,
       {{1s, stopped("a")}, {2s, started("a")}},
       ""},
      {"a_child_is_terminated_twice",
       one,
       {{1s, stopped("a")}, {2s, stopped("a")}},
       "stopped 'a', which did not run"},
      {"a_child_outlives_its_kill", one, {{1s, child_outlives_kill{"a"}}, {1s, stopped("a")}}, ""},
      {"a_child_that_outlives_its_kill_is_waited_for",
       one,
       {{1s, child_outlives_kill{"a"}}, {2s, stopped("a")}},
       "did not go on at once without 'a', which outlives its kill"},
      {"a_child_outlives_its_kill_that_has_ended",
       one,
       {{1s, exited("c", crash, exit_outcome::forget)}, {1s, child_outlives_kill{"c"}}},
       "gave up waiting for 'c', which did not run"},
      {"a_child_that_runs_is_started",
       one,
       {{1s, started("a")}},
       "started 'a', which is not there to be started"},
      {"all_stop_in_reverse",
       one,
       {{1s, stopping()}, {1s, stopped("c")}, {1s, stopped("b")}, {1s, stopped("a")}, {1s, over()}},
       ""},
      {"one_is_left_out_at_the_end",
       one,
       {{1s, stopping()}, {1s, stopped("c")}, {1s, stopped("a")}},
       "stopped 'a' where it should have stopped 'b'"},
      {"the_end_comes_before_the_last_child",
       one,
       {{1s, stopping()}, {1s, stopped("c")}, {1s, stopped("b")}, {1s, over()}},
       "where it should have stopped 'a'"},
  };
  return told;
}

class a_supervisor_keeps_its_rules : public testing::TestWithParam<story> {};

TEST_P(a_supervisor_keeps_its_rules, when) {
  std::vector<said> events{
      {0s, started("a")}, {0s, started("b")}, {0s, started("c")}, {0s, ready()}};
  events.insert(events.end(), GetParam().events.begin(), GetParam().events.end());
  const auto found =
      verdict(invariants::supervisor_keeps_its_rules(), view_of(GetParam().flags, events));
  if (*GetParam().wrong == '\0') {
    EXPECT_EQ(found, "");
  } else {
    EXPECT_THAT(found, HasSubstr(GetParam().wrong));
    EXPECT_THAT(found, HasSubstr(to_string(events.back().what)));
  }
}

INSTANTIATE_TEST_SUITE_P(stories, a_supervisor_keeps_its_rules, testing::ValuesIn(stories()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(a_supervisor_keeps_its_rules, from_the_first_start_on) {
  EXPECT_THAT(verdict(invariants::supervisor_keeps_its_rules(), view_of(one, {{0s, started("b")}})),
              HasSubstr("started 'b' where it should have started 'a'"));
}

TEST(restart_intensity, is_broken_by_one_restart_more_within_the_period) {
  const auto rule = invariants::restart_intensity();
  const auto twice = [](duration apart) {
    return view_of(one, {{1s, crashed("a")},
                         {1s, restarted("a")},
                         {1s, restarted("b")},
                         {1s + apart, crashed("a")},
                         // When it is told does not count, but when it is decided.
                         {9s, restarted("a")}});
  };
  EXPECT_EQ(verdict(rule, twice(4999ms)), "supervisor 'top' restarted 2 times within its period");
  EXPECT_EQ(verdict(rule, twice(5s)), "");
}

TEST(stop_order, is_broken_by_a_child_that_stops_before_one_that_was_started_later) {
  const auto rule = invariants::stop_order();
  EXPECT_EQ(verdict(rule, view_of(one, {{1s, stopping()}, {1s, stopped("a")}, {1s, stopped("b")}})),
            "supervisor 'top' stopped 'a' before 'b'");
  EXPECT_EQ(verdict(rule, view_of(one, {{1s, stopping()}, {1s, stopped("b")}, {1s, stopped("a")}})),
            "");
  // By calls.
  EXPECT_EQ(verdict(rule, view_of(one, {{1s, stopped("a")}, {1s, stopped("b")}, {1s, stopping()}})),
            "");
}

}  // namespace
}  // namespace slipway::harness
