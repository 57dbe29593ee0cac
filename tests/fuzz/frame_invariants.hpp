// tests/fuzz/frame_invariants.hpp
//
// What holds for every byte stream that a frame decoder is fed. The first byte of the input chooses
// how the rest is cut into pieces.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "invariant.hpp"
#include <slipway/protocol/frame_codec.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace slipway::fuzz {

/// What came out of a decoder: the frames, whether it failed and whether the stream might end
/// there.
struct decoded_stream {
  std::vector<byte_buffer> frames;
  bool failed = false;
  bool may_end = false;
  friend bool operator==(const decoded_stream&, const decoded_stream&) = default;
};

inline constexpr std::size_t frame_limit = 512;

/// Feeds `stream` in pieces of `piece_bytes`.
inline decoded_stream decode_in_pieces(std::span<const std::byte> stream, std::size_t piece_bytes) {
  frame_decoder decoder(frame_limit);
  decoded_stream decoded;
  while (!stream.empty()) {
    const auto piece = stream.first(std::min(piece_bytes, stream.size()));
    stream = stream.subspan(piece.size());
    decoder.feed(piece);
    auto next = decoder.next();
    for (; next && *next; next = decoder.next()) {
      require((*next)->size() <= frame_limit, "no frame is longer than the limit");
      decoded.frames.emplace_back((*next)->begin(), (*next)->end());
    }
    decoded.failed = !next;
    require(decoded.failed || decoder.wanted() != 0U, "no complete frame is left unread");
  }
  decoded.may_end = decoder.finish().has_value();
  return decoded;
}

/// Checks every invariant of the frame codec on one input.
inline void check_frames(std::span<const std::byte> input) {
  if (input.empty()) {
    return;
  }
  const auto stream = input.subspan(1);
  const decoded_stream whole = decode_in_pieces(stream, std::max<std::size_t>(stream.size(), 1));
  const std::size_t piece_bytes = 1 + std::to_integer<std::size_t>(input[0]);
  require(decode_in_pieces(stream, piece_bytes) == whole, "pieces give the frames of the whole");
  require(decode_in_pieces(stream, 1) == whole, "single bytes give the frames of the whole");

  byte_buffer again;
  for (const byte_buffer& payload : whole.frames) {
    byte_buffer frame;
    begin_frame(frame);
    frame.insert(frame.end(), payload.begin(), payload.end());
    require(finish_frame(frame, frame_limit).has_value(), "a frame that was read can be written");
    again.insert(again.end(), frame.begin(), frame.end());
  }
  require(std::equal(again.begin(), again.end(), stream.begin()),
          "frames written again are the bytes that were read");
  require(whole.failed || whole.may_end == (again.size() == stream.size()),
          "a stream may end exactly where a frame does");
}

}  // namespace slipway::fuzz
