// slipway/harness/fault_relay_path.hpp
//
// Where the program slipway-fault-relay of this build, or of this installation, lies.
// Belongs here: the place. Does not: checking what lies there.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace slipway::harness {

/// Absolute.
[[nodiscard]] std::string default_fault_relay();

}  // namespace slipway::harness
