// slipway/actors/internal/async_retry.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_retry.hpp>

#include <utility>

namespace slipway::internal {

async_retry::async_retry(const retry_options& options, const error_policy& errors,
                         std::shared_ptr<pacing> pace, std::shared_ptr<timer_service> timers,
                         duration timeout, async_retry_steps steps)
    : pace_(std::move(pace)),
      timers_(std::move(timers)),
      steps_(std::move(steps)),
      course_(options, errors, *pace_, timeout) {}

// The timers have dropped the one that would have gone on.
async_retry::~async_retry() {
  if (waiting_ != nullptr) {
    course_.give_up(*waiting_);
    steps_.ended();
  }
}

void async_retry::start() {
  steps_.attempt(course_.time_for_attempt(),
                 [self = shared_from_this()](call_error* failed) { self->attempted(failed); });
}

void async_retry::attempted(call_error* failed) {
  if (failed == nullptr) {
    steps_.ended();
    return;
  }
  const auto again = course_.failed(*failed);
  if (!again) {
    steps_.ended();
    return;
  }
  steps_.retries(*failed, again->delay);
  waiting_ = failed;
  // Also without a delay: an attempt may end within a pool, where no other may begin.
  timers_->run_after(again->delay, [self = shared_from_this()] { self->wake(); });
}

void async_retry::wake() {
  call_error& failed = *std::exchange(waiting_, nullptr);
  if (course_.may_start(failed)) {
    start();
  } else {
    steps_.ended();
  }
}

}  // namespace slipway::internal
