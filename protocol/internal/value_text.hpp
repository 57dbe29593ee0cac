// slipway/protocol/internal/value_text.hpp
//
// Prints a value for humans.
// Belongs here: the diagnostic form.
// Does not: JSON (json_write.hpp), which refuses what it cannot say; this form says something of
// everything.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <msgpack.hpp>

#include <cstddef>
#include <string>

namespace slipway::internal {

/// Prints `printed` in printable ASCII and stops, with three dots, once there are `max_bytes` of
/// it.
[[nodiscard]] std::string value_text(const msgpack::object& printed, std::size_t max_bytes);

}  // namespace slipway::internal
