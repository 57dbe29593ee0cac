// tests/supervision/exit_reason_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace slipway {
namespace {

exit_reason thrown_as_reason(void (*thrower)()) {
  try {
    thrower();
  } catch (...) {
    return exit_reason_from(std::current_exception());
  }
  return exit_reason::normal();
}

TEST(exit_reason, only_normal_shutdown_and_shutdown_with_a_term_are_not_abnormal) {
  EXPECT_FALSE(exit_reason::normal().is_abnormal());
  EXPECT_FALSE(exit_reason::shutdown().is_abnormal());
  EXPECT_FALSE(exit_reason::shutdown("drained").is_abnormal());
  EXPECT_FALSE(
      exit_reason::failed_to_start_child("a", exit_reason::error("boom", "")).is_abnormal());
  EXPECT_TRUE(exit_reason::killed().is_abnormal());
  EXPECT_TRUE(exit_reason::noproc().is_abnormal());
  EXPECT_TRUE(exit_reason::noconnection().is_abnormal());
  EXPECT_TRUE(exit_reason::timeout().is_abnormal());
  EXPECT_TRUE(exit_reason::error("boom", "").is_abnormal());
}

TEST(exit_reason, is_normal_by_default) {
  EXPECT_EQ(exit_reason{}, exit_reason::normal());
}

TEST(exit_reason, compares_by_value_down_to_the_last_cause) {
  const auto made = [](const std::string& deepest) {
    return exit_reason::error("a", "1").with_cause(
        exit_reason::error("b", "2").with_cause(exit_reason::error("c", deepest)));
  };
  EXPECT_EQ(made("3"), made("3"));
  EXPECT_NE(made("3"), made("4"));
  EXPECT_NE(made("3"), exit_reason::error("a", "1"));
  EXPECT_NE(exit_reason::shutdown(), exit_reason::shutdown(""));
  EXPECT_NE(exit_reason::error("a", "1"), exit_reason::error("a", "1").with_stderr_tail({"x"}));
}

TEST(exit_reason, prints_in_one_line_with_its_causes_and_the_last_line_of_stderr) {
  EXPECT_EQ(to_string(exit_reason::normal()), "normal");
  EXPECT_EQ(to_string(exit_reason::shutdown("drained")), "{shutdown, drained}");
  EXPECT_EQ(to_string(exit_reason::error("port_crashed", "exit status 1")
                          .with_stderr_tail({"Traceback", "ValueError: no"})
                          .with_cause(exit_reason::timeout())),
            "error port_crashed: exit status 1 [stderr: ValueError: no] (caused by timeout)");
}

TEST(exit_reason, keeps_type_and_text_of_an_exception) {
  const exit_reason reason = thrown_as_reason([] { throw std::out_of_range("index 7"); });
  EXPECT_EQ(reason, exit_reason::error("std::out_of_range", "index 7"));
}

TEST(exit_reason, keeps_the_exceptions_nested_in_an_exception_as_causes) {
  const exit_reason reason = thrown_as_reason([] {
    try {
      throw std::runtime_error("disk full");
    } catch (...) {
      std::throw_with_nested(std::logic_error("cannot save"));
    }
  });
  EXPECT_EQ(reason.message, "cannot save");
  ASSERT_NE(reason.cause, nullptr);
  EXPECT_EQ(*reason.cause, exit_reason::error("std::runtime_error", "disk full"));
}

TEST(exit_reason, is_given_back_unchanged_by_an_exit_exception) {
  EXPECT_EQ(thrown_as_reason([] { throw exit_exception(exit_reason::shutdown("drained")); }),
            exit_reason::shutdown("drained"));
}

TEST(exit_reason, names_even_what_is_no_std_exception) {
  EXPECT_EQ(thrown_as_reason([] { throw std::string("text"); }).message, "text");
  EXPECT_EQ(thrown_as_reason([] { throw "literal"; }).message, "literal");
  EXPECT_EQ(thrown_as_reason([] { throw 7; }).type, "int");
}

}  // namespace
}  // namespace slipway
