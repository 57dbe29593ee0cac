// slipway/supervision/restart_backoff.hpp
//
// How long to wait before a child is restarted.
// Belongs here: the delay as a function of how often the child has failed in a row.
// Does not: timers, counting failures (supervisor_core.hpp), giving up (restart_window.hpp).
// Source: none in OTP, which restarts at once; off by default. Jitter as in "equal jitter" of the
//         AWS architecture blog, the share of it a parameter.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace slipway {

/// A rule for delays. Default: none, as in OTP.
struct restart_backoff {
  /// Before the first restart; zero: no delay at all, ever.
  std::chrono::milliseconds first{0};
  /// By how much each further failure in a row multiplies it; at least 1. 1: always the same.
  double factor = 1;
  /// The longest delay.
  std::chrono::milliseconds cap = std::chrono::hours(1);
  /// The share of each delay that is left to chance, 0 to 1: with 0.5, a delay of 100 ms becomes 50
  /// to 100 ms. So children that failed together do not all come back together.
  double jitter = 0;
  /// A child that ran for so long has failed no more "in a row".
  std::chrono::milliseconds forgiven_after = std::chrono::minutes(1);

  [[nodiscard]] static restart_backoff constant(std::chrono::milliseconds delay) {
    return {.first = delay};
  }
  [[nodiscard]] static restart_backoff exponential(std::chrono::milliseconds first,
                                                   std::chrono::milliseconds cap,
                                                   double jitter = 0.5) {
    return {.first = first, .factor = 2, .cap = cap, .jitter = jitter};
  }

  [[nodiscard]] bool is_off() const noexcept { return first.count() <= 0; }

  /// @param failures  in a row, this one included; at least 1.
  /// @param chance    0 to 1.
  /// @returns         between zero and `cap`.
  [[nodiscard]] std::chrono::milliseconds delay(std::uint64_t failures, double chance) const;

  friend bool operator==(const restart_backoff&, const restart_backoff&) = default;
};

}  // namespace slipway
