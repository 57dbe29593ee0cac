// slipway/actors/internal/retry_course.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_course.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace slipway::internal {

retry_course::retry_course(const retry_options& options, const error_policy& errors, pacing& pace,
                           duration timeout)
    : pace_(pace),
      deadline_(deadline_after(pace.now(), timeout)),
      attempt_timeout_(options.attempt_timeout),
      rule_(options.policy, deadline_, errors),
      left_(timeout) {}

duration retry_course::time_for_attempt() const {
  return std::min(left_, attempt_timeout_.value_or(left_));
}

std::optional<retry_later> retry_course::failed(call_error& error) {
  error.attempt = ++attempts_;
  if (error.effect == call_effect::unknown) {
    effect_ = call_effect::unknown;
  }
  const auto decision = rule_.failed(error, pace_.now(), pace_.chance());
  if (const auto* again = std::get_if<retry_later>(&decision)) {
    return *again;
  }
  give_up(error);
  return std::nullopt;
}

bool retry_course::may_start(call_error& error) {
  constexpr std::size_t most_kept = 8;
  const time_point now = pace_.now();
  if (rule_.may_start(now)) {
    give_up(error);
    return false;
  }
  if (deadline_ != time_point::max()) {
    left_ = deadline_ - now;
  }
  if (earlier_.size() == most_kept) {
    earlier_.erase(earlier_.begin());
  }
  earlier_.push_back(std::move(error));
  return true;
}

void retry_course::give_up(call_error& error) {
  error.effect = effect_;
  error.earlier = std::move(earlier_);
}

}  // namespace slipway::internal
