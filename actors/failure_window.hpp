// slipway/actors/failure_window.hpp
//
// Counts how many of the latest calls failed.
// Belongs here: the count over a sliding window.
// Does not: judging it (circuit_breaker_core.hpp), reading a clock.
// Invariants: (1) a result counts for more than nine tenths of the window and at most the whole;
//             (2) memory is the same however many calls there are.
// Source: Hystrix, HystrixRollingNumber, and Polly, RollingHealthMetrics: ten buckets, of which the
//         oldest is dropped as a whole.
// Differs: buckets begin at multiples of their width on the clock, not with the first call.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace slipway {

/// How calls ended.
struct call_counts {
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;  ///< of `calls`

  friend bool operator==(const call_counts&, const call_counts&) = default;
};

/// Value type: copyable, comparable, one thread at a time.
class failure_window {
 public:
  static constexpr std::int64_t bucket_count = 10;
  static constexpr duration shortest = std::chrono::milliseconds(1);

  /// @param window  at least `shortest`; less counts as that.
  explicit failure_window(duration window) noexcept
      : width_(std::max(window, shortest) / bucket_count) {}

  /// One call more.
  /// @param now       must not be earlier than the last call's of any function.
  /// @param failures  0 or 1.
  /// Errors           none. Cost O(1).
  void add(time_point now, std::uint64_t failures) noexcept {
    const std::int64_t tick = tick_of(now);
    bucket& latest = buckets_[index_of(tick)];
    if (latest.tick != tick) {
      latest = {.tick = tick};
    }
    ++latest.counts.calls;
    latest.counts.failures += failures;
  }

  /// What lies in the window that ends now.
  [[nodiscard]] call_counts counts(time_point now) const noexcept {
    const std::int64_t tick = tick_of(now);
    call_counts sum;
    for (const bucket& each : buckets_) {
      if (tick - each.tick < bucket_count) {
        sum.calls += each.counts.calls;
        sum.failures += each.counts.failures;
      }
    }
    return sum;
  }

  void clear() noexcept { buckets_ = {}; }

  friend bool operator==(const failure_window&, const failure_window&) = default;

 private:
  struct bucket {
    std::int64_t tick = 0;
    call_counts counts{};

    friend bool operator==(const bucket&, const bucket&) = default;
  };

  // Rounds towards the past also before the clock's origin.
  [[nodiscard]] std::int64_t tick_of(time_point now) const noexcept {
    const duration since = now.time_since_epoch();
    return since / width_ - (since % width_ < duration::zero() ? 1 : 0);
  }
  [[nodiscard]] static std::size_t index_of(std::int64_t tick) noexcept {
    return static_cast<std::size_t>((tick % bucket_count + bucket_count) % bucket_count);
  }

  duration width_;
  std::array<bucket, bucket_count> buckets_{};
};

}  // namespace slipway
