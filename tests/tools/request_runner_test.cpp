// The way from input to output with calls that only pretend.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/request_runner.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fcntl.h>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

call_error failed(call_errc code) {
  call_error error;
  error.code = code;
  error.message = to_string(code);
  return error;
}

/// A runner on a text, and what it wrote.
class runner_test : public testing::Test {
 protected:
  using caller = std::function<result<value, call_error>(const request_line&)>;

  void run(const std::string& input, runner_options options, caller call) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    unique_fd write(ends[1]);
    // A pipe may hold less than the input.
    const std::jthread producer([&input, to = std::move(write)]() mutable {
      EXPECT_EQ(::write(to.get(), input.data(), input.size()), static_cast<ssize_t>(input.size()));
      to.reset();
    });
    input_lines lines{unique_fd(ends[0]), stop_};
    result_sink sink(order_, [this](std::string_view text) {
      output_ += text;
      return write_error_;
    });
    options.pools = {"p"};
    request_runner runner(std::move(options), {lines, sink, statistics_, stop_, std::move(call),
                                               [this](const request_line&) { return hopeless_; }});
    EXPECT_TRUE(runner.wait_for(30s));
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::istringstream stream(output_);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) {
      all.push_back(line);
    }
    return all;
  }

  stop_request stop_;
  run_statistics statistics_;
  result_order order_ = result_order::of_requests;
  std::optional<std::string> write_error_;
  std::optional<call_error> hopeless_;
  std::string output_;
};

TEST_F(runner_test, every_line_gets_its_result_in_order_however_many_run_at_once) {
  std::string input;
  for (int i = 0; i < 2000; ++i) {
    input += R"({"command": ")" + std::to_string(i) + "\"}\n";
  }
  run(input, {.concurrency = 8}, [](const request_line& request) -> result<value, call_error> {
    if (request.line % 7 == 0) {
      std::this_thread::yield();
    }
    return value(request.command);
  });
  const auto written = lines();
  ASSERT_EQ(written.size(), 2000U);
  for (std::size_t i = 0; i < written.size(); ++i) {
    ASSERT_THAT(written[i], HasSubstr("\"line\":" + std::to_string(i + 1) + ","));
    ASSERT_THAT(written[i], HasSubstr("\"result\":\"" + std::to_string(i) + "\""));
  }
  EXPECT_EQ(statistics_.figures().ok, 2000U);
}

TEST_F(runner_test, a_malformed_line_costs_only_itself) {
  run("{\"command\": \"a\"}\nnonsense\n{\"command\": \"b\"}\n", {},
      [](const request_line& request) {
        return result<value, call_error>(value(request.command));
      });
  ASSERT_EQ(lines().size(), 3U);
  EXPECT_THAT(lines()[1], HasSubstr(R"("line":2,"ok":false,"error":{"code":"invalid_request")"));
  EXPECT_THAT(lines()[2], HasSubstr(R"("line":3,"ok":true,"result":"b")"));
}

TEST_F(runner_test, a_failed_call_is_repeated_as_often_as_asked_for) {
  int calls = 0;
  run("{\"command\": \"a\"}\n", {.retries = 2},
      [&](const request_line&) -> result<value, call_error> {
        ++calls;
        return failure(failed(call_errc::worker_died));
      });
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(output_, HasSubstr("\"attempts\":3"));
}

TEST_F(runner_test, a_call_that_succeeds_at_last_is_a_success) {
  int calls = 0;
  run("{\"command\": \"a\"}\n", {.retries = 5},
      [&](const request_line&) -> result<value, call_error> {
        if (++calls < 3) {
          return failure(failed(call_errc::timeout));
        }
        return value(calls);
      });
  EXPECT_THAT(output_, HasSubstr(R"("ok":true,"result":3,"attempts":3)"));
}

TEST_F(runner_test, when_calls_are_hopeless_every_line_gets_that_as_its_result) {
  hopeless_ = failed(call_errc::pool_stopped);
  int calls = 0;
  run("{\"command\": \"a\"}\n{\"command\": \"b\"}\n", {.retries = 5},
      [&](const request_line&) -> result<value, call_error> {
        ++calls;
        return value();
      });
  EXPECT_EQ(calls, 0);
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_THAT(lines()[1], HasSubstr(R"("code":"pool_stopped")"));
  EXPECT_EQ(statistics_.figures().attempts, 0U);
}

TEST_F(runner_test, after_a_stop_what_has_begun_is_finished_and_nothing_else_begins) {
  run("{\"command\": \"a\"}\n{\"command\": \"b\"}\n{\"command\": \"c\"}\n", {},
      [&](const request_line& request) -> result<value, call_error> {
        if (request.command == "b") {
          stop_.ask(2);
        }
        return value(request.command);
      });
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(runner_test, a_request_waits_for_a_pool_that_is_being_restarted_and_that_is_no_retry) {
  int calls = 0;
  run("{\"command\": \"a\"}\n", {}, [&](const request_line&) -> result<value, call_error> {
    if (++calls < 3) {
      return failure(failed(call_errc::pool_stopped));
    }
    return value(calls);
  });
  EXPECT_THAT(output_, HasSubstr(R"("ok":true,"result":3,"attempts":1)"));
}

TEST_F(runner_test, a_pool_that_does_not_come_back_is_waited_for_within_bounds) {
  run("{\"command\": \"a\"}\n", {.restart_patience = 1ms},
      [&](const request_line&) -> result<value, call_error> {
        return failure(failed(call_errc::pool_stopped));
      });
  EXPECT_THAT(output_, HasSubstr(R"("code":"pool_stopped")"));
}

TEST_F(runner_test, a_pool_that_stopped_after_it_was_sent_the_command_is_not_asked_again) {
  int calls = 0;
  run("{\"command\": \"a\"}\n", {}, [&](const request_line&) -> result<value, call_error> {
    ++calls;
    auto error = failed(call_errc::pool_stopped);
    error.effect = call_effect::unknown;
    return failure(std::move(error));
  });
  EXPECT_EQ(calls, 1);
}

TEST_F(runner_test, a_stop_ends_the_wait_before_a_retry) {
  run("{\"command\": \"a\"}\n", {.retries = 1'000'000},
      [&](const request_line&) -> result<value, call_error> {
        stop_.ask(2);
        return failure(failed(call_errc::pool_stopped));
      });
  EXPECT_THAT(output_, HasSubstr("\"attempts\":1"));
}

TEST_F(runner_test, when_results_cannot_be_written_no_further_line_is_taken) {
  write_error_ = "disk full";
  int calls = 0;
  run("{\"command\": \"a\"}\n{\"command\": \"b\"}\n{\"command\": \"c\"}\n", {},
      [&](const request_line&) -> result<value, call_error> {
        ++calls;
        return value();
      });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace slipway::tools
