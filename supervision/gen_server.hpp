// slipway/supervision/gen_server.hpp
//
// OTP's gen_server: a class whose callbacks run one at a time, in an actor of its own.
//
//     class counter {
//      public:
//       struct add { using reply = int; int by; };   // a call names the type of its reply
//       struct reset {};
//       using calls = gen_server::messages<add>;
//       using casts = gen_server::messages<reset>;
//
//       gen_server::call_return<counter, int> handle_call(const add& what, gen_server::from<int>) {
//         return gen_server::reply{sum_ += what.by};
//       }
//       gen_server::noreply_return<counter> handle_cast(const reset&) {
//         sum_ = 0;
//         return gen_server::noreply{};
//       }
//
//      private:
//       int sum_ = 0;
//     };
//
//     auto server = gen_server::start<counter>(system, {.name = "sums", .registry = &names});
//     auto sum = server->call(counter::add{2}, 5s);        // 2, or a call_error
//
// A server's type lists what it takes (calls, casts, infos, continues; a list left out is empty), has
// one overload of handle_call, handle_cast, handle_info or handle_continue for each, and may have
//
//     init_return<S> init(context<S>&)          without it: ok
//     void terminate(const exit_reason&)        not called after a kill, nor when init failed
//
// Belongs here: starting, finding and talking to servers.
// Does not: the returns (gen_server_return.hpp), one call (gen_server_call.hpp), the actor
// (detail/server_process).
// Source: OTP 25 gen_server. Where CAF cannot follow:
// - A running callback cannot be pre-empted, nor can init: an exit signal, a kill too, takes effect
//   when it returns.
// - A server that nobody holds (no handle, no supervisor) ends, and without terminate, for CAF
//   frees actors that nobody can reach.
// - A server that calls itself, or a server that waits for it, waits until the timeout.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/detail/server_adapter.hpp>
#include <slipway/supervision/detail/server_process.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/gen_server_call.hpp>
#include <slipway/supervision/gen_server_info.hpp>
#include <slipway/supervision/gen_server_return.hpp>
#include <slipway/supervision/name_registry.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>

namespace slipway::gen_server {

/// A running server, for those who talk to it. A value: copies are the same server, and keep it
/// alive. Thread: any; `call`, `stop` and `pending_reply::wait` block it, so not a CAF actor's.
template <class Server>
class server_ref {
 public:
  /// The server behind an actor, such as which_children or a registry gives; nothing when it is no
  /// server of this type.
  [[nodiscard]] static std::optional<server_ref> of(const caf::actor& actor) {
    auto life = actor ? detail::life_of(actor, typeid(Server)) : nullptr;
    return life ? std::optional(server_ref(actor, std::move(life))) : std::nullopt;
  }

  [[nodiscard]] const caf::actor& actor() const noexcept { return actor_; }

  /// The same server, whose messages go by way of another actor that passes them on; its end is known
  /// from itself. For those who watch, delay or lose what is on the way.
  [[nodiscard]] server_ref by_way_of(const caf::actor& relay) const {
    server_ref other = *this;
    other.way_ = relay;
    return other;
  }

  /// gen_server:call/3. Errors: timeout, down, noproc, no_reply.
  template <class Request>
  [[nodiscard]] result<typename Request::reply, call_error> call(
      Request request, std::chrono::milliseconds timeout = default_call_timeout) const {
    return send_request(std::move(request)).wait(timeout);
  }

  /// gen_server:send_request/2: the same without waiting.
  template <class Request>
  [[nodiscard]] pending_reply<typename Request::reply> send_request(Request request) const {
    static_assert(detail::takes_call<Server, Request>, "the request is not among the `calls`");
    using reply_type = typename Request::reply;
    auto slot = std::make_shared<detail::reply_slot<reply_type>>();
    if (life_->ended()) {
      slot->resolve(failure(call_error{call_errc::noproc, exit_reason::noproc()}));
    } else {
      detail::send(way_, std::make_shared<detail::call_mail<Server, Request>>(
                             std::move(request), from<reply_type>{slot, life_}));
    }
    return pending_reply<reply_type>{std::move(slot)};
  }

  /// gen_server:cast/2. No sign whether there was anybody to take it, as in OTP.
  template <class Message>
  void cast(Message message) const {
    static_assert(detail::takes_cast<Server, Message>, "the message is not among the `casts`");
    detail::send(way_, std::make_shared<detail::cast_mail<Server, Message>>(std::move(message)));
  }

  /// `Server ! Message`: arrives in handle_info.
  template <class Message>
  void info(Message message) const {
    static_assert(detail::takes_info<Server, Message>, "the message is not among the `infos`");
    detail::send(way_, std::make_shared<detail::info_mail<Server, Message>>(std::move(message)));
  }

  /// gen_server:stop/3: the server ends in its turn, after what is in its mailbox, and this waits
  /// for it. Errors: noproc; timeout; down with the reason if it ended for another one.
  [[nodiscard]] result<void, call_error> stop(const exit_reason& reason = exit_reason::normal(),
                                              std::chrono::milliseconds timeout = infinity) const {
    if (life_->ended()) {
      return failure(call_error{call_errc::noproc, exit_reason::noproc()});
    }
    detail::send_stop(way_, reason);
    const auto ended = life_->wait_ended(timeout);
    if (!ended) {
      return failure(call_error{call_errc::timeout, exit_reason::timeout()});
    }
    if (*ended != reason) {
      return failure(call_error{call_errc::down, *ended});
    }
    return {};
  }

  friend bool operator==(const server_ref& left, const server_ref& right) {
    return left.actor_ == right.actor_;
  }

 private:
  server_ref(caf::actor actor, std::shared_ptr<detail::server_life> life)
      : actor_(std::move(actor)), way_(actor_), life_(std::move(life)) {}

  caf::actor actor_;
  caf::actor way_;
  std::shared_ptr<detail::server_life> life_;
};

/// What a server may do beside returning. Given to init, and valid as long as the server is.
/// Thread: the server's callbacks only.
template <class Server>
class context {
 public:
  explicit context(detail::server_host& host) : host_(&host) {}

  [[nodiscard]] caf::actor_system& system() const { return host_->host_system(); }
  /// A server that keeps its own handle never ends for want of one.
  [[nodiscard]] server_ref<Server> self() const { return *server_ref<Server>::of(host_->self()); }

  /// process_flag(trap_exit, …): off at first.
  void trap_exit(bool on) const { host_->trap_exit(on); }
  /// Its end arrives as `down`.
  void monitor(const caf::actor& other) const { host_->monitor(other); }
  void demonitor(const caf::actor_addr& other) const { host_->demonitor(other); }
  void link(const caf::actor& other) const { host_->link(other); }
  void unlink(const caf::actor_addr& other) const { host_->unlink(other); }

  /// erlang:send_after/3 to itself.
  template <class Message>
  void send_after(std::chrono::milliseconds delay, Message message) const {
    static_assert(detail::takes_info<Server, Message>, "the message is not among the `infos`");
    host_->send_after(delay,
                      std::make_shared<detail::info_mail<Server, Message>>(std::move(message)));
  }

 private:
  detail::server_host* host_;
};

enum class start_errc : std::uint8_t {
  ignored,          ///< init declined
  failed,           ///< init returned stop, threw, or was killed: `reason`
  already_started,  ///< the name belongs to `running`
  name_refused,     ///< the registry refused the name for another cause: `reason`
  timeout,          ///< init took too long; the server is killed
};

[[nodiscard]] std::string_view to_string(start_errc code) noexcept;

struct start_error {
  start_errc code = start_errc::failed;
  exit_reason reason = {};
  caf::actor running = {};
};

[[nodiscard]] std::string to_string(const start_error& error);

struct start_options {
  /// Registered before init runs, freed by the end; empty: none. Needs a registry.
  std::string name = {};
  const name_registry* registry = nullptr;
  /// For init. OTP's default: none.
  std::chrono::milliseconds timeout = infinity;
};

/// gen_server:start/4: makes a `Server` from the arguments in an actor of its own, and waits until
/// its init is over. Thread: plain threads only; a supervisor's child uses start_link.
template <class Server, class... Args>
[[nodiscard]] result<server_ref<Server>, start_error> start(caf::actor_system& system,
                                                            const start_options& options,
                                                            Args&&... args) {
  return detail::start_and_wait(
             system, options,
             {.callbacks = detail::make_callbacks<Server>(std::forward<Args>(args)...)})
      .map([](const caf::actor& actor) { return *server_ref<Server>::of(actor); });
}

/// gen_server:start_link/4 from outside of a tree: ends with `parent` as well. Its own end does not
/// touch the parent, which may monitor it.
template <class Server, class... Args>
[[nodiscard]] result<server_ref<Server>, start_error> start_link(caf::actor_system& system,
                                                                 const caf::actor_addr& parent,
                                                                 const start_options& options,
                                                                 Args&&... args) {
  return detail::start_and_wait(
             system, options,
             {.callbacks = detail::make_callbacks<Server>(std::forward<Args>(args)...),
              .parent = parent})
      .map([](const caf::actor& actor) { return *server_ref<Server>::of(actor); });
}

/// gen_server:start_link/4 in a child's start function: the supervisor goes on when init is over,
/// and no thread waits for it. `options.timeout` is not used: a supervisor waits for init as long
/// as it takes.
template <class Server, class... Args>
[[nodiscard]] start_result start_link(start_context& supervised, const start_options& options,
                                      Args&&... args) {
  return detail::start_supervised(supervised, options,
                                  detail::make_callbacks<Server>(std::forward<Args>(args)...));
}

/// The spec of a server as a child; the arguments are copied for each start.
template <class Server, class... Args>
[[nodiscard]] child_spec spec(child_id id, start_options options, Args... args) {
  child_spec made;
  made.id = std::move(id);
  made.start = [options = std::move(options),
                args = std::tuple(std::move(args)...)](start_context& supervised) {
    return std::apply(
        [&](const auto&... each) { return start_link<Server>(supervised, options, each...); },
        args);
  };
  return made;
}

/// The server of that name; nothing when nobody has it, or one of another type.
template <class Server>
[[nodiscard]] std::optional<server_ref<Server>> whereis(const name_registry& names,
                                                        const std::string& name) {
  return server_ref<Server>::of(names.whereis(name));
}

}  // namespace slipway::gen_server
