// tests/protocol/byte_helpers.hpp
//
// Makes the bytes that the protocol's tests feed to decoders.
// Belongs here: writing bytes down legibly.
// Does not: anything that judges the result.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/frame_codec.hpp>
#include <slipway/protocol/msgpack_sink.hpp>
#include <slipway/protocol/value.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace slipway::test {

/// The bytes of a text.
inline byte_buffer bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

/// The bytes that `digits` gives in hexadecimal; blanks are for the reader.
inline byte_buffer hex(std::string_view digits) {
  byte_buffer bytes;
  std::string pair;
  for (const char digit : digits) {
    if (digit != ' ') {
      pair += digit;
    }
    if (pair.size() == 2) {
      bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
      pair.clear();
    }
  }
  return bytes;
}

/// The parts one after the other.
template <class... Parts>
byte_buffer joined(const Parts&... parts) {
  byte_buffer all;
  (all.insert(all.end(), parts.begin(), parts.end()), ...);
  return all;
}

/// Ends the test with the error's text unless `done` succeeded.
inline void must(const result<void, wire_error>& done) {
  if (!done) {
    throw std::runtime_error(to_string(done.error()));
  }
}

/// `count` times the same bytes.
inline byte_buffer repeated(std::size_t count, const byte_buffer& bytes) {
  byte_buffer all;
  for (std::size_t i = 0; i < count; ++i) {
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

/// The value as MessagePack.
inline byte_buffer msgpack_of(const value& packed) {
  byte_buffer bytes;
  byte_sink sink(bytes);
  msgpack::packer<byte_sink>(sink).pack(packed);
  return bytes;
}

/// The value that JSON text stands for, rewritten as MessagePack; duplicate keys stay.
inline byte_buffer msgpack_of_json(std::string_view text) {
  return msgpack_of(value::from_json(text).value());
}

/// Bytes on the heap in an allocation of exactly their size, so that a sanitizer sees every read
/// past their end.
class exact_bytes {
 public:
  explicit exact_bytes(std::span<const std::byte> bytes)
      : bytes_(std::make_unique<std::byte[]>(bytes.size())), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }

  [[nodiscard]] std::span<const std::byte> view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
};

/// A complete frame around a payload.
inline byte_buffer frame_of(const byte_buffer& payload) {
  byte_buffer frame;
  begin_frame(frame);
  frame.insert(frame.end(), payload.begin(), payload.end());
  must(finish_frame(frame));
  return frame;
}

/// The payload of a complete frame.
inline std::span<const std::byte> payload_of(const byte_buffer& frame) {
  return std::span(frame).subspan(frame_header_bytes);
}

}  // namespace slipway::test
