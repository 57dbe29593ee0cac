// slipway/actors/circuit_outcome.hpp
//
// What the end of a call says of whom was called.
// Belongs here: the three words.
// Does not: which failure is which (error_policy.hpp), what follows (circuit_breaker_core.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway {

enum class circuit_outcome : std::uint8_t {
  succeeded,  ///< the callee is well: it answered, if only that the request is at fault
  failed,     ///< the callee is at fault
  abandoned,  ///< nothing: it was not asked, or nobody knows whose fault it was
};

[[nodiscard]] constexpr const char* to_string(circuit_outcome outcome) {
  switch (outcome) {
    case circuit_outcome::succeeded:
      return "succeeded";
    case circuit_outcome::failed:
      return "failed";
    case circuit_outcome::abandoned:
      break;
  }
  return "abandoned";
}

}  // namespace slipway
