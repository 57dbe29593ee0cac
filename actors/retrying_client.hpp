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
// Does not: the rule (retry_core.hpp), delays (backoff.hpp).
// Includes neither CAF nor Boost.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/pacing.hpp>
#include <slipway/actors/retry_core.hpp>

#include <functional>
#include <future>
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
  /// Told of each failure that another attempt follows, and after which delay. With `call` on the
  /// calling thread; what it throws passes on to the caller, and the call is over. With `async_call`
  /// within the pool or on the I/O thread, where it must be brief and must not throw.
  std::function<void(const call_error& failed, duration delay)> on_retry{};
};

/// What is wrong with the options; nothing if they are good.
/// @param errors  the table by which calls are retried.
[[nodiscard]] std::optional<std::string> flaw_of(const retry_options& options,
                                                 const error_policy& errors = {});

/// Cheap to copy; thread: any.
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

  /// The same without blocking: delays are timers on the I/O thread. When the runtime ends before a
  /// delay does, the call has ended with the error of its last attempt.
  template <class R = value, class Args = value>
  [[nodiscard]] std::future<client::reply<R>> async_call(std::string_view command, const Args& args,
                                                         duration timeout) const {
    struct call_state {
      client calls;
      std::string command;
      Args args;
      std::optional<client::reply<R>> last{};
      std::promise<client::reply<R>> promise{};
    };
    auto state = std::make_shared<call_state>(call_state{calls_, std::string(command), args});
    auto answer = state->promise.get_future();
    attempt_in_background(
        command, timeout,
        [state](duration given, std::function<void(call_error*)> done) {
          state->calls.template call_then<R>(
              state->command, state->args, given,
              [state, done = std::move(done)](client::reply<R> outcome) {
                state->last.emplace(std::move(outcome));
                done(state->last->has_value() ? nullptr : &state->last->error());
              });
        },
        [state] { state->promise.set_value(std::move(*state->last)); });
    return answer;
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

  // `attempt` begins one, and calls back with its error; see internal/async_retry.hpp.
  using async_attempt = std::function<void(duration, std::function<void(call_error*)>)>;
  void attempt_in_background(std::string_view command, duration timeout, async_attempt attempt,
                             std::function<void()> ended) const;

  void tell(std::string_view command, const call_error& failed, duration delay) const;

  client calls_;
  std::shared_ptr<const retry_options> options_;
  std::shared_ptr<pacing> pace_;
};

}  // namespace slipway
