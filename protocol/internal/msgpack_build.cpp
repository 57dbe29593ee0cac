// slipway/protocol/internal/msgpack_build.cpp
//
// msgpack-c's unpack, given a zone of the right size.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/msgpack_build.hpp>

#include <memory>

namespace slipway::internal {

value build_value(std::span<const std::byte> payload, const msgpack_extent& extent) {
  const auto bytes = payload.subspan(extent.begin, extent.end - extent.begin);
  // Sound bytes hold no more elements and no longer string than there are bytes; with these limits
  // msgpack-c has nothing to object to. An extension's size counts its type.
  const std::size_t most = bytes.size() + 1;
  const msgpack::unpack_limit limits(most, most, most, most, most, greatest_max_depth);
  auto zone = std::make_shared<msgpack::zone>(extent.zone_bytes);
  const msgpack::object root = msgpack::unpack(*zone, reinterpret_cast<const char*>(bytes.data()),
                                               bytes.size(), nullptr, nullptr, limits);
  if (extent.zone_bytes == 0) {
    return value::adopt(nullptr, root);
  }
  return value::adopt(std::move(zone), root);
}

}  // namespace slipway::internal
