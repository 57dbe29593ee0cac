// Lines out of bytes, however those arrive.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/input_lines.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace slipway::tools {
namespace {

using testing::ElementsAre;
using testing::Pair;

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

void send(const unique_fd& to, std::string_view text) {
  EXPECT_EQ(::write(to.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

using numbered = std::vector<std::pair<std::uint64_t, std::string>>;

numbered all_lines(std::string_view text, std::size_t max_line_bytes = 100) {
  auto [read, write] = make_pipe();
  send(write, text);
  write.reset();
  const stop_request stop;
  input_lines lines(std::move(read), stop, max_line_bytes);
  numbered found;
  while (const auto line = lines.next()) {
    found.emplace_back(line->number, line->too_long ? "(too long)" : line->text);
  }
  EXPECT_FALSE(lines.failed());
  EXPECT_EQ(lines.bytes_given(), text.size());
  return found;
}

TEST(input_lines, lines_are_numbered_from_one) {
  EXPECT_THAT(all_lines("a\nb\n"), ElementsAre(Pair(1, "a"), Pair(2, "b")));
}

TEST(input_lines, the_last_line_needs_no_line_end) {
  EXPECT_THAT(all_lines("a\nb"), ElementsAre(Pair(1, "a"), Pair(2, "b")));
}

TEST(input_lines, blank_lines_are_passed_over_and_counted) {
  EXPECT_THAT(all_lines("\n \t\r\na\n\n"), ElementsAre(Pair(3, "a")));
}

TEST(input_lines, an_empty_input_has_no_lines) {
  EXPECT_THAT(all_lines(""), ElementsAre());
}

TEST(input_lines, a_byte_order_mark_is_no_part_of_the_first_line) {
  EXPECT_THAT(all_lines("\xEF\xBB\xBF{}\n"), ElementsAre(Pair(1, "{}")));
}

TEST(input_lines, a_line_of_exactly_the_limit_is_taken_and_a_longer_one_skipped_whole) {
  EXPECT_THAT(all_lines("abcde\nabcdef\nx\n", 5),
              ElementsAre(Pair(1, "abcde"), Pair(2, "(too long)"), Pair(3, "x")));
}

TEST(input_lines, a_long_line_that_the_input_ends_in_is_told_once) {
  EXPECT_THAT(all_lines("a\nabcdefghij", 5), ElementsAre(Pair(1, "a"), Pair(2, "(too long)")));
}

TEST(input_lines, memory_does_not_follow_the_length_of_a_line) {
  auto [read, write] = make_pipe();
  const stop_request stop;
  constexpr std::size_t limit = 1000;
  constexpr int blocks = 64;
  input_lines lines(std::move(read), stop, limit);
  std::thread producer([to = std::move(write)] {
    const std::string block(60'000, 'x');
    for (int i = 0; i < blocks; ++i) {
      send(to, block);
    }
    send(to, "\nshort\n");
  });
  const auto first = lines.next();
  const auto second = lines.next();
  producer.join();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->too_long);
  EXPECT_EQ(second->number, 2U);
  EXPECT_EQ(second->text, "short");
}

TEST(input_lines, however_the_bytes_are_cut_the_lines_are_the_same) {
  const std::string text = "{\"a\":1}\n\nsecond\nlast";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    auto [read, write] = make_pipe();
    const stop_request stop;
    input_lines lines(std::move(read), stop);
    send(write, text.substr(0, cut));
    std::thread producer([&, to = std::move(write)] { send(to, text.substr(cut)); });
    EXPECT_EQ(lines.next()->text, "{\"a\":1}");
    EXPECT_EQ(lines.next()->text, "second");
    producer.join();
    EXPECT_EQ(lines.next()->number, 4U);
    EXPECT_FALSE(lines.next());
  }
}

TEST(input_lines, a_stop_ends_a_read_that_waits) {
  auto [read, write] = make_pipe();
  stop_request stop;
  input_lines lines(std::move(read), stop);
  std::thread stopper([&] { stop.ask(2); });
  EXPECT_FALSE(lines.next());
  stopper.join();
  EXPECT_EQ(stop.signal(), 2);
}

TEST(input_lines, after_a_stop_no_line_is_given_even_if_there_is_one) {
  auto [read, write] = make_pipe();
  send(write, "a\nb\n");
  stop_request stop;
  input_lines lines(std::move(read), stop);
  ASSERT_TRUE(lines.next());
  stop.ask(15);
  EXPECT_FALSE(lines.next());
}

TEST(open_input, a_file_that_is_not_there_or_is_a_folder_is_told) {
  EXPECT_EQ(open_input("/no/such/file").error(),
            "cannot read /no/such/file: No such file or directory");
  EXPECT_EQ(open_input("/usr").error(), "cannot read /usr: it is a folder");
}

}  // namespace
}  // namespace slipway::tools
