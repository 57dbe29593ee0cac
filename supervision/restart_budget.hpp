// slipway/supervision/restart_budget.hpp
//
// One restart intensity for several supervisors: a subtree may restart so often, wherever in it.
// Belongs here: the shared count.
// Does not: what a supervisor does when it is used up (it gives up, as if its own intensity were
// exceeded).
// Source: none in OTP, where each supervisor counts for itself, so that a tree of depth d may
//         restart intensity^d times before its top gives up; off by default.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/restart_window.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace slipway {

/// Handed as a shared pointer to every supervisor that shares it. Thread: any.
class restart_budget {
 public:
  /// As those of restart_window.
  explicit restart_budget(unsigned intensity, std::chrono::milliseconds period,
                          std::chrono::milliseconds resolution = std::chrono::milliseconds{1})
      : window_(intensity, period, resolution) {}

  /// Records one restart somewhere in the subtree.
  /// @returns give_up when that is one too many.
  [[nodiscard]] restart_window::verdict take(monotonic_time now) {
    const std::lock_guard guard{mutex_};
    // Supervisors on other threads may have come with a slightly later time.
    latest_ = std::max(latest_, now);
    return window_.add_restart(latest_);
  }

 private:
  std::mutex mutex_;
  restart_window window_;
  monotonic_time latest_ = monotonic_time::min();
};

}  // namespace slipway
