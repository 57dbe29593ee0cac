// Words of the command line and what they mean.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/command_line.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(command_line, run_has_its_defaults) {
  const auto wanted = read_command_line({"run", "run.toml"});
  ASSERT_TRUE(wanted) << wanted.error().text;
  const auto& run = std::get<run_settings>(*wanted);
  EXPECT_EQ(run.config, "run.toml");
  EXPECT_EQ(run.input, "-");
  EXPECT_EQ(run.output, "-");
  EXPECT_FALSE(run.concurrency);
  EXPECT_EQ(run.order, result_order::of_requests);
  EXPECT_EQ(run.retries, 0U);
  EXPECT_EQ(run.grace, 10s);
}

TEST(command_line, every_option_of_run_is_read) {
  const auto wanted =
      read_command_line({"run", "run.toml", "--input", "i", "--output", "o", "--concurrency", "9",
                         "--unordered", "--retry", "2", "--grace", "500ms", "--log", "l"});
  ASSERT_TRUE(wanted) << wanted.error().text;
  const auto& run = std::get<run_settings>(*wanted);
  EXPECT_EQ(run.input, "i");
  EXPECT_EQ(run.output, "o");
  EXPECT_EQ(run.concurrency, 9U);
  EXPECT_EQ(run.order, result_order::as_finished);
  EXPECT_EQ(run.retries, 2U);
  EXPECT_EQ(run.grace, 500ms);
  EXPECT_EQ(run.log_file, "l");
}

TEST(command_line, call_takes_command_and_arguments) {
  const auto wanted =
      read_command_line({"call", "run.toml", "score", "{}", "--pool", "p", "--timeout", "5s"});
  ASSERT_TRUE(wanted) << wanted.error().text;
  const auto& call = std::get<call_settings>(*wanted);
  EXPECT_EQ(call.command, "score");
  EXPECT_EQ(call.args, "{}");
  EXPECT_EQ(call.pool, "p");
  EXPECT_EQ(call.timeout, 5s);
}

TEST(command_line, doctor_and_demo_need_nothing) {
  EXPECT_TRUE(std::holds_alternative<doctor_settings>(*read_command_line({"doctor"})));
  const auto demo = std::get<demo_settings>(
      *read_command_line({"demo", "--retry", "--seconds", "2.5", "--kill-every", "100ms"}));
  EXPECT_EQ(demo.on_failure, failed_calls::are_retried);
  EXPECT_EQ(demo.length, 2500ms);
  EXPECT_EQ(demo.kill_every, 100ms);
}

TEST(command_line, help_and_version_are_no_errors) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--help"}, {"--version"}, {"run", "--help"}, {"demo", "--help"}}) {
    const auto wanted = read_command_line(words);
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().code, exit_code::ok) << words.back();
    EXPECT_FALSE(wanted.error().text.empty());
  }
  EXPECT_THAT(read_command_line({"run", "--help"}).error().text, HasSubstr("Examples:"));
}

TEST(command_line, wrong_words_are_usage_errors) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"run"},
                                             {"run", "a", "b"},
                                             {"run", "a", "--concurrency", "0"},
                                             {"run", "a", "--retry", "-1"},
                                             {"call", "a"},
                                             {"call", "a", "b", "{}", "--timeout", "5"},
                                             {"demo", "--seconds", "0"}}) {
    const auto wanted = read_command_line(words);
    ASSERT_FALSE(wanted) << testing::PrintToString(words);
    EXPECT_EQ(wanted.error().code, exit_code::usage);
  }
}

}  // namespace
}  // namespace slipway::tools
