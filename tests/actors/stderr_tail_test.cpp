// slipway/tests/actors/stderr_tail_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/stderr_tail.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct collected {
  std::vector<std::string> lines;
  std::function<void(std::string_view)> sink() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

TEST(stderr_tail, a_line_is_reported_once_its_end_has_come) {
  stderr_tail tail;
  collected seen;
  tail.feed("half of ", seen.sink());
  EXPECT_THAT(seen.lines, IsEmpty());
  tail.feed("a line\nnext", seen.sink());
  EXPECT_THAT(seen.lines, ElementsAre("half of a line"));
}

TEST(stderr_tail, a_last_line_without_an_end_counts_when_the_stream_ends) {
  stderr_tail tail;
  collected seen;
  tail.feed("first\nlast words", seen.sink());
  tail.finish(seen.sink());
  tail.finish(seen.sink());
  EXPECT_THAT(seen.lines, ElementsAre("first", "last words"));
}

TEST(stderr_tail, empty_lines_are_lines) {
  stderr_tail tail;
  collected seen;
  tail.feed("\n\nx\n", seen.sink());
  EXPECT_THAT(seen.lines, ElementsAre("", "", "x"));
}

TEST(stderr_tail, only_the_newest_lines_are_kept) {
  stderr_tail tail(3);
  for (int i = 1; i <= 7; ++i) {
    tail.feed(std::to_string(i) + "\n", nullptr);
  }
  EXPECT_THAT(tail.lines(), ElementsAre("5", "6", "7"));
}

TEST(stderr_tail, a_line_without_end_takes_bounded_memory_and_loses_nothing) {
  stderr_tail tail(100, 4);
  collected seen;
  tail.feed("abcdefghij\n", seen.sink());
  EXPECT_THAT(seen.lines, ElementsAre("abcd", "efgh", "ij"));
}

TEST(stderr_tail, how_the_text_is_cut_into_pieces_does_not_matter) {
  const std::string text = "one\ntwo two\n\nfour\nfive without end";
  collected whole;
  stderr_tail at_once(50, 5);
  at_once.feed(text, whole.sink());
  at_once.finish(whole.sink());
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    collected pieces;
    stderr_tail tail(50, 5);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      tail.feed(std::string_view(text).substr(at, piece), pieces.sink());
    }
    tail.finish(pieces.sink());
    EXPECT_EQ(pieces.lines, whole.lines) << "pieces of " << piece << " bytes";
  }
}

}  // namespace
}  // namespace slipway
