// slipway/protocol/wire_error.hpp
//
// What can be wrong with bytes: one code for each way, one sentence for a human, and where.
// Belongs here: the codes, the error value and its text.
// Does not: what a caller does about it (a frame or an envelope that cannot be read ends the
// worker; that is decided above this layer).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

/// Every way in which bytes or a conversion can be wrong. Callers match on the code, never on the
/// text.
enum class wire_errc : std::uint8_t {
  // The frame.
  truncated_frame,  ///< The stream ended inside a header or inside a payload.
  frame_too_long,   ///< The length is above the limit; seen before anything is allocated for it.
  // The payload as such.
  empty_payload,        ///< A frame of length 0: there is no value in it.
  truncated_payload,    ///< The payload ends before the value it announces is complete.
  malformed_msgpack,    ///< A byte that begins no MessagePack value (0xc1).
  malformed_json,       ///< Text that is not JSON.
  nested_too_deep,      ///< More containers within each other than the limit allows.
  too_many_items,       ///< More elements, keys and values together, than the limit allows.
  trailing_bytes,       ///< Something follows the one value of the payload.
  invalid_utf8,         ///< Text that must be UTF-8 is not.
  number_out_of_range,  ///< A JSON number that no 64-bit integer and no double holds.
  // The envelope.
  not_a_map,        ///< The payload is a value, but not a map.
  non_string_key,   ///< A key of the envelope (or of any map, for JSON) is not a string.
  duplicate_field,  ///< A field of the envelope occurs twice.
  missing_field,    ///< A field that must be there is not.
  wrong_type,       ///< A field is there with a value of another kind.
  empty_command,    ///< The command is a string without characters.
  id_out_of_range,  ///< The id is a negative number.
  id_mismatch,      ///< The response answers another request than the one asked about.
  // Values.
  conversion_failed,  ///< A value does not convert to the C++ type asked for, or back.
  not_representable,  ///< The codec cannot carry the value: binary or a non-finite number in JSON.
};

/// Gives the enumerator's name.
[[nodiscard]] std::string_view to_string(wire_errc code);

/// One thing wrong with bytes. A plain value: comparable, printable by `to_string`.
struct wire_error {
  wire_errc code = wire_errc::truncated_frame;
  /// A sentence for a human: what was expected, what was found. Not for matching.
  std::string message;
  /// The envelope field it is about, with dots into maps (`error.message`); empty when about none.
  std::string field;
  /// Where in the payload (or, for a frame error, in the unread bytes) it was noticed [bytes]. 0
  /// for what is wrong with a field of a JSON payload: the field's name says where.
  std::size_t offset = 0;
  /// The first bytes of the offending payload as `quote_bytes` writes them; empty when there are
  /// none.
  std::string first_bytes;

  friend bool operator==(const wire_error&, const wire_error&) = default;
};

/// Gives code, field, offset, message and first bytes on one line.
[[nodiscard]] std::string to_string(const wire_error& error);

/// How many bytes `quote_bytes` shows: enough to tell a print statement from a broken packet.
inline constexpr std::size_t quoted_bytes = 32;

/// Writes the first `quoted_bytes` of `bytes` in hexadecimal and as printable ASCII, for instance
/// `82 a2 69 64 |..id|`; three dots stand for what was left out.
[[nodiscard]] std::string quote_bytes(std::span<const std::byte> bytes);

}  // namespace slipway
