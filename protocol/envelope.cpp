// slipway/protocol/envelope.cpp
//
// The text form of a remote error.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/envelope.hpp>

namespace slipway {

std::string to_string(const remote_error& error) {
  return error.type.empty() ? error.message : error.type + ": " + error.message;
}

}  // namespace slipway
