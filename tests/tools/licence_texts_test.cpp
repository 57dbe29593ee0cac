// The answers that the demo takes for right.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_work.hpp>
#include <slipway/tools/licence_texts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace slipway::tools {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(licence_texts, a_word_is_a_run_of_letters_in_lower_case) {
  EXPECT_THAT(words_of("To be, or NOT2be!"), ElementsAre("to", "be", "or", "not", "be"));
  EXPECT_TRUE(words_of(" 12 ").empty());
}

TEST(licence_texts, statistics_take_the_first_of_the_longest_words) {
  EXPECT_EQ(count_words("one three four seven one"), (word_statistics{5, 4, "three", 4.0}));
  EXPECT_EQ(count_words(""), word_statistics{});
}

TEST(licence_texts, ngrams_are_ordered_by_frequency_and_then_by_the_alphabet) {
  EXPECT_THAT(most_frequent_ngrams("b a b a c", 1, 2), ElementsAre(Pair("a", 2), Pair("b", 2)));
  EXPECT_THAT(most_frequent_ngrams("b a b a c", 2, 9),
              ElementsAre(Pair("b a", 2), Pair("a b", 1), Pair("a c", 1)));
  EXPECT_TRUE(most_frequent_ngrams("a", 2, 5).empty());
}

TEST(licence_texts, similarity_is_one_for_the_same_text_and_zero_for_nothing_in_common) {
  EXPECT_DOUBLE_EQ(similarity("to be or not", "to be or not"), 1.0);
  EXPECT_DOUBLE_EQ(similarity("to be", "or not"), 0.0);
  EXPECT_DOUBLE_EQ(similarity("", ""), 0.0);
}

TEST(licence_texts, the_longest_shared_passage_is_found_within_the_limit) {
  EXPECT_EQ(longest_shared_passage("a b c d e", "x c d e y", 9), (shared_passage{3, "c d e"}));
  EXPECT_EQ(longest_shared_passage("a b c d e", "x c d e y", 4), (shared_passage{2, "c d"}));
  EXPECT_EQ(longest_shared_passage("a", "b", 9), shared_passage{});
}

TEST(licence_texts, links_are_left_out) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "slipway_licences";
  std::filesystem::create_directory(folder);
  std::filesystem::create_symlink("/etc/passwd", folder / "link");
  EXPECT_TRUE(read_licences(folder).empty());
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(read_licences("/no/such/folder").empty());
}

TEST(demo_work, every_text_and_every_pair_has_its_requests) {
  const auto requests =
      make_demo_requests({{"a", "one two"}, {"b", "two three"}, {"c", "three four"}});
  EXPECT_EQ(requests.size(), 3U * 5 + 3 * 2);
}

TEST(demo_work, an_answer_is_right_only_if_it_is_the_same) {
  for (const auto& request : make_demo_requests({{"a", "one two"}, {"b", "one two"}})) {
    if (request.command == "similarity") {
      EXPECT_TRUE(request.is_right(value(1.0)));
      EXPECT_FALSE(request.is_right(value(0.999)));
      EXPECT_FALSE(request.is_right(value("1.0")));
    }
  }
}

}  // namespace
}  // namespace slipway::tools
