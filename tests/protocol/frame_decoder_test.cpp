// tests/protocol/frame_decoder_test.cpp
//
// One frame at a time; every way of cutting a stream is in frame_split_test.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/frame_codec.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace slipway {
namespace {

using test::bytes_of;
using test::frame_of;
using test::hex;
using test::joined;

// What `next` gives as text: the payload, "-" for more bytes needed, or the error's code.
std::string next_of(frame_decoder& decoder) {
  const auto next = decoder.next();
  if (!next) {
    return std::string(to_string(next.error().code));
  }
  if (!*next) {
    return "-";
  }
  return {reinterpret_cast<const char*>((*next)->data()), (*next)->size()};
}

TEST(frame_decoder, gives_the_payload_of_a_complete_frame) {
  frame_decoder decoder;
  decoder.feed(hex("00 00 00 02 68 69"));
  EXPECT_EQ(next_of(decoder), "hi");
  EXPECT_EQ(next_of(decoder), "-");
  EXPECT_EQ(decoder.buffered(), 0U);
}

TEST(frame_decoder, gives_several_frames_in_their_order) {
  frame_decoder decoder;
  decoder.feed(joined(frame_of(bytes_of("one")), frame_of({}), frame_of(bytes_of("three"))));
  EXPECT_EQ(next_of(decoder), "one");
  EXPECT_EQ(next_of(decoder), "");
  EXPECT_EQ(next_of(decoder), "three");
  EXPECT_EQ(next_of(decoder), "-");
}

TEST(frame_decoder, takes_bytes_that_were_read_straight_into_its_buffer) {
  frame_decoder decoder;
  const byte_buffer frame = frame_of(bytes_of("straight"));
  auto room = decoder.writable(frame.size());
  ASSERT_GE(room.size(), frame.size());
  std::copy(frame.begin(), frame.end(), room.begin());
  decoder.commit(frame.size());
  EXPECT_EQ(next_of(decoder), "straight");
}

TEST(frame_decoder, tells_how_many_bytes_are_missing) {
  frame_decoder decoder;
  EXPECT_EQ(decoder.wanted(), std::nullopt);
  decoder.feed(hex("00 00"));
  EXPECT_EQ(decoder.wanted(), 2U);
  decoder.feed(hex("00 03"));
  EXPECT_EQ(decoder.wanted(), 3U);
  decoder.feed(bytes_of("ab"));
  EXPECT_EQ(decoder.wanted(), 1U);
  decoder.feed(bytes_of("c"));
  EXPECT_EQ(decoder.wanted(), 0U);
  EXPECT_EQ(next_of(decoder), "abc");
  EXPECT_EQ(decoder.wanted(), std::nullopt);
}

TEST(frame_decoder, accepts_a_frame_of_exactly_the_limit_and_refuses_one_byte_more) {
  frame_decoder at_limit(5);
  at_limit.feed(frame_of(bytes_of("12345")));
  EXPECT_EQ(next_of(at_limit), "12345");

  frame_decoder above(5);
  above.feed(frame_of(bytes_of("123456")));
  EXPECT_EQ(next_of(above), "frame_too_long");
}

TEST(frame_decoder, refuses_a_length_of_four_gibibytes_as_soon_as_the_header_is_there) {
  frame_decoder decoder;
  decoder.feed(hex("ff ff ff"));
  EXPECT_EQ(next_of(decoder), "-");
  decoder.feed(hex("ff"));
  EXPECT_EQ(decoder.wanted(), std::nullopt);
  const auto refused = decoder.next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, wire_errc::frame_too_long);
  EXPECT_EQ(refused.error().message,
            "the frame has a payload of 4294967295 bytes, the limit is 67108864");
  EXPECT_EQ(refused.error().first_bytes, "ff ff ff ff |....|");
}

// A print statement on the packet stream is the commonest fault: the first four letters become a
// length.
TEST(frame_decoder, shows_the_text_that_was_printed_into_the_stream) {
  frame_decoder decoder;
  decoder.feed(bytes_of("Loading model...\n"));
  const auto refused = decoder.next();
  ASSERT_FALSE(refused);
  EXPECT_NE(to_string(refused.error()).find("|Loading model....|"), std::string::npos)
      << to_string(refused.error());
}

TEST(frame_decoder, stays_failed_whatever_comes_after) {
  frame_decoder decoder(10);
  decoder.feed(hex("00 00 00 0b"));
  EXPECT_EQ(next_of(decoder), "frame_too_long");
  decoder.feed(frame_of(bytes_of("fine")));
  EXPECT_EQ(next_of(decoder), "frame_too_long");
  EXPECT_EQ(decoder.wanted(), std::nullopt);
  ASSERT_FALSE(decoder.finish());
  EXPECT_EQ(decoder.finish().error().code, wire_errc::frame_too_long);
}

TEST(frame_decoder, gives_the_frames_before_a_wrong_length) {
  frame_decoder decoder(10);
  decoder.feed(joined(frame_of(bytes_of("fine")), hex("00 00 00 0b")));
  EXPECT_EQ(next_of(decoder), "fine");
  EXPECT_EQ(next_of(decoder), "frame_too_long");
}

TEST(frame_decoder, lets_a_stream_end_between_frames) {
  frame_decoder decoder;
  EXPECT_TRUE(decoder.finish());
  decoder.feed(frame_of(bytes_of("all")));
  EXPECT_EQ(next_of(decoder), "all");
  EXPECT_TRUE(decoder.finish());
}

TEST(frame_decoder, calls_a_stream_truncated_that_ends_anywhere_within_a_frame) {
  const byte_buffer frame = frame_of(bytes_of("abc"));
  for (std::size_t length = 1; length < frame.size(); ++length) {
    frame_decoder decoder;
    decoder.feed(std::span(frame).first(length));
    EXPECT_EQ(next_of(decoder), "-");
    const auto ended = decoder.finish();
    ASSERT_FALSE(ended) << length;
    EXPECT_EQ(ended.error().code, wire_errc::truncated_frame);
    EXPECT_EQ(ended.error().offset, length);
  }
}

TEST(frame_decoder, says_what_a_truncated_stream_lacks) {
  frame_decoder decoder;
  decoder.feed(hex("00 00 00 03 61"));
  EXPECT_EQ(decoder.finish().error().message,
            "the stream ended inside a frame: 5 bytes came, 2 more were needed for the payload");
}

TEST(frame_decoder, gives_back_the_memory_of_a_great_frame_once_it_is_empty) {
  frame_decoder decoder;
  decoder.feed(frame_of(byte_buffer(4 * frame_decoder::retained_bytes)));
  ASSERT_TRUE(decoder.next().value().has_value());
  EXPECT_GT(decoder.capacity(), frame_decoder::retained_bytes);
  decoder.feed(frame_of(bytes_of("small")));
  EXPECT_LE(decoder.capacity(), frame_decoder::retained_bytes);
  EXPECT_EQ(next_of(decoder), "small");
}

TEST(frame_decoder, keeps_its_frames_when_it_is_moved) {
  frame_decoder decoder;
  decoder.feed(frame_of(bytes_of("kept")));
  frame_decoder moved = std::move(decoder);
  EXPECT_EQ(next_of(moved), "kept");
}

TEST(frame_encoder, writes_the_length_before_the_payload_most_significant_byte_first) {
  byte_buffer frame;
  begin_frame(frame);
  frame.resize(frame.size() + 0x010203);
  ASSERT_TRUE(finish_frame(frame));
  EXPECT_EQ(byte_buffer(frame.begin(), frame.begin() + 4), hex("00 01 02 03"));
}

TEST(frame_encoder, refuses_a_payload_above_the_limit_and_leaves_nothing_of_it) {
  byte_buffer frame;
  begin_frame(frame);
  frame.resize(frame.size() + 11);
  const auto refused = finish_frame(frame, 10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, wire_errc::frame_too_long);
  EXPECT_TRUE(frame.empty());
}

}  // namespace
}  // namespace slipway
