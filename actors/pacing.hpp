// slipway/actors/pacing.hpp
//
// What a caller that tries again needs of the world: the time, a way to let it pass, and chance.
// Belongs here: the interface, and the one that blocks the calling thread.
// Does not: how long to wait (backoff.hpp), timers that block nobody (timer_service).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>

#include <memory>

namespace slipway {

/// Thread: any.
class pacing : public clock {
 public:
  /// Returns when `when` has come, or later.
  virtual void wait_until(time_point when) = 0;
  /// 0 to 1, another each time.
  [[nodiscard]] virtual double chance() = 0;
};

/// The monotonic clock; waiting blocks the calling thread.
[[nodiscard]] std::shared_ptr<pacing> make_thread_pacing();

}  // namespace slipway
