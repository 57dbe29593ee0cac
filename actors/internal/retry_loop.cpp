// slipway/actors/internal/retry_loop.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_course.hpp>
#include <slipway/actors/internal/retry_loop.hpp>

namespace slipway::internal {

void retry_loop(const retry_options& options, const error_policy& errors, pacing& pace,
                duration timeout, const retry_steps& steps) {
  retry_course course(options, errors, pace, timeout);
  for (;;) {
    call_error* failed = steps.attempt(course.time_for_attempt());
    if (failed == nullptr) {
      return;
    }
    const auto again = course.failed(*failed);
    if (!again) {
      return;
    }
    steps.retries(*failed, again->delay);
    if (again->delay > duration::zero()) {
      pace.wait_until(again->at);
    }
    if (!course.may_start(*failed)) {
      return;
    }
  }
}

}  // namespace slipway::internal
