// slipway/protocol/internal/json_write.hpp
//
// Writes values as compact JSON.
// Belongs here: JSON's syntax.
// Does not: envelopes.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <string_view>

namespace slipway::internal {

/// Appends JSON's own characters as they are.
void append_raw(byte_buffer& out, std::string_view raw);

/// Appends `text` as a JSON string with quotation marks.
/// Errors  `invalid_utf8`.
[[nodiscard]] result<void, wire_error> append_json_string(byte_buffer& out, std::string_view text);

/// Appends `written` as JSON. On failure some of it may stand in `out`.
/// Errors  `not_representable`, `non_string_key`, `invalid_utf8`.
[[nodiscard]] result<void, wire_error> append_json(byte_buffer& out, const value& written);

}  // namespace slipway::internal
