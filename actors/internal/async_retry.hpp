// slipway/actors/internal/async_retry.hpp
//
// One call with its attempts and delays that blocks nobody: delays are timers.
// Belongs here: the order of trying and waiting. Does not: what is decided (retry_course), what an
// attempt is.
// Invariants: (1) the first attempt is always made;
//             (2) once an attempt has ended, `ended` runs exactly once, also when the timers end
//                 before a delay does: what is then left of the call is the error of its last attempt.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/internal/retry_course.hpp>

#include <functional>
#include <memory>

namespace slipway::internal {

/// What an async_retry asks of its surroundings. None may throw.
struct async_retry_steps {
  /// Makes an attempt with this timeout, and calls back once with its error, which stays where it is
  /// until the next attempt; null: none, it is done.
  std::function<void(duration, std::function<void(call_error*)>)> attempt;
  /// Hears of a failure that another attempt follows, and after which delay.
  std::function<void(const call_error&, duration)> retries;
  /// The call has ended.
  std::function<void()> ended;
};

/// Thread: one step after the other, on whichever thread the attempts end, and on that of the timers.
class async_retry : public std::enable_shared_from_this<async_retry> {
 public:
  async_retry(const retry_options& options, const error_policy& errors,
              std::shared_ptr<pacing> pace, std::shared_ptr<timer_service> timers, duration timeout,
              async_retry_steps steps);
  async_retry(const async_retry&) = delete;
  async_retry& operator=(const async_retry&) = delete;
  async_retry(async_retry&&) = delete;
  async_retry& operator=(async_retry&&) = delete;
  ~async_retry();

  /// Makes the first attempt; once.
  void start();

 private:
  void attempted(call_error* failed);
  void wake();

  std::shared_ptr<pacing> pace_;
  std::shared_ptr<timer_service> timers_;
  async_retry_steps steps_;
  retry_course course_;
  call_error* waiting_ = nullptr;  // the error that the next attempt is waited for with
};

}  // namespace slipway::internal
