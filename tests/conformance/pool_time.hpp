// tests/conformance/pool_time.hpp
//
// The time in which a pool is driven: all in which the drivers of the two clocks differ.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>

#include <chrono>
#include <functional>

namespace slipway::conformance {

class pool_time : public clock {
 public:
  /// Does `task` later, on whichever thread.
  virtual void run_after(duration delay, std::function<void()> task) = 0;
  /// A step that waits.
  virtual void pass(std::chrono::milliseconds time) = 0;
  /// Returns when all that has come due is done.
  virtual void await_due() = 0;
  /// What has not come due is dropped.
  virtual void stop() = 0;
  /// Whether the machine was too slow for the times of the scenario.
  [[nodiscard]] virtual bool disturbed() const = 0;
};

}  // namespace slipway::conformance
