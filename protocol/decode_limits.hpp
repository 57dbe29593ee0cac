// slipway/protocol/decode_limits.hpp
//
// How much a decoder believes before it gives up on a payload.
// Belongs here: the limits and why they are what they are.
// Does not: the checks.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace slipway {

/// The greatest payload that is accepted unless a caller says otherwise: 64 MiB, which carries a
/// batch of seven million numbers and is still an amount that a host can lose without harm.
inline constexpr std::size_t default_max_frame_bytes = std::size_t{64} * 1024 * 1024;

/// Bounds for one payload. All are checked before anything of the announced size is allocated.
struct decode_limits {
  /// The payload's length [bytes].
  std::size_t max_bytes = default_max_frame_bytes;
  /// Containers within each other, the envelope itself being the first. 64 is far above any real
  /// data; above `greatest_max_depth` the latter holds.
  std::size_t max_depth = 64;
  /// Elements of arrays plus keys and values of maps, all containers together. An element costs 24
  /// bytes of memory and may take one byte on the wire; 8 Mi elements (200 MB) hold every frame of
  /// the default length that is filled with doubles.
  std::size_t max_items = std::size_t{8} * 1024 * 1024;
};

/// The check of nesting recurses, so a limit above this one is not honoured.
inline constexpr std::size_t greatest_max_depth = 512;

}  // namespace slipway
