// slipway/actors/clock.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/clock.hpp>

namespace slipway {

time_point steady_clock::now() const noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace slipway
