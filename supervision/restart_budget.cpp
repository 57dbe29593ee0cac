// slipway/supervision/restart_budget.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/restart_budget.hpp>

#include <algorithm>
#include <mutex>

namespace slipway {

struct restart_budget::shared_window {
  std::mutex mutex;
  restart_window window;
  monotonic_time latest = monotonic_time::min();
};

restart_budget::restart_budget(unsigned intensity, std::chrono::milliseconds period,
                               std::chrono::milliseconds resolution)
    : shared_(new shared_window{{}, restart_window(intensity, period, resolution)}) {}

restart_budget::~restart_budget() = default;

restart_window::verdict restart_budget::take(monotonic_time now) {
  const std::lock_guard guard{shared_->mutex};
  // Supervisors on other threads may have come with a slightly later time.
  shared_->latest = std::max(shared_->latest, now);
  return shared_->window.add_restart(shared_->latest);
}

}  // namespace slipway
