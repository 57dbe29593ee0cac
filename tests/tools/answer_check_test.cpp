// Whether an answer is that of the call which got it.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/answer_check.hpp>

#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

const value args = value::map({{"n", value("of the user")}, {"text", value("to be")}});

TEST(answer_check, gives_each_call_its_number_and_leaves_its_other_arguments_alone) {
  const value numbered = answer_check("n").args_of(7, args);
  EXPECT_EQ(numbered.size(), 2U);
  EXPECT_EQ(numbered.find("n"), value(7U));
  EXPECT_EQ(numbered.find("text"), value("to be"));
  EXPECT_EQ(answer_check("other").args_of(7, args).size(), 3U);
}

TEST(answer_check, finds_an_answer_with_the_number_of_another_call_or_with_none) {
  const answer_check check("n");
  EXPECT_EQ(check.flaw_of(7, check.args_of(7, args)), std::nullopt);
  EXPECT_EQ(check.flaw_of(7, check.args_of(8, args)), "asked with n = 7 and answered with n = 8");
  EXPECT_EQ(check.flaw_of(7, value(3)), "asked with n = 7 and answered with 3");
}

TEST(answer_check, without_a_field_changes_nothing_and_takes_every_answer) {
  const answer_check check;
  EXPECT_EQ(check.args_of(7, args), args);
  EXPECT_EQ(check.flaw_of(7, value()), std::nullopt);
}

}  // namespace
}  // namespace slipway::tools
