// slipway/actors/retry_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/retry_core.hpp>

#include <algorithm>

namespace slipway {
namespace {

// Whether any kind of failure with this code is given up by the table.
bool is_abandoned(call_errc code, const error_policy& errors) {
  for (std::size_t each = 0; each < error_kinds; ++each) {
    const auto kind = static_cast<error_kind>(each);
    if (code_of(kind) == code && errors.of(kind).strategy == recovery_strategy::abandon) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> flaw_of(const retry_policy& policy, const error_policy& errors) {
  if (policy.attempts == 0) {
    return "attempts must be a positive integer, got: 0";
  }
  for (const call_errc code : policy.also) {
    if (!is_abandoned(code, errors)) {
      return std::string("also must not name what is always retried, got: ") + to_string(code);
    }
  }
  if (const auto flaw = flaw_of(policy.backoff)) {
    return "backoff: " + *flaw;
  }
  return std::nullopt;
}

bool is_retryable(const call_error& error, const retry_policy& policy, const error_policy& errors) {
  return errors.of(error).strategy != recovery_strategy::abandon ||
         std::find(policy.also.begin(), policy.also.end(), error.code) != policy.also.end();
}

const char* to_string(retry_end end) {
  switch (end) {
    case retry_end::not_retryable:
      return "not_retryable";
    case retry_end::effect_unknown:
      return "effect_unknown";
    case retry_end::attempts_used_up:
      return "attempts_used_up";
    case retry_end::deadline:
      break;
  }
  return "deadline";
}

retry_decision retry_core::failed(const call_error& error, time_point now, double chance) {
  if (given_up_) {
    return retry_given_up{*given_up_};
  }
  ++attempts_;
  given_up_ = objection(error);
  if (given_up_) {
    return retry_given_up{*given_up_};
  }
  const bool at_once = goes_at_once(error);
  const duration delay =
      at_once ? duration::zero() : policy_.backoff.delay(delays_ + 1ULL, previous_, chance);
  if (!is_before_deadline(now, delay)) {
    given_up_ = retry_end::deadline;
    return retry_given_up{*given_up_};
  }
  if (!at_once) {
    previous_ = delay;
    ++delays_;
  }
  return retry_later{.delay = delay, .at = now + delay};
}

std::optional<retry_end> retry_core::may_start(time_point now) {
  if (!given_up_ && !is_before_deadline(now, duration::zero())) {
    given_up_ = retry_end::deadline;
  }
  return given_up_;
}

std::optional<retry_end> retry_core::objection(const call_error& error) const {
  if (!is_retryable(error, policy_, errors_)) {
    return retry_end::not_retryable;
  }
  if (error.effect == call_effect::unknown && policy_.command != idempotence::idempotent) {
    return retry_end::effect_unknown;
  }
  if (attempts_ >= policy_.attempts) {
    return retry_end::attempts_used_up;
  }
  return std::nullopt;
}

bool retry_core::goes_at_once(const call_error& error) const {
  const auto strategy = errors_.of(error).strategy;
  return attempts_ == 1 && (strategy == recovery_strategy::immediate_retry ||
                            strategy == recovery_strategy::failover);
}

// Without a sum, which could overflow: how much time is left is known exactly when it is counted
// without a sign.
bool retry_core::is_before_deadline(time_point now, duration delay) const {
  if (now >= deadline_) {
    return false;
  }
  const auto left = static_cast<std::uint64_t>(deadline_.time_since_epoch().count()) -
                    static_cast<std::uint64_t>(now.time_since_epoch().count());
  return static_cast<std::uint64_t>(delay.count()) < left;
}

}  // namespace slipway
