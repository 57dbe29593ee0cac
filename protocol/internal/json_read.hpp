// slipway/protocol/internal/json_read.hpp
//
// Rewrites JSON text as MessagePack, so that there is one decoder of envelopes and not two.
// Belongs here: JSON's syntax, and the limits of length and depth.
// Does not: the meaning of any value, nor the limit of elements, which whoever reads the
// MessagePack checks: the rewritten bytes take at most three times the text, so nothing is lost by
// counting later.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>
#include <slipway/protocol/decode_limits.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <string_view>

namespace slipway::internal {

/// Appends the one JSON value in `text` to `out` as MessagePack.
/// Errors  `empty_payload`, `frame_too_long` (above `limits.max_bytes`), `truncated_payload`,
///          `malformed_json`, `invalid_utf8`, `trailing_bytes`, `nested_too_deep`,
///          `number_out_of_range`.
[[nodiscard]] result<void, wire_error> rewrite_json(std::string_view text,
                                                    const decode_limits& limits, byte_buffer& out);

}  // namespace slipway::internal
