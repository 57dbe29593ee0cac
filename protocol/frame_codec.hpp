// slipway/protocol/frame_codec.hpp
//
// Cuts a byte stream into frames and puts frames into one. A frame is a length of four bytes, the
// most significant first, and that many bytes of payload.
//
//     frame_decoder decoder;
//     auto space = decoder.writable(4096);
//     decoder.commit(read(fd, space.data(), space.size()));
//     while (auto frame = decoder.next().value_or(std::nullopt)) { handle(*frame); }
//
// Belongs here: lengths and their limit.
// Does not: reading, or what a payload means.
// Invariants: (1) how the stream is cut never changes the frames that come out;
//             (2) memory follows the bytes received, never the length announced;
//             (3) a decoder that failed stays failed: after a wrong length nothing can be trusted.
// Source: Erlang/OTP erts/emulator/beam/packet_parser.c, {packet, 4}.
// Differs: always a limit.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>
#include <slipway/protocol/decode_limits.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>

namespace slipway {

/// The length of the length.
inline constexpr std::size_t frame_header_bytes = 4;

/// Cuts the bytes of one stream into frames.
///
/// Memory: the buffer grows by doubling while bytes come, is reused for every later frame, and is
/// given back when it has been emptied after a frame above `retained_bytes`. In the steady state of
/// small frames nothing is allocated and nothing is copied within.
/// Thread: any, but one at a time.
class frame_decoder {
 public:
  /// What an idle decoder keeps at most, so that one great answer does not cost memory for ever.
  static constexpr std::size_t retained_bytes = std::size_t{1024} * 1024;

  /// @param max_frame_bytes  the longest payload that is accepted; 0 accepts empty frames only.
  explicit frame_decoder(std::size_t max_frame_bytes = default_max_frame_bytes)
      : max_frame_bytes_(max_frame_bytes) {}

  /// Gives room to read into, at least `at_least` bytes and possibly more. Ends the life of the
  /// view that `next` gave.
  [[nodiscard]] std::span<std::byte> writable(std::size_t at_least);

  /// Takes over the first `count` bytes of the room that `writable` gave last.
  void commit(std::size_t count);

  /// Copies `bytes` in: `writable`, copy, `commit`.
  void feed(std::span<const std::byte> bytes);

  /// Takes the next complete frame.
  /// @returns the payload, valid until the next `writable` or `feed`; nothing when more bytes
  ///          are needed.
  /// Errors  `frame_too_long` as soon as the header is there; the same error on every later call.
  [[nodiscard]] result<std::optional<std::span<const std::byte>>, wire_error> next();

  /// How many bytes wait that `next` has not given out yet, headers included.
  [[nodiscard]] std::size_t buffered() const { return end_ - begin_; }

  /// How many bytes are missing until the frame that has begun is complete: 0 when `next` would
  /// give one. While the header is incomplete, what is missing of the header. Nothing when no frame
  /// has begun or its length is not acceptable.
  [[nodiscard]] std::optional<std::size_t> wanted() const;

  /// Tells whether the stream may end here. Call it when the stream has ended and `next` gives
  /// nothing.
  /// Errors  `truncated_frame` when a frame has begun; the decoder's own error when it failed
  ///          before.
  [[nodiscard]] result<void, wire_error> finish() const;

  /// How much memory the buffer takes now [bytes].
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  [[nodiscard]] std::span<const std::byte> unread() const {
    return {buffer_.get() + begin_, end_ - begin_};
  }
  void make_room(std::size_t at_least);
  void grow(std::size_t capacity);

  std::size_t max_frame_bytes_;
  struct release_memory {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  // Not a vector: that one would write zeros over room which a read is about to fill.
  std::unique_ptr<std::byte[], release_memory> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<wire_error> failure_;
};

/// Empties `out` and leaves room for the header; append the payload, then call `finish_frame`.
void begin_frame(byte_buffer& out);

/// Writes the length of what was appended since `begin_frame` into the header.
/// Errors  `frame_too_long` when the payload is longer than `max_frame_bytes`; `out` is then empty.
[[nodiscard]] result<void, wire_error> finish_frame(
    byte_buffer& out, std::size_t max_frame_bytes = default_max_frame_bytes);

}  // namespace slipway
