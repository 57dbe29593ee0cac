// Which failures are worth another attempt.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/retry_rule.hpp>

#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;

call_error failed(call_errc code) {
  call_error error;
  error.code = code;
  return error;
}

TEST(retry_rule, without_retries_every_failure_stands) {
  EXPECT_FALSE(retry_after(failed(call_errc::timeout), 1, 0));
  EXPECT_FALSE(retry_after(failed(call_errc::pool_stopped), 1, 0));
}

TEST(retry_rule, a_lost_worker_is_no_reason_to_wait) {
  for (const auto code : {call_errc::worker_died, call_errc::timeout, call_errc::protocol_error}) {
    EXPECT_EQ(retry_after(failed(code), 1, 3), 0ms) << to_string(code);
  }
}

TEST(retry_rule, what_lies_in_the_request_is_never_retried) {
  for (const auto code :
       {call_errc::remote_exception, call_errc::invalid_argument, call_errc::unexpected_result}) {
    EXPECT_FALSE(retry_after(failed(code), 1, 3)) << to_string(code);
  }
}

TEST(retry_rule, a_pool_gets_time_that_doubles_up_to_two_seconds) {
  const auto stopped = failed(call_errc::pool_stopped);
  EXPECT_EQ(retry_after(stopped, 1, 100), 50ms);
  EXPECT_EQ(retry_after(stopped, 2, 100), 100ms);
  EXPECT_EQ(retry_after(stopped, 6, 100), 1600ms);
  EXPECT_EQ(retry_after(stopped, 7, 100), 2s);
  EXPECT_EQ(retry_after(stopped, 90, 100), 2s);
  EXPECT_EQ(retry_after(failed(call_errc::overloaded), 1, 1), 50ms);
}

TEST(retry_rule, after_the_last_retry_the_failure_stands) {
  EXPECT_TRUE(retry_after(failed(call_errc::worker_died), 3, 3));
  EXPECT_FALSE(retry_after(failed(call_errc::worker_died), 4, 3));
}

}  // namespace
}  // namespace slipway::tools
