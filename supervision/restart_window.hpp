// slipway/supervision/restart_window.hpp
//
// Counts restarts in a sliding window and says when a supervisor must give up.
// Belongs here: the rule and its state.
// Does not: reading a clock, logging, deciding what to restart.
// Invariants: (1) entries are sorted, oldest first;
//             (2) none is older than the period at the last call;
//             (3) size() <= intensity + 1.
// Source: OTP lib/stdlib/src/supervisor.erl, add_restart.
// Differs: resolution is a parameter.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace slipway {

/// Monotonic time since some fixed but arbitrary instant.
using monotonic_time = std::chrono::nanoseconds;

/// Tells a supervisor whether one more restart is still allowed.
class restart_window {
 public:
  enum class verdict : std::uint8_t { go_on, give_up };

  /// @param intensity   most restarts that may lie within one period.
  /// @param period      at least 1 ms; rounded up to a multiple of `resolution`.
  /// @param resolution  step in which times are counted, at least 1 ms. The default is OTP's.
  explicit restart_window(unsigned intensity, std::chrono::milliseconds period,
                          std::chrono::milliseconds resolution = std::chrono::seconds{1}) noexcept
      : intensity_(intensity),
        resolution_(resolution),
        period_ticks_((period + resolution - std::chrono::milliseconds{1}) / resolution) {}

  /// Records one restart and tells whether the limit is passed.
  /// @param now  monotonic time of the restart; must not be earlier than the last call's.
  /// @returns    `verdict::give_up` when more than `intensity` restarts lie within `period`, else
  /// `go_on`. Errors      none. Cost O(1) on average, whatever the intensity; memory for the
  /// restarts counted only. Thread      any, but one at a time (value type, no lock inside). OTP
  /// supervisor.erl add_restart/1; a restart exactly `period` old still counts, as there.
  [[nodiscard]] verdict add_restart(monotonic_time now) {
    const std::int64_t tick = ticks(now);
    while (!entries_.empty() && entries_.front() < tick - period_ticks_) {
      entries_.pop_front();
    }
    // After give_up the count has no further meaning: the oldest entry goes, so that (3) holds for
    // ever.
    if (entries_.size() > intensity_) {
      entries_.pop_front();
    }
    entries_.push_back(tick);
    return entries_.size() > intensity_ ? verdict::give_up : verdict::go_on;
  }

  /// Restarts within the period that ended with the last call, that call's included.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  friend bool operator==(const restart_window&, const restart_window&) = default;

 private:
  // Rounds towards the past also before the clock's origin.
  [[nodiscard]] std::int64_t ticks(monotonic_time now) const noexcept {
    const monotonic_time step = resolution_;
    return now / step - (now % step < monotonic_time::zero() ? 1 : 0);
  }

  std::size_t intensity_;
  std::chrono::milliseconds resolution_;
  std::int64_t period_ticks_;
  std::deque<std::int64_t> entries_;
};

}  // namespace slipway
