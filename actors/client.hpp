// slipway/actors/client.hpp
//
// Calls Python, from any thread.
//
//     slipway::client licences = *system.client("licences");
//     auto words = licences.call<std::map<std::string, int>>("word_count", args, 5s);
//     if (!words) std::cerr << to_string(words.error());
//
// Belongs here: typed calls, blocking and as futures.
// Does not: calls from actors (python_pool_actor). Includes neither CAF nor Boost.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/actors/pool_load.hpp>
#include <slipway/actors/pool_status.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace slipway {

class error_policy;
class pool_slot;
class session;
class timer_service;
struct session_counts;
struct session_error;
struct session_spec;

namespace internal {
class call_watch;
struct call_subject;
}  // namespace internal

/// A handle to one pool of Python workers, through all its restarts. Cheap to copy; thread: any.
///
/// A call takes the worker that has been idle longest, talks to its process on the calling thread,
/// and gives it back. It has exactly one outcome. A worker that was found dead before the request
/// was written is passed over for the next one; a request that may have been seen is never sent
/// twice.
class client {
 public:
  template <class R>
  using reply = result<R, call_error>;

  explicit client(std::shared_ptr<pool_slot> pool);

  /// Calls `command` and blocks until its result is there, `timeout` at the most.
  /// @param args  anything that msgpack-c packs as a map: `value`, `std::map<std::string, …>`, a
  /// type with
  ///              MSGPACK_DEFINE_MAP. Its entries are the keyword arguments of the Python function.
  /// Errors       see call_errc.
  template <class R = value, class Args = value>
  [[nodiscard]] reply<R> call(std::string_view command, const Args& args, duration timeout) const {
    auto encoded = encode(command, args);
    if (!encoded) {
      return failure(std::move(encoded).error());
    }
    return converted<R>(command, exchange(std::move(*encoded), timeout));
  }
  /// With the pool's `call_timeout`.
  template <class R = value, class Args = value>
  [[nodiscard]] reply<R> call(std::string_view command, const Args& args = {}) const {
    return call<R>(command, args, default_timeout());
  }

  /// The same without blocking: the I/O thread waits for the worker's answer.
  template <class R = value, class Args = value>
  [[nodiscard]] std::future<reply<R>> async_call(std::string_view command, const Args& args,
                                                 duration timeout) const {
    auto promise = std::make_shared<std::promise<reply<R>>>();
    auto answer = promise->get_future();
    call_then<R>(command, args, timeout,
                 [promise](reply<R> given) { promise->set_value(std::move(given)); });
    return answer;
  }
  template <class R = value, class Args = value>
  [[nodiscard]] std::future<reply<R>> async_call(std::string_view command,
                                                 const Args& args = {}) const {
    return async_call<R>(command, args, default_timeout());
  }

  /// Waits until `workers` of them have started, busy or not, `timeout` at the most; a lazy pool
  /// starts what is missing.
  [[nodiscard]] result<void, checkout_error> wait_until_ready(std::size_t workers,
                                                              duration timeout) const;

  /// What the pool says of itself; nothing before its first start.
  [[nodiscard]] std::optional<pool_status> status() const;

  /// How busy the pool is, without asking it: never waits. Nothing before its first start.
  [[nodiscard]] std::optional<pool_load> load() const;

  [[nodiscard]] const std::string& pool_name() const;

  /// The breaker of the pool, as of its last call; nothing: it has none.
  [[nodiscard]] std::optional<circuit_state> breaker_state() const;
  /// That of a command; nothing: commands have none.
  [[nodiscard]] std::optional<circuit_state> breaker_state(std::string_view command) const;
  /// Closes the breaker of the pool by hand; those of its commands stay as they are.
  void reset_breaker() const;
  /// Closes that of a command.
  void reset_breaker(std::string_view command) const;

  // -- sessions (include session.hpp) -------------------------------------------------------------

  /// Begins the session `id`, or finds it; the specs of one that is open stay as they are.
  /// Errors  see session_errc.
  [[nodiscard]] result<session, session_error> open_session(const std::string& id,
                                                            session_spec spec) const;
  [[nodiscard]] result<session, session_error> open_session(const std::string& id) const;
  /// Nothing when there is none that is open.
  [[nodiscard]] std::optional<session> find_session(const std::string& id) const;
  [[nodiscard]] session_counts sessions() const;

 private:
  friend class retrying_client;
  friend class session;

  struct encoded_call {
    std::string command;
    std::uint64_t id = 0;
    byte_buffer frame;
  };

  template <class Args>
  [[nodiscard]] result<encoded_call, call_error> encode(std::string_view command,
                                                        const Args& args) const {
    encoded_call made{std::string(command), next_request_id(), {}};
    if (auto written =
            encode_request(wire_codec(), made.id, command, args, made.frame, max_frame_bytes());
        !written) {
      return failure(not_encodable(made.command, written.error()));
    }
    return made;
  }

  template <class R>
  [[nodiscard]] reply<R> converted(std::string_view command, reply<value> given) const {
    if constexpr (std::is_same_v<R, value>) {
      return given;
    } else {
      if (!given) {
        return failure(std::move(given).error());
      }
      auto typed = given->template as<R>();
      if (!typed) {
        return failure(unexpected_result(command, typed.error()));
      }
      return std::move(*typed);
    }
  }

  // `done` runs once, within the pool or on the I/O thread, or here if nothing can be sent.
  template <class R, class Args, class Done>
  void call_then(std::string_view command, const Args& args, duration timeout, Done done) const {
    auto encoded = encode(command, args);
    if (!encoded) {
      done(reply<R>(failure(std::move(encoded).error())));
      return;
    }
    async_exchange(
        std::move(*encoded), timeout,
        [calls = *this, name = std::string(command), done = std::move(done)](reply<value> given) {
          done(calls.template converted<R>(name, std::move(given)));
        });
  }

  [[nodiscard]] reply<value> exchange(encoded_call call, duration timeout) const;
  [[nodiscard]] reply<value> exchange(const internal::call_subject& subject,
                                      const byte_buffer& frame, duration timeout,
                                      internal::call_watch& watch) const;
  void async_exchange(encoded_call call, duration timeout,
                      std::function<void(reply<value>)> done) const;
  [[nodiscard]] duration default_timeout() const;
  [[nodiscard]] codec wire_codec() const;
  [[nodiscard]] std::size_t max_frame_bytes() const;
  [[nodiscard]] std::uint64_t next_request_id() const;
  [[nodiscard]] const error_policy& errors() const;
  [[nodiscard]] const std::shared_ptr<timer_service>& timers() const;
  void tell_of_retry(std::string_view command, const call_error& failed, duration delay) const;
  [[nodiscard]] call_error not_encodable(const std::string& command, const wire_error& error) const;
  [[nodiscard]] call_error unexpected_result(std::string_view command,
                                             const wire_error& error) const;

  std::shared_ptr<pool_slot> pool_;
};

}  // namespace slipway
