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

#include <chrono>
#include <memory>

namespace slipway {

/// Handed as a shared pointer to every supervisor that shares it. Thread: any.
class restart_budget {
 public:
  /// As those of restart_window.
  explicit restart_budget(unsigned intensity, std::chrono::milliseconds period,
                          std::chrono::milliseconds resolution = std::chrono::milliseconds{1});
  restart_budget(const restart_budget&) = delete;
  restart_budget& operator=(const restart_budget&) = delete;
  restart_budget(restart_budget&&) = delete;
  restart_budget& operator=(restart_budget&&) = delete;
  ~restart_budget();

  /// Records one restart somewhere in the subtree.
  /// @returns give_up when that is one too many.
  [[nodiscard]] restart_window::verdict take(monotonic_time now);

 private:
  struct shared_window;
  std::unique_ptr<shared_window> shared_;
};

}  // namespace slipway
