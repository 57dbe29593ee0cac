// slipway/actors/internal/retry_loop.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_loop.hpp>

#include <algorithm>
#include <variant>

namespace slipway::internal {

call_effect retry_loop(const retry_options& options, pacing& pace, duration timeout,
                       const std::function<const call_error*(duration)>& attempt) {
  const time_point deadline = deadline_after(pace.now(), timeout);
  retry_core rule(options.policy, deadline);
  duration left = timeout;
  auto effect = call_effect::not_sent;
  for (;;) {
    const call_error* failed = attempt(std::min(left, options.attempt_timeout.value_or(left)));
    if (failed == nullptr) {
      return effect;
    }
    if (failed->effect == call_effect::unknown) {
      effect = call_effect::unknown;
    }
    const auto decision = rule.failed(*failed, pace.now(), pace.chance());
    const auto* again = std::get_if<retry_later>(&decision);
    if (again == nullptr) {
      return effect;
    }
    if (options.on_retry) {
      options.on_retry(*failed, again->delay);
    }
    if (again->delay > duration::zero()) {
      pace.wait_until(again->at);
    }
    const time_point now = pace.now();
    if (rule.may_start(now)) {
      return effect;
    }
    left = deadline == time_point::max() ? timeout : deadline - now;
  }
}

}  // namespace slipway::internal
