// slipway/protocol/internal/msgpack_scan.hpp
//
// Walks over MessagePack bytes and checks them, without building anything.
//
// msgpack-c allocates an array's memory as soon as it has read the array's header, so the bytes
// must be known to be sound before it sees them. Its own visitor parser could check that too, but
// it neither says at which byte a value begins or ends nor does it work without allocating.
// Belongs here: structure and limits.
// Does not: the meaning of any value.
// Invariants: (1) no byte outside of the span is read;
//             (2) nothing is allocated unless something is wrong;
//             (3) what passes is what msgpack-c unpacks, byte for byte (the fuzz targets compare).
// Source: MessagePack specification, "Formats".
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/decode_limits.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace slipway::internal {

/// The kinds of MessagePack values. An integer that is not negative is an `unsigned_integer` in
/// whichever of the formats it came.
enum class msgpack_kind : std::uint8_t {
  nil,
  boolean,
  unsigned_integer,
  negative_integer,
  floating,
  string,
  binary,
  extension,
  array,
  map,
};

/// Names the kind as error texts do.
[[nodiscard]] std::string_view to_string(msgpack_kind kind);

/// Gives the error of a payload that need not be looked at: `empty_payload` or `frame_too_long`.
[[nodiscard]] std::optional<wire_error> unfit_payload(std::span<const std::byte> payload,
                                                      const decode_limits& limits);

/// One value's head: all of a scalar, the header of a container.
struct msgpack_token {
  msgpack_kind kind = msgpack_kind::nil;
  /// The bool, the integer's bits or the number of elements (of a map: of entries).
  std::uint64_t number = 0;
  /// The bytes of a string, of binary, of an extension with its type in front; they lie in the
  /// payload.
  std::string_view bytes;
};

/// Where a value lies in the payload and what it needs when it is built.
struct msgpack_extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  /// An upper bound for what a zone gives out for the value [bytes].
  std::size_t zone_bytes = 0;
};

/// Reads tokens from the start of a payload to its end. After a failure only `error` may be used.
class msgpack_scanner {
 public:
  /// Payload and limits must outlive the scanner.
  /// @param begin  where the first value begins; offsets count from the payload's start all the
  ///         same.
  msgpack_scanner(std::span<const std::byte> payload, const decode_limits& limits,
                  std::size_t begin = 0)
      : payload_(payload), limits_(&limits), offset_(begin) {}

  /// Reads one head.
  /// @param depth  how many containers are open around it.
  /// @returns  false when the bytes are not sound or pass a limit; `error` then says why.
  [[nodiscard]] bool read(msgpack_token& token, std::size_t depth);

  /// Reads one value with all that it holds.
  [[nodiscard]] bool skip(msgpack_extent& extent, std::size_t depth);

  /// Demands that the payload ends here.
  [[nodiscard]] bool finish();

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] const wire_error& error() const { return error_; }

 private:
  [[nodiscard]] std::size_t left() const { return payload_.size() - offset_; }
  [[nodiscard]] bool read_tagged(unsigned lead, msgpack_token& token);
  [[nodiscard]] bool read_number(std::size_t width, std::uint64_t& number);
  [[nodiscard]] bool read_signed(std::size_t width, msgpack_token& token);
  [[nodiscard]] bool read_bytes(msgpack_kind kind, std::uint64_t count, msgpack_token& token);
  [[nodiscard]] bool read_sized(msgpack_kind kind, std::size_t width, msgpack_token& token);
  [[nodiscard]] bool admit_container(const msgpack_token& token, std::size_t depth);
  [[nodiscard]] bool skip_value(std::size_t depth);
  [[nodiscard]] bool fail(wire_errc code, std::string_view message);

  std::span<const std::byte> payload_;
  const decode_limits* limits_;
  std::size_t offset_;
  std::size_t items_ = 0;
  std::size_t zone_bytes_ = 0;
  wire_error error_;
};

}  // namespace slipway::internal
