// Events in words.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/event_line.hpp>

#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
namespace events = runtime_events;

constexpr terminal_style plain{};

std::optional<std::string> told(const runtime_event& event, event_role role = event_role::first) {
  return event_line(event, role, plain);
}

TEST(event_line, a_death_a_hang_and_a_replacement_are_told) {
  EXPECT_EQ(told(events::worker_exited{"p", "p/1", 10, {exit_status::kind::signaled, 9}, false}),
            "- p/1 died: killed by signal 9 (Killed) (pid 10)");
  EXPECT_EQ(told(events::worker_removed{"p", "p/2", exit_reason::timeout()}),
            "- p/2 gave no answer in time: removed");
  EXPECT_EQ(told(events::worker_removed{"p", "p/2",
                                        exit_reason::timeout().with_cause(exit_reason::error(
                                            "unfinished_answer", "it stopped"))}),
            "- p/2 gave no answer in time: removed (it stopped)");
  EXPECT_EQ(told(events::worker_ready{"p", "p/3", 11, 80ms}, event_role::replacement),
            "+ p/3 ready in its place after 80.0 ms (pid 11)");
  EXPECT_EQ(told(events::pool_started{"p"}, event_role::replacement),
            "+ pool p restarted by its supervisor");
  EXPECT_EQ(
      told(events::worker_recycled{"p", "p/1", exit_reason::shutdown("max_requests: 5 of 4")}),
      "~ p/1 is being replaced: max_requests: 5 of 4");
}

TEST(event_line, a_change_of_a_breaker_says_whose_it_is_and_why) {
  EXPECT_EQ(told(events::breaker_changed{"p",
                                         "score",
                                         {.from = circuit_state::closed,
                                          .to = circuit_state::open,
                                          .cause = circuit_cause::failures_in_a_row}}),
            "! pool p: the breaker for 'score' is open (failures_in_a_row)");
  EXPECT_EQ(told(events::breaker_changed{"p",
                                         "",
                                         {.from = circuit_state::half_open,
                                          .to = circuit_state::closed,
                                          .cause = circuit_cause::probes_succeeded}}),
            "+ pool p: the breaker is closed (probes_succeeded)");
}

TEST(event_line, a_sick_worker_is_told_by_its_name) {
  EXPECT_EQ(told(events::worker_degraded{"p", "p/1", "a call took 80 ms"}),
            "! p/1 degraded: a call took 80 ms");
  EXPECT_EQ(told(events::worker_recovered{"p", "p/1"}), "+ p/1 recovered");
  EXPECT_EQ(told(events::health_check_failed{"p", "p/1", 2}),
            "! p/1 did not pass its health check (2 in a row)");
  EXPECT_EQ(told(events::stderr_flood{"p", "p/1", 1000, 1s}),
            "- p/1 floods its standard error: more than 1000 bytes within 1000 ms");
  EXPECT_EQ(told(events::worker_removed{"p", "p/1",
                                        exit_reason::error("health_check", "3 checks in a row")}),
            "- p/1 removed: 3 checks in a row");
}

TEST(event_line, what_needs_no_attention_is_not_told) {
  EXPECT_FALSE(told(events::worker_ready{"p", "p/1", 10, 80ms}));
  EXPECT_FALSE(told(events::pool_started{"p"}));
  EXPECT_FALSE(told(events::worker_exited{"p", "p/1", 10, {exit_status::kind::exited, 0}, true}));
  EXPECT_FALSE(told(events::worker_exited{"p", "p/1", 10, {exit_status::kind::exited, 82}, false},
                    event_role::repetition));
  EXPECT_FALSE(told(events::worker_removed{"p", "p/1", exit_reason::shutdown()}));
  EXPECT_FALSE(told(events::pool_exited{"p", exit_reason::shutdown()}));
  EXPECT_FALSE(told(events::call_retried{"p", "score", call_error{}, 0ms}));
}

TEST(event_line, a_failed_start_names_its_stage) {
  const auto reason = exit_reason::error("module_import", "the process ended: exit code 82")
                          .with_stderr_tail({"Traceback", "ImportError: no"});
  EXPECT_EQ(told(events::worker_init_failed{"p", "p/1", reason}),
            "! p/1 failed to start (stage module_import): the process ended: exit code 82");
  EXPECT_EQ(stderr_text(exit_reason::error("init_failed", "x").with_cause(reason)),
            "\n  | Traceback\n  | ImportError: no");
}

TEST(event_line, colours_and_symbols_are_used_where_they_can_be_seen) {
  EXPECT_EQ(event_line(events::worker_removed{"p", "p/2", exit_reason::timeout()},
                       event_role::first, {true, true}),
            "\x1b[33m✗\x1b[0m p/2 gave no answer in time: removed");
}

}  // namespace
}  // namespace slipway::tools
