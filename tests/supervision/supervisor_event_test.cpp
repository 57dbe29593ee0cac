// tests/supervision/supervisor_event_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor_event.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>

namespace slipway {
namespace {

using namespace std::chrono_literals;

struct event_case {
  supervisor_event event;
  event_severity severity;
  std::string text;
};

// How GoogleTest names it.
void PrintTo(const event_case& what, std::ostream* to) {
  *to << what.text;
}

class event_text : public ::testing::TestWithParam<event_case> {};

TEST_P(event_text, is_one_line_with_all_fields) {
  EXPECT_EQ(to_string(GetParam().event), GetParam().text);
  EXPECT_EQ(severity(GetParam().event), GetParam().severity);
}

const exit_reason crash = exit_reason::error("boom", "no disk");

INSTANTIATE_TEST_SUITE_P(
    supervisor_event, event_text,
    ::testing::Values(
        event_case{supervisor_started{2}, event_severity::info,
                   "supervisor started with 2 children running"},
        event_case{child_started{"a", 1}, event_severity::info, "child \"a\" (run 1) started"},
        event_case{child_restarted{"a", 2, 1, 3}, event_severity::info,
                   "child \"a\" (run 2) restarted, 1 of 3 restarts used"},
        event_case{child_ignored{"a"}, event_severity::info, "child \"a\" declined to run"},
        event_case{child_start_failed{"a", crash}, event_severity::error,
                   "child \"a\" failed to start: error boom: no disk"},
        event_case{child_exited{"a", 1, crash, exit_outcome::restart}, event_severity::error,
                   "child \"a\" (run 1) exited: error boom: no disk; it is restarted"},
        event_case{child_exited{"a", 1, exit_reason::normal(), exit_outcome::keep},
                   event_severity::info, "child \"a\" (run 1) exited: normal; it stays down"},
        event_case{child_stopped{"a", 1, exit_reason::killed(), stop_outcome::timed_out},
                   event_severity::warning, "child \"a\" (run 1) stopped only when killed: killed"},
        event_case{child_outlives_kill{"a", 1, 5000ms}, event_severity::warning,
                   "child \"a\" (run 1) still runs 5000 ms after it was killed"},
        event_case{gave_up{"a", crash, 3, 5000ms}, event_severity::error,
                   "gave up: more than 3 restarts within 5000 ms, the last for child \"a\": error "
                   "boom: no disk"},
        event_case{auto_shutdown_triggered{"a"}, event_severity::info,
                   "significant child \"a\" ended: the supervisor shuts down"},
        event_case{supervisor_stopping{exit_reason::shutdown()}, event_severity::info,
                   "supervisor stopping: shutdown"},
        event_case{supervisor_stopped{exit_reason::shutdown("x")}, event_severity::info,
                   "supervisor stopped: {shutdown, x}"}));

}  // namespace
}  // namespace slipway
