// slipway/actors/retrying_client.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_retry.hpp>
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
  internal::retry_loop(
      *options_, calls_.errors(), *pace_, timeout,
      {attempt, [&](const call_error& failed, duration delay) { tell(command, failed, delay); }});
}

void retrying_client::attempt_in_background(std::string_view command, duration timeout,
                                            async_attempt attempt,
                                            std::function<void()> ended) const {
  internal::async_retry_steps steps;
  steps.attempt = std::move(attempt);
  steps.retries = [calls = *this, name = std::string(command)](const call_error& failed,
                                                               duration delay) {
    calls.tell(name, failed, delay);
  };
  steps.ended = std::move(ended);
  std::make_shared<internal::async_retry>(*options_, calls_.errors(), pace_, calls_.timers(),
                                          timeout, std::move(steps))
      ->start();
}

void retrying_client::tell(std::string_view command, const call_error& failed,
                           duration delay) const {
  calls_.tell_of_retry(command, failed, delay);
  if (options_->on_retry) {
    options_->on_retry(failed, delay);
  }
}

}  // namespace slipway
