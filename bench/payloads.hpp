// bench/payloads.hpp
//
// The arguments that all benchmarks send, so that their rows can be compared. python_pools.py has
// the same.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace slipway::bench {

/// A small map, 100 bytes as msgpack: what a usual command gets.
inline value small_payload() {
  return value::map({{"text", value("to be, or not to be, that is the question")},
                     {"top", value(10)},
                     {"weight", value(0.75)},
                     {"tags", value::array({value("one"), value("two"), value("three")})},
                     {"exact", value(true)}});
}

/// One binary value of `bytes` bytes.
inline value large_payload(std::size_t bytes) {
  return value(std::map<std::string, std::vector<std::byte>>{
      {"data", std::vector<std::byte>(bytes, std::byte{0x5a})}});
}

}  // namespace slipway::bench
