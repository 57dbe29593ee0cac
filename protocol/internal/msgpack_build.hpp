// slipway/protocol/internal/msgpack_build.hpp
//
// Builds a value from MessagePack bytes that a scanner has passed.
// Belongs here: the hand-over to msgpack-c.
// Does not: checks (msgpack_scan.hpp makes them before).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/internal/msgpack_scan.hpp>
#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <span>

namespace slipway::internal {

/// Builds the value that lies at `extent` of `payload`, with one allocation for all that it holds.
/// @param extent  as `msgpack_scanner::skip` gave it for this very payload.
[[nodiscard]] value build_value(std::span<const std::byte> payload, const msgpack_extent& extent);

}  // namespace slipway::internal
