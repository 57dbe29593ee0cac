// slipway/protocol/frame_codec.cpp
//
// The frame decoder's buffer: unread bytes lie in [begin_, end_), room to read into follows.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/frame_codec.hpp>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace slipway {
namespace {

// The smallest buffer: a few usual requests, so that the first reads do not grow it byte by byte.
constexpr std::size_t smallest_buffer_bytes = 4096;

// What is reserved for a frame: most requests fit, so that one does not grow byte by byte.
constexpr std::size_t usual_frame_bytes = 512;

std::size_t length_in(std::span<const std::byte> header) {
  std::size_t length = 0;
  for (const std::byte byte : header.first<frame_header_bytes>()) {
    length = length << 8U | std::to_integer<std::size_t>(byte);
  }
  return length;
}

wire_error too_long(std::size_t length, std::size_t limit) {
  return {.code = wire_errc::frame_too_long,
          .message = "the frame has a payload of " + std::to_string(length) +
                     " bytes, the limit is " + std::to_string(limit),
          .field = {},
          .offset = 0,
          .first_bytes = {}};
}

}  // namespace

std::span<std::byte> frame_decoder::writable(std::size_t at_least) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > std::max(retained_bytes, at_least)) {
      buffer_.reset();
      capacity_ = 0;
    }
  }
  if (capacity_ - end_ < at_least) {
    make_room(at_least);
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void frame_decoder::make_room(std::size_t at_least) {
  const std::size_t waiting = end_ - begin_;
  const std::size_t needed = waiting + at_least;
  if (begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, waiting);
    begin_ = 0;
    end_ = waiting;
  }
  // Moving within the buffer is worth it only while it frees much; else each small read would move
  // all.
  if (needed > capacity_ || waiting > capacity_ / 2) {
    grow(std::max({needed, 2 * capacity_, smallest_buffer_bytes}));
  }
}

void frame_decoder::grow(std::size_t capacity) {
  // realloc, because it moves the pages of a large buffer instead of copying what is in them.
  auto* grown = static_cast<std::byte*>(std::realloc(buffer_.get(), capacity));
  if (grown == nullptr) {
    throw std::bad_alloc();
  }
  static_cast<void>(buffer_.release());
  buffer_.reset(grown);
  capacity_ = capacity;
}

void frame_decoder::commit(std::size_t count) {
  assert(count <= capacity_ - end_);
  end_ += count;
}

void frame_decoder::feed(std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return;
  }
  std::memcpy(writable(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

result<std::optional<std::span<const std::byte>>, wire_error> frame_decoder::next() {
  if (failure_) {
    return failure(*failure_);
  }
  if (buffered() < frame_header_bytes) {
    return std::nullopt;
  }
  const std::size_t length = length_in(unread());
  if (length > max_frame_bytes_) {
    failure_ = too_long(length, max_frame_bytes_);
    failure_->first_bytes = quote_bytes(unread());
    return failure(*failure_);
  }
  if (buffered() - frame_header_bytes < length) {
    return std::nullopt;
  }
  const auto payload = unread().subspan(frame_header_bytes, length);
  begin_ += frame_header_bytes + length;
  return payload;
}

std::optional<std::size_t> frame_decoder::wanted() const {
  if (failure_ || buffered() == 0) {
    return std::nullopt;
  }
  if (buffered() < frame_header_bytes) {
    return frame_header_bytes - buffered();
  }
  const std::size_t length = length_in(unread());
  if (length > max_frame_bytes_) {
    return std::nullopt;
  }
  const std::size_t whole = frame_header_bytes + length;
  return whole - std::min(whole, buffered());
}

result<void, wire_error> frame_decoder::finish() const {
  if (failure_) {
    return failure(*failure_);
  }
  if (buffered() == 0) {
    return {};
  }
  std::string message =
      "the stream ended inside a frame: " + std::to_string(buffered()) + " bytes came";
  if (const auto missing = wanted()) {
    message += ", " + std::to_string(*missing) + " more were needed for the " +
               (buffered() < frame_header_bytes ? "header" : "payload");
  }
  return failure(wire_error{.code = wire_errc::truncated_frame,
                            .message = std::move(message),
                            .field = {},
                            .offset = buffered(),
                            .first_bytes = quote_bytes(unread())});
}

void begin_frame(byte_buffer& out) {
  out.clear();
  out.reserve(usual_frame_bytes);
  out.resize(frame_header_bytes);
}

result<void, wire_error> finish_frame(byte_buffer& out, std::size_t max_frame_bytes) {
  assert(out.size() >= frame_header_bytes);
  const std::size_t length = out.size() - frame_header_bytes;
  constexpr std::size_t greatest_length = std::numeric_limits<std::uint32_t>::max();
  const std::size_t limit = std::min(max_frame_bytes, greatest_length);
  if (length > limit) {
    out.clear();
    return failure(too_long(length, limit));
  }
  for (std::size_t i = 0; i < frame_header_bytes; ++i) {
    out[i] = static_cast<std::byte>(length >> (8 * (frame_header_bytes - 1 - i)));
  }
  return {};
}

}  // namespace slipway
