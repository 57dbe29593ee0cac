// slipway/tools/retry_rule.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>
#include <slipway/tools/retry_rule.hpp>

namespace slipway::tools {

std::optional<duration> retry_after(const call_error& error, unsigned attempts, unsigned retries) {
  if (attempts > retries) {
    return std::nullopt;
  }
  switch (error.code) {
    case call_errc::timeout:
    case call_errc::worker_died:
    case call_errc::protocol_error:
      return duration::zero();
    case call_errc::pool_stopped:
    case call_errc::pool_exited:
    case call_errc::overloaded:
      return backoff{}.delay(attempts, {}, 0);
    case call_errc::remote_exception:
    case call_errc::invalid_argument:
    case call_errc::unexpected_result:
      break;
  }
  return std::nullopt;
}

bool finds_no_pool(const call_error& error) {
  return (error.code == call_errc::pool_stopped || error.code == call_errc::pool_exited) &&
         error.effect == call_effect::not_sent;
}

}  // namespace slipway::tools
