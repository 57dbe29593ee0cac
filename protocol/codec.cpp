// slipway/protocol/codec.cpp
//
// The text form of the codec names.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/codec.hpp>

namespace slipway {

std::string_view to_string(codec codec) {
  return codec == codec::json ? "json" : "msgpack";
}

std::optional<codec> codec_from_string(std::string_view name) {
  if (name == "msgpack") {
    return codec::msgpack;
  }
  if (name == "json") {
    return codec::json;
  }
  return std::nullopt;
}

}  // namespace slipway
