// slipway/protocol/wire_error.cpp
//
// The text forms of wire errors.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/wire_error.hpp>

#include <algorithm>

namespace slipway {

std::string_view to_string(wire_errc code) {
  switch (code) {
    case wire_errc::truncated_frame:
      return "truncated_frame";
    case wire_errc::frame_too_long:
      return "frame_too_long";
    case wire_errc::empty_payload:
      return "empty_payload";
    case wire_errc::truncated_payload:
      return "truncated_payload";
    case wire_errc::malformed_msgpack:
      return "malformed_msgpack";
    case wire_errc::malformed_json:
      return "malformed_json";
    case wire_errc::nested_too_deep:
      return "nested_too_deep";
    case wire_errc::too_many_items:
      return "too_many_items";
    case wire_errc::trailing_bytes:
      return "trailing_bytes";
    case wire_errc::invalid_utf8:
      return "invalid_utf8";
    case wire_errc::number_out_of_range:
      return "number_out_of_range";
    case wire_errc::not_a_map:
      return "not_a_map";
    case wire_errc::non_string_key:
      return "non_string_key";
    case wire_errc::duplicate_field:
      return "duplicate_field";
    case wire_errc::missing_field:
      return "missing_field";
    case wire_errc::wrong_type:
      return "wrong_type";
    case wire_errc::empty_command:
      return "empty_command";
    case wire_errc::id_out_of_range:
      return "id_out_of_range";
    case wire_errc::id_mismatch:
      return "id_mismatch";
    case wire_errc::conversion_failed:
      return "conversion_failed";
    case wire_errc::not_representable:
      return "not_representable";
  }
  return "unknown wire_errc";
}

std::string to_string(const wire_error& error) {
  std::string text(to_string(error.code));
  if (!error.field.empty()) {
    text += " in field '" + error.field + "'";
  }
  if (error.offset != 0) {
    text += " at byte " + std::to_string(error.offset);
  }
  text += ": " + error.message;
  if (!error.first_bytes.empty()) {
    text += " (begins " + error.first_bytes + ")";
  }
  return text;
}

std::string quote_bytes(std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return {};
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  std::string ascii;
  for (const std::byte byte : bytes.first(std::min(bytes.size(), quoted_bytes))) {
    const auto code = std::to_integer<unsigned char>(byte);
    hex += digits[code >> 4U];
    hex += digits[code & 0xfU];
    hex += ' ';
    ascii += code >= 0x20 && code < 0x7f ? static_cast<char>(code) : '.';
  }
  return hex + '|' + ascii + '|' + (bytes.size() > quoted_bytes ? "..." : "");
}

}  // namespace slipway
