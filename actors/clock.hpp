// slipway/actors/clock.hpp
//
// Where the shells read the time and ask to be woken, as interfaces, so that a harness can put a
// virtual clock in their place.
// Belongs here: the two interfaces and the real clock.
// Does not: deciding when something is due.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <functional>

namespace slipway {

/// A source of monotonic time. Thread: any.
class clock {
 public:
  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  clock(clock&&) = delete;
  clock& operator=(clock&&) = delete;
  virtual ~clock() = default;

  [[nodiscard]] virtual time_point now() const noexcept = 0;
};

/// The monotonic clock of the machine.
class steady_clock final : public clock {
 public:
  [[nodiscard]] time_point now() const noexcept override;
};

/// Runs something later, once.
class timer_service {
 public:
  timer_service() = default;
  timer_service(const timer_service&) = delete;
  timer_service& operator=(const timer_service&) = delete;
  timer_service(timer_service&&) = delete;
  timer_service& operator=(timer_service&&) = delete;
  virtual ~timer_service() = default;

  /// Runs `task` after `delay` on a thread of the service; never before `run_after` returns. A task
  /// that is not yet due when the service ends is dropped. Thread: any.
  virtual void run_after(duration delay, std::function<void()> task) = 0;
};

}  // namespace slipway
