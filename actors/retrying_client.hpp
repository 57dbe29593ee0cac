// slipway/actors/retrying_client.hpp
//
// A client whose failed calls are made again, within one deadline.
//
//     auto calls = slipway::retrying_client::make(
//         pool, {.policy = {.attempts = 5, .command = slipway::idempotence::idempotent},
//                .attempt_timeout = 2s});
//     auto words = calls->call<int>("word_count", args, 10s);
//
// Belongs here: calling until the rule says enough.
// Does not: the rule (retry_core.hpp), delays (backoff.hpp), calls that block nobody (client).
// Includes neither CAF nor Boost.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/pacing.hpp>
#include <slipway/actors/retry_core.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {

struct retry_options {
  retry_policy policy{};
  /// Longest time for one attempt, above zero. None, the default: what is left of the call's, so
  /// that a worker which hangs leaves none for another attempt.
  std::optional<duration> attempt_timeout{};
  /// Told of each failure that another attempt follows, and after which delay; on the calling
  /// thread. What it throws passes on to the caller, and the call is over.
  std::function<void(const call_error& failed, duration delay)> on_retry{};
};

/// What is wrong with the options; nothing if they are good.
/// @param errors  the table by which calls are retried.
[[nodiscard]] std::optional<std::string> flaw_of(const retry_options& options,
                                                 const error_policy& errors = {});

/// Cheap to copy; thread: any. Delays block the calling thread.
class retrying_client {
 public:
  /// Follows the strategies of the pool's `errors`; see retry_core.
  /// @param pace  for tests and simulations; none: `make_thread_pacing`.
  /// Errors       the flaw of the options, in words.
  [[nodiscard]] static result<retrying_client, std::string> make(
      client calls, retry_options options, std::shared_ptr<pacing> pace = nullptr);

  /// As client::call; `timeout` covers all attempts and the delays between them. No attempt starts
  /// at the deadline or later. Each retry is a runtime event.
  /// @returns the first answer, else the error of the last attempt. Its effect is that of all of
  ///          them: `not_sent` only if no attempt was seen by any worker. `earlier` has the others.
  template <class R = value, class Args = value>
  [[nodiscard]] client::reply<R> call(std::string_view command, const Args& args,
                                      duration timeout) const {
    std::optional<client::reply<R>> last;
    attempt_until_done(command, timeout, [&](duration given) {
      last.emplace(calls_.call<R>(command, args, given));
      return last->has_value() ? nullptr : &last->error();
    });
    return std::move(*last);
  }

  /// The client beneath, for calls that are not to be repeated.
  [[nodiscard]] const client& once() const { return calls_; }

 private:
  retrying_client(client calls, std::shared_ptr<const retry_options> options,
                  std::shared_ptr<pacing> pace)
      : calls_(std::move(calls)), options_(std::move(options)), pace_(std::move(pace)) {}

  // `attempt` makes one with this timeout and gives its error, null for none.
  void attempt_until_done(std::string_view command, duration timeout,
                          const std::function<call_error*(duration)>& attempt) const;

  client calls_;
  std::shared_ptr<const retry_options> options_;
  std::shared_ptr<pacing> pace_;
};

}  // namespace slipway
