// slipway/actors/retrying_client.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_loop.hpp>
#include <slipway/actors/retrying_client.hpp>

namespace slipway {

std::optional<std::string> flaw_of(const retry_options& options) {
  if (options.attempt_timeout && *options.attempt_timeout <= duration::zero()) {
    return "attempt_timeout must be above zero";
  }
  return flaw_of(options.policy);
}

result<retrying_client, std::string> retrying_client::make(client calls, retry_options options,
                                                           std::shared_ptr<pacing> pace) {
  if (auto flaw = flaw_of(options)) {
    return failure(std::move(*flaw));
  }
  return retrying_client(std::move(calls),
                         std::make_shared<const retry_options>(std::move(options)),
                         pace ? std::move(pace) : make_thread_pacing());
}

call_effect retrying_client::attempt_until_done(
    duration timeout, const std::function<const call_error*(duration)>& attempt) const {
  return internal::retry_loop(*options_, *pace_, timeout, attempt);
}

}  // namespace slipway
