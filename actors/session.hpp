// slipway/actors/session.hpp
//
// Calls Python in a session: they all go to the worker that holds its state.
//
//     auto basket = pool.open_session("customer-42", {.rebuild = replay_basket});
//     auto count = basket->call<int>("add", item, 5s);
//     if (!count && count.error().code == call_errc::session_lost) start_over();
//
// Belongs here: the handle.
// Does not: which worker (internal/session_call), commands without state (client).
// Includes neither CAF nor Boost.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/session_options.hpp>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {

namespace internal {
struct session_handle;
}  // namespace internal

/// A handle to one session. It goes on when the handle goes: `end` or its time to live ends it.
/// Copies are one handle: what one was told, all were. Thread: any.
///
/// A session has one call at a time; others wait for their turn. It gets the worker of the calls
/// before it, as its mode says (affinity.hpp): with `hint` another when that one is busy, whose
/// state is then rebuilt or counts as lost; with `strict_fail_fast` the call fails as
/// `worker_busy`. A call is never answered by a worker without the state:
///
/// - the worker dies with a call: that call fails as any (`worker_died`, `timeout`, …);
/// - the state has gone, and there is a `rebuild`: it runs before the next call;
/// - there is none: the next call of each handle fails as `session_lost`, not sent, with the
///   reason; after it the session begins anew.
class session {
 public:
  template <class R>
  using reply = client::reply<R>;

  explicit session(std::shared_ptr<internal::session_handle> state);

  [[nodiscard]] const std::string& id() const;

  /// As client::call; `session_id` is added to the arguments. Blocks; not for the I/O thread.
  /// Errors  also session_lost, session_ended, worker_busy.
  template <class R = value, class Args = value>
  [[nodiscard]] reply<R> call(std::string_view command, const Args& args, duration timeout) const {
    return async_call<R>(command, args, timeout).get();
  }
  /// With the pool's `call_timeout`.
  template <class R = value, class Args = value>
  [[nodiscard]] reply<R> call(std::string_view command, const Args& args = {}) const {
    return call<R>(command, args, default_timeout());
  }

  /// The same without blocking.
  template <class R = value, class Args = value>
  [[nodiscard]] std::future<reply<R>> async_call(std::string_view command, const Args& args,
                                                 duration timeout) const {
    auto promise = std::make_shared<std::promise<reply<R>>>();
    auto answer = promise->get_future();
    auto packed = pack(command, args);
    if (!packed) {
      promise->set_value(failure(std::move(packed.error())));
      return answer;
    }
    start(command, *packed, timeout,
          [promise, calls = calls_, name = std::string(command)](reply<value> given) {
            promise->set_value(calls.template converted<R>(name, std::move(given)));
          });
    return answer;
  }

  /// Ends the session: calls that wait, and all later ones, fail as `session_ended`; its worker
  /// carries out `cleanup_session`. Waits for that, `timeout` at the most.
  /// Errors  session_ended when it had ended; those of a call when the cleanup failed: the session
  ///         has ended nevertheless.
  [[nodiscard]] result<void, call_error> end(duration timeout) const;
  [[nodiscard]] result<void, call_error> end() const { return end(default_timeout()); }

  /// Nothing once it has ended.
  [[nodiscard]] std::optional<session_status> status() const;

  /// For session_actor_of.
  [[nodiscard]] const std::shared_ptr<internal::session_handle>& state() const { return state_; }

 private:
  template <class Args>
  [[nodiscard]] static result<value, call_error> pack(std::string_view command, const Args& args) {
    if constexpr (std::is_same_v<Args, value>) {
      return args;
    } else {
      // The barrier for adaptors that users write.
      try {
        return value(args);
      } catch (const std::exception& thrown) {
        return failure(not_packable(command, thrown.what()));
      }
    }
  }
  [[nodiscard]] static call_error not_packable(std::string_view command, std::string_view why);
  void start(std::string_view command, const value& args, duration timeout,
             std::function<void(reply<value>)> done) const;
  [[nodiscard]] duration default_timeout() const;

  std::shared_ptr<internal::session_handle> state_;
  client calls_;
};

}  // namespace slipway
