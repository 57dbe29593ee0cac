// The health of a worker as a table of time lines on the virtual clock: what happens when, and what
// follows from it.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/health_core.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

// What happens; the first two are asked of the core.
enum class happens : std::uint8_t {
  ping,     // a check is due, and it wants a ping
  no_ping,  // a check is due, and it wants none
  answered,
  unanswered,
  overtaken,
  garbled,
  checkout,
  checkin,
  flood,
};
using enum happens;

struct moment {
  duration at;  // not before the last one's
  happens what;
  std::string follows{};  // "failed 1, degraded: …"; empty: nothing
};

struct time_line {
  const char* rule;  // a sentence, and the test's name
  health_options options;
  std::vector<moment> moments;
};

// GoogleTest finds it by this name.
void PrintTo(const time_line& line, std::ostream* out) {
  *out << line.rule;
}

health_options three_failures() {
  return {.interval = 1s, .timeout = 100ms, .failures = 3};
}

health_options slow_from_50_ms() {
  return {.interval = 1s, .timeout = 100ms, .failures = 3, .slow_call = 50ms};
}

const std::string no_answer = "degraded: no answer to a check within 100 ms";

std::vector<time_line> checks() {
  return {
      {"a_worker_that_answers_stays_well",
       three_failures(),
       {{1s, ping}, {1100ms, answered}, {2s, ping}, {2100ms, answered}}},
      {"a_failed_check_degrades_it_and_a_passed_one_ends_that",
       three_failures(),
       {{1s, ping},
        {1100ms, unanswered, "failed 1, " + no_answer},
        {2s, ping},
        {2100ms, unanswered, "failed 2"},
        {3s, ping},
        {3100ms, answered, "recovered"}}},
      {"so_many_failed_checks_in_a_row_remove_it",
       three_failures(),
       {{1s, ping},
        {1100ms, unanswered, "failed 1, " + no_answer},
        {2s, ping},
        {2100ms, unanswered, "failed 2"},
        {3s, ping},
        {3100ms, unanswered,
         "failed 3, unfit: error health_check: 3 checks in a row without an answer"},
        {4s, no_ping}}},
      {"a_passed_check_ends_the_row",
       three_failures(),
       {{1s, ping},
        {1100ms, unanswered, "failed 1, " + no_answer},
        {2s, ping},
        {2100ms, answered, "recovered"},
        {3s, ping},
        {3100ms, unanswered, "failed 1, " + no_answer}}},
      {"one_failure_may_be_enough",
       {.interval = 1s, .timeout = 100ms, .failures = 1},
       {{1s, ping},
        {1100ms, unanswered,
         "failed 1, unfit: error health_check: 1 checks in a row without an answer"}}},
      {"what_an_idle_worker_says_unasked_removes_it",
       three_failures(),
       {{1s, ping}, {1100ms, garbled, "failed 1, unfit: error health_check: idle, it sent words"}}},
  };
}

std::vector<time_line> checkouts() {
  return {
      {"a_worker_that_is_checked_out_is_not_pinged",
       three_failures(),
       {{0ms, checkout}, {1s, no_ping}, {1500ms, checkin}, {2s, ping}}},
      {"a_check_that_is_overtaken_says_nothing",
       three_failures(),
       {{1s, ping},
        {1050ms, checkout},
        {1100ms, overtaken},
        {5s, checkin},
        {6s, ping},
        {6100ms, unanswered, "failed 1, " + no_answer}}},
      {"an_overtaken_check_does_not_end_the_row",
       three_failures(),
       {{1s, ping},
        {1100ms, unanswered, "failed 1, " + no_answer},
        {2s, ping},
        {2100ms, overtaken},
        {3s, ping},
        {3100ms, unanswered, "failed 2"}}},
      {"what_nobody_asked_for_is_no_result",
       three_failures(),
       {{1s, unanswered}, {2s, answered}, {3s, garbled}}},
      {"without_a_limit_no_call_is_slow", three_failures(), {{0ms, checkout}, {1h, checkin}}},
  };
}

std::vector<time_line> slow_calls() {
  return {
      {"a_slow_call_degrades_and_a_passed_check_ends_that",
       slow_from_50_ms(),
       {{0ms, checkout},
        {80ms, checkin, "degraded: a call took 80 ms, longer than 50 ms"},
        {1s, ping},
        {1100ms, answered, "recovered"}}},
      {"a_call_that_takes_just_as_long_is_not_slow",
       slow_from_50_ms(),
       {{0ms, checkout}, {50ms, checkin}}},
      {"so_many_slow_calls_in_a_row_remove_it_whatever_its_checks_say",
       slow_from_50_ms(),
       {{0ms, checkout},
        {80ms, checkin, "degraded: a call took 80 ms, longer than 50 ms"},
        {100ms, checkout},
        {200ms, checkin},
        {1s, ping},
        {1100ms, answered, "recovered"},
        {1200ms, checkout},
        {1270ms, checkin,
         "unfit: error health_check: 3 calls in a row took longer than 50 ms, the last 70 ms"}}},
      {"a_quick_call_ends_the_row_but_not_the_degradation",
       slow_from_50_ms(),
       {{0ms, checkout},
        {80ms, checkin, "degraded: a call took 80 ms, longer than 50 ms"},
        {100ms, checkout},
        {101ms, checkin},
        {200ms, checkout},
        {300ms, checkin},
        {400ms, checkout},
        {500ms, checkin},
        {1s, ping},
        {1100ms, answered, "recovered"}}},
  };
}

const std::string flooded =
    "unfit: error stderr_flood: more than 1048576 bytes of standard error within 1000 ms";

std::vector<time_line> floods() {
  return {
      {"a_flood_removes_it", three_failures(), {{0ms, flood, flooded}, {1s, no_ping}}},
      {"a_flood_during_a_call_is_told_once",
       slow_from_50_ms(),
       {{0ms, checkout}, {10ms, flood, flooded}, {20ms, flood}, {90ms, checkin}}},
      {"without_a_limit_nothing_is_a_flood",
       {.interval = 1s, .timeout = 100ms, .failures = 1, .max_stderr = std::nullopt},
       {{0ms, flood}, {1s, ping}}},
  };
}

std::string text_of(const health_step& step) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (step.failed_checks) {
    add("failed " + std::to_string(*step.failed_checks));
  }
  if (step.degraded) {
    add("degraded: " + *step.degraded);
  }
  if (step.recovered) {
    add("recovered");
  }
  if (step.unfit) {
    add("unfit: " + to_string(*step.unfit));
  }
  return text;
}

class player {
 public:
  explicit player(const time_line& line) : line_(line), core_(line.options) {}

  void play() {
    for (const auto& each : line_.moments) {
      clock_.advance(each.at - clock_.now().time_since_epoch());
      SCOPED_TRACE("at " + std::to_string(each.at / 1ms) + " ms");
      const bool was_degraded = core_.degraded();
      const health_step step = happen(each.what);
      EXPECT_EQ(text_of(step), each.follows);
      EXPECT_EQ(core_.degraded(), step.degraded || (was_degraded && !step.recovered));
      EXPECT_TRUE(!step.unfit || core_.unfit() == step.unfit);
    }
  }

 private:
  health_step happen(happens what) {
    switch (what) {
      case ping:
        EXPECT_TRUE(core_.wants_ping());
        core_.ping_sent();
        return {};
      case no_ping:
        EXPECT_FALSE(core_.wants_ping());
        return {};
      case answered:
        return core_.ping_answered();
      case unanswered:
        return core_.ping_unanswered();
      case overtaken:
        core_.ping_overtaken();
        return {};
      case garbled:
        return core_.ping_garbled("words");
      case checkout:
        core_.checked_out(clock_.now());
        return {};
      case checkin:
        return core_.checked_in(clock_.now());
      case flood:
        break;
    }
    return core_.flooded();
  }

  const time_line& line_;
  harness::virtual_clock clock_;
  health_core core_;
};

class health_time_line : public testing::TestWithParam<time_line> {};

TEST_P(health_time_line, goes_as_the_table_says) {
  player(GetParam()).play();
}

std::string name_of(const testing::TestParamInfo<time_line>& each) {
  return each.param.rule;
}

INSTANTIATE_TEST_SUITE_P(checks, health_time_line, testing::ValuesIn(checks()), name_of);
INSTANTIATE_TEST_SUITE_P(checkouts, health_time_line, testing::ValuesIn(checkouts()), name_of);
INSTANTIATE_TEST_SUITE_P(slow_calls, health_time_line, testing::ValuesIn(slow_calls()), name_of);
INSTANTIATE_TEST_SUITE_P(floods, health_time_line, testing::ValuesIn(floods()), name_of);

}  // namespace
}  // namespace slipway
