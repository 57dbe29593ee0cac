// slipway/tests/harness/toml_table_test.cpp
//
// What a table of a TOML file gives, and how its author is told what is wrong with it.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/toml_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// All that is wrong with a text for one who reads it so.
std::vector<std::string> wrong_with(std::string_view text,
                                    const std::function<void(toml_table&)>& read,
                                    toml_style style = {}) {
  auto document = toml_document::parse(text, "f.toml", style);
  std::vector<std::string> lines;
  if (document) {
    toml_table root = document->root();
    read(root);
    root.report_unknown();
  }
  for (const auto& each : document ? document->faults() : document.error()) {
    lines.push_back(to_string(each));
  }
  return lines;
}

TEST(toml_table, gives_what_stands_at_a_key_and_nothing_where_there_is_none) {
  auto document = toml_document::parse(
      "name = \"a\"\nempty = \"\"\non = true\nn = 3\nshare = 0.5\nkind = \"b\"\nall = [\"x\", "
      "\"y\"]\n"
      "[env]\nK = \"v\"\n[[each]]\n[[each]]\n",
      "f.toml");
  ASSERT_TRUE(document);
  toml_table root = document->root();
  constexpr std::array<std::string_view, 2> kinds{"a", "b"};
  EXPECT_EQ(root.text("name"), "a");
  EXPECT_EQ(root.any_text("empty"), "");
  EXPECT_EQ(root.flag("on"), true);
  EXPECT_EQ(root.whole("n", {0, 3}), 3);
  EXPECT_EQ(root.fraction("share"), 0.5);
  EXPECT_EQ(root.choice("kind", kinds), 1U);
  EXPECT_EQ(root.texts("all"), (std::vector<std::string>{"x", "y"}));
  EXPECT_THAT(*root.text_map("env"), ElementsAre(Pair("K", "v")));
  EXPECT_EQ(root.tables("each").size(), 2U);
  EXPECT_FALSE(root.text("absent"));
  EXPECT_FALSE(root.table("absent"));
  root.report_unknown();
  EXPECT_THAT(document->faults(), IsEmpty());
}

TEST(toml_table, tells_all_that_is_wrong_in_the_order_of_the_file) {
  const auto read = [](toml_table& root) {
    static_cast<void>(root.fraction("share"));
    static_cast<void>(root.text("name"));
    static_cast<void>(root.whole("n", {1, 9}));
  };
  EXPECT_THAT(
      wrong_with("name = \"\"\nn = 10\nshare = 2\n", read),
      ElementsAre("f.toml:1:8: name: found the string \"\", expected a string that is not empty",
                  "f.toml:2:5: n: found the whole number 10, expected a whole number from 1 to 9",
                  "f.toml:3:9: share: found the whole number 2, expected a number from 0 to 1"));
}

TEST(toml_table, tells_which_key_was_meant_or_all_of_them_as_the_style_says) {
  const auto read = [](toml_table& root) {
    static_cast<void>(root.whole("size"));
    static_cast<void>(root.text("name"));
  };
  EXPECT_THAT(wrong_with("sise = 1\n", read),
              ElementsAre("f.toml:1:1: sise: found an unknown key, expected perhaps size"));
  EXPECT_THAT(wrong_with("sise = 1\n", read, {.guesses_keys = false}),
              ElementsAre("f.toml:1:1: sise: found an unknown key, expected one of: name, size"));
}

TEST(toml_table, shows_a_table_as_the_style_writes_it) {
  const auto read = [](toml_table& root) { static_cast<void>(root.table("inner")); };
  EXPECT_THAT(
      wrong_with("inner = 1\n", read),
      ElementsAre("f.toml:1:9: inner: found the whole number 1, expected a table, [inner]"));
  EXPECT_THAT(wrong_with("inner = 1\n", read, {.tables = toml_tables::in_braces}),
              ElementsAre("f.toml:1:9: inner: found the whole number 1, expected a table, { … }"));
}

TEST(toml_table, names_a_key_with_the_tables_around_it) {
  const auto read = [](toml_table& root) {
    for (auto& each : root.tables("each")) {
      each.fault("n", "nothing", "a number");
    }
  };
  EXPECT_THAT(wrong_with("\n[[each]]\n", read),
              ElementsAre("f.toml:2:1: each.n: found nothing, expected a number"));
}

TEST(toml_table, tells_wrong_syntax_alone) {
  const auto wrong = wrong_with("a = \n", [](toml_table&) {}, {.syntax = "a list"});
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_THAT(wrong.front(), testing::EndsWith(", expected a list"));
}

}  // namespace
}  // namespace slipway::harness
