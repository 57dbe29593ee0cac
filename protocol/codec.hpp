// slipway/protocol/codec.hpp
//
// Names the two ways in which a payload is written, and the version of what is written.
// Belongs here: the names and their text.
// Does not: how either codec works (envelope_codec.hpp). A codec is chosen per worker and never
// guessed from the bytes.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

/// How the payload of a frame is written.
enum class codec : std::uint8_t {
  msgpack,  ///< MessagePack; the default: compact, binary-safe, keeps every kind of value.
  json,  ///< JSON text in UTF-8, for bridges that speak it; has no binary and no non-finite number.
};

/// The version of frame and envelope. A worker that announces another one cannot be used.
inline constexpr std::uint32_t protocol_version = 1;

/// Gives the name that stands in configuration files and on command lines: `msgpack` or `json`.
[[nodiscard]] std::string_view to_string(codec codec);

/// Reads such a name; nothing when `name` is neither (names are lower case, no blanks).
[[nodiscard]] std::optional<codec> codec_from_string(std::string_view name);

}  // namespace slipway
