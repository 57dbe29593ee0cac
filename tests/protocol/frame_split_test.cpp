// tests/protocol/frame_split_test.cpp
//
// How a stream is cut into pieces must never change the frames that come out of it.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/frame_codec.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

using test::bytes_of;
using test::frame_of;
using test::joined;

using pieces = std::vector<std::span<const std::byte>>;

// Feeds the pieces and gives every frame; an error becomes a last entry with its code.
std::vector<std::string> frames_of(const pieces& stream, std::size_t limit) {
  frame_decoder decoder(limit);
  std::vector<std::string> frames;
  for (const auto& piece : stream) {
    // The piece lies in memory of its own, and is gone before the frames are looked at.
    decoder.feed(test::exact_bytes(piece).view());
    while (true) {
      const auto next = decoder.next();
      if (!next) {
        frames.emplace_back(to_string(next.error().code));
        return frames;
      }
      if (!*next) {
        break;
      }
      frames.emplace_back(reinterpret_cast<const char*>((*next)->data()), (*next)->size());
    }
  }
  return frames;
}

struct stream_case {
  std::string name;
  byte_buffer bytes;
  std::vector<std::string> frames;
};

std::vector<stream_case> streams() {
  const std::string longer(300, 'x');
  return {
      {"several frames",
       joined(frame_of(bytes_of("one")), frame_of({}), frame_of(bytes_of(longer))),
       {"one", "", longer}},
      {"an unfinished frame",
       joined(frame_of(bytes_of("one")), test::hex("00 00 00 05 61")),
       {"one"}},
      {"a length above the limit",
       joined(frame_of(bytes_of("one")), test::hex("7f 00 00 00 61")),
       {"one", "frame_too_long"}},
  };
}

constexpr std::size_t limit = 1000;

TEST(frame_splits, every_cut_in_two_gives_the_same_frames) {
  for (const stream_case& stream : streams()) {
    const std::span<const std::byte> all(stream.bytes);
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
      EXPECT_EQ(frames_of({all.first(cut), all.subspan(cut)}, limit), stream.frames)
          << stream.name << " cut at byte " << cut;
    }
  }
}

TEST(frame_splits, byte_by_byte_gives_the_same_frames) {
  for (const stream_case& stream : streams()) {
    const std::span<const std::byte> all(stream.bytes);
    pieces single;
    for (std::size_t at = 0; at < all.size(); ++at) {
      single.push_back(all.subspan(at, 1));
    }
    EXPECT_EQ(frames_of(single, limit), stream.frames) << stream.name;
  }
}

TEST(frame_splits, random_streams_in_random_pieces_give_the_same_frames) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    // Sizes around the smallest buffer, so that it is moved within, grown and emptied in all
    // orders.
    std::geometric_distribution<std::size_t> size_of_frame(1.0 / 2000);
    std::geometric_distribution<std::size_t> size_of_piece(1.0 / 1500);
    byte_buffer stream;
    std::vector<std::string> expected;
    for (int i = 0; i < 40; ++i) {
      expected.emplace_back(size_of_frame(random), static_cast<char>('a' + i % 26));
      stream = joined(stream, frame_of(bytes_of(expected.back())));
    }
    pieces cut;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t length = std::min(1 + size_of_piece(random), stream.size() - at);
      cut.push_back(std::span(stream).subspan(at, length));
      at += length;
    }
    ASSERT_EQ(frames_of(cut, default_max_frame_bytes), expected);
  }
}

}  // namespace
}  // namespace slipway
