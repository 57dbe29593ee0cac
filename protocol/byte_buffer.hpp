// slipway/protocol/byte_buffer.hpp
//
// The bytes of an encoded frame.
// Belongs here: the type.
// Does not: what the bytes mean, who writes them (msgpack_sink.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace slipway {

/// Encoded bytes. A caller keeps one and passes it again and again: its memory is reused, so that
/// encoding allocates nothing once the buffer has grown to the size of the usual frame.
using byte_buffer = std::vector<std::byte>;

}  // namespace slipway
