// slipway/tools/duration_text.hpp
//
// Durations as people write and read them: "500ms", "5s", "2m"; "12.3 ms", "6.2 s".
// Belongs here: both directions.
// Does not: durations in configuration files, which are whole milliseconds.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace slipway::tools {

/// Reads a number above 0 with a unit: ms, s, m or h. Nothing when `text` is anything else, or more
/// than a year.
[[nodiscard]] std::optional<duration> duration_from(std::string_view text);

/// Three digits and the unit that suits: "870 µs", "12.3 ms", "6.21 s", "4 min 03 s".
[[nodiscard]] std::string to_text(duration length);

}  // namespace slipway::tools
