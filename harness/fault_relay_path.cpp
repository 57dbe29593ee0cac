// slipway/harness/fault_relay_path.cpp
//
// Compiled in the build tree, and once more by each project that uses an installation; see
// actors/package_dir.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_relay_path.hpp>

namespace slipway::harness {

std::string default_fault_relay() {
  return SLIPWAY_FAULT_RELAY;
}

}  // namespace slipway::harness
