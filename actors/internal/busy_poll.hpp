// slipway/actors/internal/busy_poll.hpp
//
// Whether to look for an answer without sleeping, for a moment, before waiting for it: a sleeping
// core takes longer to wake than a quick command to run, so who sleeps pays for it twice a call.
// Belongs here: the estimate.
// Does not: looking, waiting (blocking_exchange).
// Source: the idea is that of SO_BUSY_POLL (socket(7)) and of adaptive mutexes; the moving average
//         is TCP's smoothed round-trip time (RFC 6298).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <algorithm>

namespace slipway::internal {

/// Remembers how long answers of one process usually take. Thread: who holds the exchange.
class busy_poll {
 public:
  /// @param budget  the longest look; zero or less: none.
  explicit busy_poll(duration budget) : budget_(budget) {}

  [[nodiscard]] duration budget() const { return budget_; }

  /// Whether answers usually come within the budget. At first it is hoped that they do.
  [[nodiscard]] bool worthwhile() const { return budget_ > duration::zero() && usual_ <= budget_; }

  /// An exchange is over. One slow answer among quick ones changes nothing, since what is beyond
  /// four budgets counts as four.
  void took(duration time) { usual_ += (std::min(time, 4 * budget_) - usual_) / 8; }

 private:
  duration budget_;
  duration usual_{};
};

}  // namespace slipway::internal
