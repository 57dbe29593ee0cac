// slipway/supervision/restart_control.hpp
//
// Whether a child may be restarted and after what delay: intensity, budget and backoff taken
// together, and what has to be remembered of a child for it.
// Belongs here: these rules.
// Does not: starting anything, timers (the cores of supervisors).
// Source: OTP supervisor.erl add_restart/1 for the intensity; budget and backoff are ours and off
//         by default.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/restart_backoff.hpp>
#include <slipway/supervision/restart_budget.hpp>
#include <slipway/supervision/restart_window.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace slipway {

/// Numbers a restart that is waited for; never used again.
using attempt_number = std::uint64_t;

/// What a supervisor remembers of a child from run to run.
struct restart_history {
  monotonic_time since{0};                    ///< when its present run, or the last, began
  std::uint64_t restarts = 0;                 ///< by its supervisor
  std::uint64_t failures = 0;                 ///< in a row
  attempt_number attempt = 0;                 ///< of the restart that it waits for
  bool counted = false;                       ///< that restart counts against the intensity already
  std::optional<exit_reason> last_exit = {};  ///< its last end or failed start

  /// A run begins.
  void began(monotonic_time now) { since = now; }
  /// A run ended and shall be followed by another.
  void failed(monotonic_time now, const restart_backoff& backoff) {
    if (now - since >= backoff.forgiven_after) {
      failures = 0;
    }
  }

  friend bool operator==(const restart_history&, const restart_history&) = default;
};

/// A value but for the budget, which is shared.
class restart_control {
 public:
  struct limits {
    unsigned intensity = 1;
    std::chrono::milliseconds period{5000};
    std::chrono::milliseconds resolution{1000};
    restart_backoff backoff = {};
    std::shared_ptr<restart_budget> budget = {};
    std::uint32_t seed = 1;  ///< of the chance in delays
  };

  /// Takes any limits: that they are wrong is found by whoever checks them.
  explicit restart_control(limits within)
      : window_(within.intensity, std::max(within.period, least),
                std::max(within.resolution, least)),
        backoff_(within.backoff),
        budget_(std::move(within.budget)),
        chance_(within.seed) {}

  /// Counts one restart, in the budget too.
  [[nodiscard]] restart_window::verdict add_restart(monotonic_time now) {
    // Both count, whatever the other says.
    const auto shared = budget_ ? budget_->take(now) : restart_window::verdict::go_on;
    const auto own = window_.add_restart(now);
    return own == restart_window::verdict::go_on ? shared : own;
  }

  /// How long a child with that history waits for its restart; counts the failure.
  [[nodiscard]] std::chrono::milliseconds delay_after(restart_history& history) {
    ++history.failures;
    if (backoff_.is_off()) {
      return std::chrono::milliseconds{0};
    }
    return backoff_.delay(history.failures, chance());
  }

  [[nodiscard]] const restart_backoff& backoff() const noexcept { return backoff_; }
  /// Restarts that count at present.
  [[nodiscard]] std::size_t size() const noexcept { return window_.size(); }

  friend bool operator==(const restart_control&, const restart_control&) = default;

 private:
  static constexpr std::chrono::milliseconds least{1};

  // 0 to 1. A linear congruential generator (Numerical Recipes) is chance enough for jitter.
  [[nodiscard]] double chance() {
    chance_ = chance_ * 1'664'525U + 1'013'904'223U;
    return static_cast<double>(chance_) / 4'294'967'295.0;
  }

  restart_window window_;
  restart_backoff backoff_;
  std::shared_ptr<restart_budget> budget_;
  std::uint32_t chance_;
};

}  // namespace slipway
