// slipway/actors/retrying_client.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/retry_loop.hpp>
#include <slipway/actors/retrying_client.hpp>

namespace slipway {

std::optional<std::string> flaw_of(const retry_options& options, const error_policy& errors) {
  if (options.attempt_timeout && *options.attempt_timeout <= duration::zero()) {
    return "attempt_timeout must be above zero";
  }
  return flaw_of(options.policy, errors);
}

result<retrying_client, std::string> retrying_client::make(client calls, retry_options options,
                                                           std::shared_ptr<pacing> pace) {
  if (auto flaw = flaw_of(options, calls.errors())) {
    return failure(std::move(*flaw));
  }
  return retrying_client(std::move(calls),
                         std::make_shared<const retry_options>(std::move(options)),
                         pace ? std::move(pace) : make_thread_pacing());
}

void retrying_client::attempt_until_done(
    std::string_view command, duration timeout,
    const std::function<call_error*(duration)>& attempt) const {
  const auto retries = [&](const call_error& failed, duration delay) {
    calls_.tell_of_retry(command, failed, delay);
    if (options_->on_retry) {
      options_->on_retry(failed, delay);
    }
  };
  internal::retry_loop(*options_, calls_.errors(), *pace_, timeout, {attempt, retries});
}

}  // namespace slipway
