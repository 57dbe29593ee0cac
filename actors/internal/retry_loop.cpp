// slipway/actors/internal/retry_loop.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_loop.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::internal {
namespace {

// What is known of the attempts that failed.
class failures_so_far {
 public:
  void add(call_error& latest) {
    latest.attempt = ++attempts_;
    if (latest.effect == call_effect::unknown) {
      effect_ = call_effect::unknown;
    }
  }
  void keep(call_error latest) {
    constexpr std::size_t most_kept = 8;
    if (earlier_.size() == most_kept) {
      earlier_.erase(earlier_.begin());
    }
    earlier_.push_back(std::move(latest));
  }
  // The last error speaks for all.
  void conclude(call_error& last) {
    last.effect = effect_;
    last.earlier = std::move(earlier_);
  }

 private:
  std::uint32_t attempts_ = 0;
  call_effect effect_ = call_effect::not_sent;
  std::vector<call_error> earlier_;
};

}  // namespace

void retry_loop(const retry_options& options, const error_policy& errors, pacing& pace,
                duration timeout, const retry_steps& steps) {
  const time_point deadline = deadline_after(pace.now(), timeout);
  retry_core rule(options.policy, deadline, errors);
  failures_so_far failures;
  for (duration left = timeout;;) {
    call_error* failed = steps.attempt(std::min(left, options.attempt_timeout.value_or(left)));
    if (failed == nullptr) {
      return;
    }
    failures.add(*failed);
    const auto decision = rule.failed(*failed, pace.now(), pace.chance());
    const auto* again = std::get_if<retry_later>(&decision);
    if (again == nullptr) {
      return failures.conclude(*failed);
    }
    steps.retries(*failed, again->delay);
    if (again->delay > duration::zero()) {
      pace.wait_until(again->at);
    }
    const time_point now = pace.now();
    if (rule.may_start(now)) {
      return failures.conclude(*failed);
    }
    failures.keep(std::move(*failed));
    left = deadline == time_point::max() ? timeout : deadline - now;
  }
}

}  // namespace slipway::internal
