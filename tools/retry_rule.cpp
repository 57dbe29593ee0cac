// slipway/tools/retry_rule.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>
#include <slipway/actors/error_policy.hpp>
#include <slipway/tools/retry_rule.hpp>

namespace slipway::tools {

std::optional<duration> retry_after(const call_error& error, unsigned attempts, unsigned retries) {
  if (attempts > retries) {
    return std::nullopt;
  }
  switch (error.classified.value_or(error_policy{}.of(error)).strategy) {
    case recovery_strategy::immediate_retry:
    case recovery_strategy::failover:
      return duration::zero();
    case recovery_strategy::backoff_retry:
    case recovery_strategy::circuit_break:
      return backoff{}.delay(attempts, {}, 0);
    case recovery_strategy::abandon:
      break;
  }
  return std::nullopt;
}

bool finds_no_pool(const call_error& error) {
  return (error.code == call_errc::pool_stopped || error.code == call_errc::pool_exited) &&
         error.effect == call_effect::not_sent;
}

}  // namespace slipway::tools
