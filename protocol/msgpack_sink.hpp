// slipway/protocol/msgpack_sink.hpp
//
// The adaptor by which msgpack-c writes into a byte buffer, with one fault of msgpack-c mended.
// Belongs here: how bytes get there.
// Does not: which (envelope_codec.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>

#include <msgpack.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace slipway {

/// Appends to a `byte_buffer`; the stream that `msgpack::packer` wants. The buffer must outlive it.
class byte_sink {
 public:
  explicit byte_sink(byte_buffer& out) : out_(&out) {}

  /// Appends `count` bytes. `bytes` may be null when `count` is 0: msgpack-c passes an empty string
  /// so.
  void write(const char* bytes, std::size_t count) {
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    out_->insert(out_->end(), first, first + count);
  }

 private:
  byte_buffer* out_;
};

}  // namespace slipway

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(v1) {
  /// Packs a double as float 64, always. msgpack-c 4.1 packs a double without a fraction as an
  /// integer: a worker that is sent 2.0 would compute with 2, whose division and whose type are
  /// others. Its check also converts 2^64 to an integer type that cannot hold it, which is
  /// undefined behaviour.
  template <>
  inline packer<slipway::byte_sink>& packer<slipway::byte_sink>::pack_double(double number) {
    constexpr char float_64 = '\xcb';
    const auto bits = std::bit_cast<std::uint64_t>(number);
    std::array<char, 1 + sizeof bits> bytes{float_64};
    for (std::size_t i = 0; i < sizeof bits; ++i) {
      bytes[1 + i] = static_cast<char>(bits >> (8 * (sizeof bits - 1 - i)));
    }
    append_buffer(bytes.data(), bytes.size());
    return *this;
  }

  /// Packs a float as float 32, always, for the same reason.
  template <>
  inline packer<slipway::byte_sink>& packer<slipway::byte_sink>::pack_float(float number) {
    constexpr char float_32 = '\xca';
    const auto bits = std::bit_cast<std::uint32_t>(number);
    std::array<char, 1 + sizeof bits> bytes{float_32};
    for (std::size_t i = 0; i < sizeof bits; ++i) {
      bytes[1 + i] = static_cast<char>(bits >> (8 * (sizeof bits - 1 - i)));
    }
    append_buffer(bytes.data(), bytes.size());
    return *this;
  }
}  // MSGPACK_API_VERSION_NAMESPACE(v1)
}  // namespace msgpack
