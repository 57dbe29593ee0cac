// slipway/protocol/internal/utf8.hpp
//
// Tells whether bytes are UTF-8.
// Belongs here: the check.
// Does not: mending or converting.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace slipway::internal {

/// Gives the offset of the first byte that begins no well-formed UTF-8 sequence; nothing when all
/// do. Overlong forms, surrogates and code points above U+10FFFF are not well-formed.
/// Source  The Unicode Standard, table 3-7.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

}  // namespace slipway::internal
