// slipway/actors/time.hpp
//
// The types in which every core and shell counts time: monotonic, nanoseconds.
// Belongs here: the two names.
// Does not: reading a clock (see clock.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace slipway {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// `now + timeout`, or the end of time where that would overflow; a negative timeout is none.
[[nodiscard]] constexpr time_point deadline_after(time_point now, duration timeout) {
  if (timeout <= duration::zero()) {
    return now;
  }
  return timeout > time_point::max() - now ? time_point::max() : now + timeout;
}

}  // namespace slipway
