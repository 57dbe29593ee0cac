// slipway/tests/actors/call_error_text_test.cpp
//
// Errors as they are printed, whole: on one line, with all that is known, by fmt, as JSON.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error.hpp>
#include <slipway/actors/call_error_format.hpp>
#include <slipway/actors/call_error_json.hpp>
#include <slipway/actors/error_policy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace slipway {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

call_error death() {
  call_error error;
  error.code = call_errc::worker_died;
  error.effect = call_effect::unknown;
  error.message = "'score' on p/2: it died";
  error.exit = exit_status{exit_status::kind::signaled, SIGSEGV};
  error.stderr_tail = {"one", "two \"quoted\""};
  error.worker = "p/2";
  error.classified = error_policy{}.of(error);
  return error;
}

call_error raise_at_the_second_attempt() {
  call_error error;
  error.code = call_errc::remote_exception;
  error.effect = call_effect::unknown;
  error.message = "'score' on p/3 raised ValueError: no";
  error.remote = remote_error{"ValueError", "no", "Traceback\n  line 1\n"};
  error.worker = "p/3";
  error.session = "s7";
  error.attempt = 2;
  error.classified = error_policy{}.of(error);
  error.earlier = {death()};
  return error;
}

call_error end_of_the_pool() {
  call_error error;
  error.code = call_errc::pool_exited;
  error.message = "'score': the pool p has ended";
  error.stderr_tail = {"No module named 'scores'"};
  error.pool_exit = exit_reason::error("init_failed", "p/1")
                        .with_cause(exit_reason::error("module_import", "exit status 1"));
  return error;
}

TEST(call_error_text, one_line_has_code_effect_and_message) {
  EXPECT_EQ(to_string(death()), "worker_died (effect unknown): 'score' on p/2: it died");
}

TEST(call_error_text, one_line_has_the_attempt_from_the_second_on) {
  EXPECT_EQ(to_string(raise_at_the_second_attempt()),
            "remote_exception (effect unknown, attempt 2): 'score' on p/3 raised ValueError: no");
}

TEST(call_error_text, the_whole_has_the_end_of_the_process_and_what_it_wrote) {
  EXPECT_EQ(describe(death()),
            "worker_died (effect unknown): 'score' on p/2: it died\n"
            "  connection, major, failover\n"
            "  worker p/2\n"
            "  its process: killed by signal 11 (Segmentation fault)\n"
            "  standard error:\n"
            "    | one\n"
            "    | two \"quoted\"");
}

TEST(call_error_text, the_whole_has_traceback_session_and_earlier_attempts) {
  EXPECT_EQ(describe(raise_at_the_second_attempt()),
            "remote_exception (effect unknown, attempt 2): 'score' on p/3 raised ValueError: no\n"
            "  python, minor, abandon\n"
            "  worker p/3\n"
            "  session s7\n"
            "  traceback:\n"
            "    | Traceback\n"
            "    |   line 1\n"
            "  before: worker_died (effect unknown): 'score' on p/2: it died");
}

TEST(call_error_text, the_whole_has_the_chain_of_causes_of_the_end_of_a_pool) {
  EXPECT_EQ(describe(end_of_the_pool()),
            "pool_exited (effect not_sent): 'score': the pool p has ended\n"
            "  standard error:\n"
            "    | No module named 'scores'\n"
            "  pool ended: " +
                to_string(*end_of_the_pool().pool_exit));
  EXPECT_THAT(describe(end_of_the_pool()), EndsWith("module_import: exit status 1)"));
}

TEST(call_error_text, fmt_prints_one_line_or_the_whole) {
  EXPECT_EQ(fmt::format("{}", death()), to_string(death()));
  EXPECT_EQ(fmt::format("{:#}", death()), describe(death()));
  EXPECT_THROW(static_cast<void>(fmt::format(fmt::runtime("{:x}"), death())), fmt::format_error);
}

TEST(call_error_json, a_death_has_its_class_its_signal_and_what_the_worker_wrote) {
  EXPECT_EQ(to_json(death()),
            R"({"code":"worker_died","effect":"unknown","category":"connection",)"
            R"("severity":"major","strategy":"failover","message":"'score' on p/2: it died",)"
            R"("worker":"p/2","signal":11,"stderr_tail":["one","two \"quoted\""]})");
}

TEST(call_error_json, an_exception_has_type_traceback_session_and_earlier_attempts) {
  EXPECT_EQ(
      to_json(raise_at_the_second_attempt()),
      R"({"code":"remote_exception","effect":"unknown","category":"python","severity":"minor",)"
      R"("strategy":"abandon","message":"'score' on p/3 raised ValueError: no","worker":"p/3",)"
      R"("session":"s7","attempt":2,"type":"ValueError","traceback":"Traceback\n  line 1\n",)"
      R"("earlier":[)" +
          to_json(death()) + "]}");
}

TEST(call_error_json, an_exit_code_is_told_as_such) {
  call_error error = death();
  error.exit = exit_status{exit_status::kind::exited, 3};
  error.stderr_tail = {};
  EXPECT_THAT(to_json(error), HasSubstr(R"("exit_code":3,"stderr_tail":[])"));
}

TEST(call_error_json, the_class_is_that_of_the_pool_or_else_that_of_the_table) {
  call_error error = death();
  error.classified->severity = error_severity::critical;
  EXPECT_THAT(to_json(error), HasSubstr(R"("severity":"critical")"));
  error.classified.reset();
  EXPECT_THAT(to_json(error), HasSubstr(R"("severity":"major")"));
}

TEST(call_error_json, the_end_of_a_pool_is_told_with_its_causes) {
  EXPECT_THAT(to_json(end_of_the_pool()),
              HasSubstr(R"("stderr_tail":["No module named 'scores'"],"pool_exit":"error init_)"));
}

TEST(call_error_json, bytes_that_are_no_utf8_are_replaced) {
  call_error error;
  error.message = "a\xFFz";
  EXPECT_THAT(to_json(error), HasSubstr("\"message\":\"a\xEF\xBF\xBDz\""));
}

}  // namespace
}  // namespace slipway
