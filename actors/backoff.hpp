// slipway/actors/backoff.hpp
//
// How long to wait before something that failed is tried again.
// Belongs here: the delay as a function of how many there were before, and of chance.
// Does not: drawing chance, timers, deciding whether to try again (retry_core.hpp), restarts of
//           children (restart_backoff.hpp).
// Invariants: (1) 0 <= delay <= longest, whatever the arguments;
//             (2) the same arguments give the same delay.
// Source: "Exponential Backoff And Jitter", AWS architecture blog, for the decorrelated jitter; the
//         others have no one source.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

/// How delays grow, with `first` as their unit.
enum class backoff_kind : std::uint8_t {
  constant,             ///< 1, 1, 1, 1, 1, …
  linear,               ///< 1, 2, 3, 4, 5, …
  exponential,          ///< 1, 2, 4, 8, 16, …
  fibonacci,            ///< 1, 1, 2, 3, 5, …
  decorrelated_jitter,  ///< by chance between 1 and three times the delay before
};

[[nodiscard]] const char* to_string(backoff_kind kind);

/// A rule for delays. Value type.
struct backoff {
  backoff_kind kind = backoff_kind::exponential;
  /// The first delay, and the unit of all others; zero: no delay at all, ever.
  duration first = std::chrono::milliseconds(50);
  /// No delay is longer.
  duration longest = std::chrono::seconds(2);

  /// The n-th delay.
  /// @param n         1 for the first; 0 counts as 1.
  /// @param previous  the delay before, which only `decorrelated_jitter` looks at; before the first
  ///                  there is none, and it does not matter.
  /// @param chance    0 to 1, a new one for each delay; only `decorrelated_jitter` looks at it.
  ///                  What lies outside counts as the nearer end.
  /// @returns         between zero and `longest`; where the rule would pass it, `longest`.
  /// Errors           none; it saturates for every `n`.
  /// Cost             O(1): less than a hundred additions. Thread: any.
  [[nodiscard]] duration delay(std::uint64_t n, duration previous, double chance) const;

  friend bool operator==(const backoff&, const backoff&) = default;
};

/// What is wrong with the rule; nothing if it is good. A rule with a flaw keeps the invariants, with
/// a negative length counted as zero.
[[nodiscard]] std::optional<std::string> flaw_of(const backoff& rule);

}  // namespace slipway
