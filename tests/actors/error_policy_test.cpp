// slipway/tests/actors/error_policy_test.cpp
//
// The table of failures: what each call_error is, and that the documented table is the one in use.
// Source: docs/errors.md.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/error_policy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace slipway {
namespace {

call_error failed(call_errc code, call_effect effect = call_effect::unknown) {
  call_error error;
  error.code = code;
  error.effect = effect;
  return error;
}

call_error pool_ended_with(exit_reason reason) {
  call_error error = failed(call_errc::pool_exited);
  error.pool_exit = std::move(reason);
  return error;
}

std::vector<error_kind> all_kinds() {
  std::vector<error_kind> kinds;
  for (std::size_t i = 0; i < error_kinds; ++i) {
    kinds.push_back(static_cast<error_kind>(i));
  }
  return kinds;
}

// "| `queue_timeout` | `resource` | `minor` | `immediate_retry` | `abandoned` |"
std::string row_of(error_kind kind) {
  const error_policy table;
  const error_class& row = table.of(kind);
  std::string text = "|";
  for (const char* word : {to_string(kind), to_string(row.category), to_string(row.severity),
                           to_string(row.strategy), to_string(row.breaker)}) {
    text.append(" `").append(word).append("` |");
  }
  return text;
}

TEST(error_policy, the_documented_table_is_the_one_in_use) {
  std::ifstream page(SLIPWAY_TEST_DOCS "/errors.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `")) {
      rows.push_back(line.substr(0, line.rfind('|', line.size() - 2) + 1));
    } else if (!rows.empty()) {
      break;  // the end of the page's first table
    }
  }
  std::vector<std::string> expected;
  for (const error_kind kind : all_kinds()) {
    expected.push_back(row_of(kind));
  }
  EXPECT_THAT(rows, testing::ElementsAreArray(expected));
}

TEST(error_policy, a_timeout_is_told_apart_by_whether_the_command_was_sent) {
  EXPECT_EQ(kind_of(failed(call_errc::timeout, call_effect::not_sent)), error_kind::queue_timeout);
  EXPECT_EQ(kind_of(failed(call_errc::timeout, call_effect::unknown)), error_kind::answer_timeout);
}

TEST(error_policy, a_pool_whose_workers_cannot_start_is_told_from_one_that_crashed) {
  EXPECT_EQ(kind_of(pool_ended_with(exit_reason::error("init_failed", "no python"))),
            error_kind::init_failed);
  EXPECT_EQ(kind_of(pool_ended_with(exit_reason::error("unexpected_checkin", "7"))),
            error_kind::pool_exited);
  EXPECT_EQ(kind_of(failed(call_errc::pool_exited)), error_kind::pool_exited);
}

TEST(error_policy, every_other_code_is_a_kind_of_the_same_name) {
  for (const auto code :
       {call_errc::worker_died, call_errc::remote_exception, call_errc::pool_stopped,
        call_errc::pool_exited, call_errc::overloaded, call_errc::protocol_error,
        call_errc::invalid_argument, call_errc::circuit_open, call_errc::unexpected_result}) {
    EXPECT_STREQ(to_string(kind_of(failed(code))), to_string(code));
    EXPECT_EQ(code_of(kind_of(failed(code))), code);
  }
}

TEST(error_policy, kinds_of_one_code_lead_back_to_it) {
  EXPECT_EQ(code_of(error_kind::queue_timeout), call_errc::timeout);
  EXPECT_EQ(code_of(error_kind::answer_timeout), call_errc::timeout);
  EXPECT_EQ(code_of(error_kind::init_failed), call_errc::pool_exited);
}

TEST(error_policy, a_row_that_a_user_sets_changes_no_other) {
  const error_class mine{error_category::python, error_severity::critical,
                         recovery_strategy::circuit_break};
  error_policy changed;
  changed.set(error_kind::remote_exception, mine);
  EXPECT_EQ(changed.of(failed(call_errc::remote_exception)), mine);
  const error_policy table;
  for (const error_kind kind : all_kinds()) {
    if (kind != error_kind::remote_exception) {
      EXPECT_EQ(changed.of(kind), table.of(kind)) << to_string(kind);
    }
  }
}

}  // namespace
}  // namespace slipway
