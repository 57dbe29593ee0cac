// The lines of results, whole.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/json_text.hpp>
#include <slipway/tools/result_line.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <limits>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

request_line some_request() {
  request_line request;
  request.line = 4;
  request.id = value("a");
  request.command = "score";
  return request;
}

finished_call failed_call(call_error error) {
  return {failure(std::move(error)), 2, 1500us};
}

TEST(result_line, a_result_has_line_id_result_attempts_and_time) {
  const auto written =
      write_result(some_request(), {value::map({{"score", value(0.5)}}), 1, 12345678ns});
  EXPECT_EQ(written.code, "ok");
  EXPECT_EQ(written.line,
            R"({"line":4,"id":"a","ok":true,"result":{"score":0.5},"attempts":1,"ms":12.346})");
}

TEST(result_line, without_an_id_there_is_none) {
  auto request = some_request();
  request.id.reset();
  EXPECT_EQ(write_result(request, {value(), 1, 0ns}).line,
            R"({"line":4,"ok":true,"result":null,"attempts":1,"ms":0.000})");
}

TEST(result_line, the_death_of_a_worker_has_its_signal_and_what_it_wrote) {
  call_error error;
  error.code = call_errc::worker_died;
  error.effect = call_effect::unknown;
  error.message = "it died";
  error.exit = exit_status{exit_status::kind::signaled, SIGSEGV};
  error.stderr_tail = {"one", "two \"quoted\""};
  const auto written = write_result(some_request(), failed_call(error));
  EXPECT_EQ(written.code, "worker_died");
  EXPECT_EQ(
      written.line,
      R"({"line":4,"id":"a","ok":false,"error":{"code":"worker_died","effect":"unknown",)"
      R"("category":"connection","severity":"major","strategy":"failover","message":"it died",)"
      R"("signal":11,"stderr_tail":["one","two \"quoted\""]},)"
      R"("attempts":2,"ms":1.500})");
}

TEST(result_line, a_line_that_is_no_request_has_its_code_and_was_not_sent) {
  const auto written =
      write_result(request_error{request_errc::invalid_request, 9, value(1), "line 9 is no JSON"});
  EXPECT_EQ(written.code, "invalid_request");
  EXPECT_EQ(written.line,
            R"({"line":9,"id":1,"ok":false,"error":{"code":"invalid_request","effect":"not_sent",)"
            R"("message":"line 9 is no JSON"},"attempts":0,"ms":0.000})");
}

TEST(result_line, a_result_without_json_form_is_a_typed_error_whose_effect_is_unknown) {
  const auto written =
      write_result(some_request(), {value(std::numeric_limits<double>::infinity()), 1, 0ns});
  EXPECT_EQ(written.code, "unexpected_result");
  EXPECT_THAT(written.line, HasSubstr(R"("effect":"unknown")"));
  EXPECT_THAT(written.line, HasSubstr("'score' gave a result that has no JSON form"));
}

TEST(json_text, bytes_that_are_no_utf8_are_replaced) {
  EXPECT_EQ(json_quoted("a\xFFz\n"), "\"a\xEF\xBF\xBDz\\n\"");
}

}  // namespace
}  // namespace slipway::tools
