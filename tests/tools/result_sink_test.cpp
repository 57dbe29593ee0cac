// Order and bounds of the results.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/result_sink.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

namespace slipway::tools {
namespace {

using testing::ElementsAre;

TEST(reorder_buffer, texts_come_out_in_the_order_of_their_places) {
  std::vector<std::uint64_t> places(1000);
  std::iota(places.begin(), places.end(), std::uint64_t{0});
  std::shuffle(places.begin(), places.end(), std::mt19937(7));
  reorder_buffer buffer;
  std::string given;
  std::string expected;
  for (const auto place : places) {
    buffer.put(place, std::to_string(place) + ",");
    given += buffer.take();
  }
  for (std::uint64_t place = 0; place < places.size(); ++place) {
    expected += std::to_string(place) + ",";
  }
  EXPECT_EQ(given, expected);
  EXPECT_EQ(buffer.held(), 0U);
  EXPECT_EQ(buffer.held_bytes(), 0U);
}

TEST(reorder_buffer, what_waits_for_an_earlier_place_is_held_and_counted) {
  reorder_buffer buffer;
  buffer.put(1, "one");
  buffer.put(2, "two");
  EXPECT_EQ(buffer.take(), "");
  EXPECT_EQ(buffer.held(), 2U);
  EXPECT_EQ(buffer.held_bytes(), 6U);
  EXPECT_EQ(buffer.next(), 0U);
  buffer.put(0, "zero");
  EXPECT_EQ(buffer.take(), "zeroonetwo");
  EXPECT_EQ(buffer.next(), 3U);
}

class collected_lines {
 public:
  result_sink::writer writer() {
    return [this](std::string_view text) {
      text_ += text;
      return std::optional<std::string>();
    };
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

TEST(result_sink, in_order_a_line_waits_for_those_before_it) {
  collected_lines lines;
  result_sink sink(result_order::of_requests, lines.writer());
  sink.put(1, "b");
  EXPECT_EQ(lines.text(), "");
  sink.put(0, "a");
  EXPECT_EQ(lines.text(), "a\nb\n");
}

TEST(result_sink, unordered_a_line_is_written_at_once) {
  collected_lines lines;
  result_sink sink(result_order::as_finished, lines.writer());
  sink.put(1, "b");
  sink.put(0, "a");
  EXPECT_EQ(lines.text(), "b\na\n");
}

TEST(result_sink, a_request_too_far_ahead_waits_until_the_oldest_is_finished) {
  collected_lines lines;
  result_sink sink(result_order::of_requests, lines.writer(), {.max_lines = 2});
  ASSERT_TRUE(sink.wait_for_room(0));
  ASSERT_TRUE(sink.wait_for_room(1));
  std::atomic<bool> has_room = false;
  std::thread third([&] { has_room = sink.wait_for_room(2); });
  sink.put(1, "b");
  EXPECT_FALSE(has_room);
  sink.put(0, "a");
  third.join();
  EXPECT_TRUE(has_room);
}

TEST(result_sink, the_oldest_request_has_room_however_much_is_held) {
  collected_lines lines;
  result_sink sink(result_order::of_requests, lines.writer(), {.max_lines = 9, .max_bytes = 1});
  sink.put(1, "far more than one byte");
  EXPECT_TRUE(sink.wait_for_room(0));
}

TEST(result_sink, after_a_failed_write_nothing_is_written_and_nobody_waits) {
  int writes = 0;
  result_sink sink(result_order::of_requests, [&](std::string_view) {
    ++writes;
    return std::optional<std::string>("disk full");
  });
  sink.put(0, "a");
  sink.put(1, "b");
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(sink.failed(), "disk full");
  EXPECT_FALSE(sink.wait_for_room(5000));
}

}  // namespace
}  // namespace slipway::tools
