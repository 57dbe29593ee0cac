// slipway/supervision/gen_server_return.hpp
//
// What the callbacks of a gen_server may return: OTP's tuples as types, so that an illegal return
// does not compile.
//
//     {ok, S}, {ok, S, Timeout}, {ok, S, {continue, T}}    ok{}, ok{100ms}, ok{continue_with{t}}
//     {noreply, S} and so on                               noreply{}, …
//     {reply, R, S} and so on                              reply{r}, reply{r, 100ms}, …
//     {stop, Reason, S}, {stop, Reason, R, S}              stop{reason}, stop_reply{reason, r}
//     ignore                                               slipway::ignore
//
// The state is the server object itself.
// Belongs here: these types.
// Does not: carrying them out (detail/server_process).
// Source: OTP gen_server, the callback functions' return types.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/detail/server_step.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/gen_server_info.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace slipway::gen_server {

/// A list of message types.
template <class... Ts>
struct messages {};

/// Then wait for the next message, as long as it takes.
struct wait {};

/// Then call handle_continue with the term, before any message that waits.
template <class T>
struct continue_with {
  T term;
};
template <class T>
continue_with(T) -> continue_with<T>;

template <class Then = wait>
struct ok {
  Then then{};
};
ok()->ok<wait>;
template <class Then>
ok(Then) -> ok<Then>;

template <class Then = wait>
struct noreply {
  Then then{};
};
noreply()->noreply<wait>;
template <class Then>
noreply(Then) -> noreply<Then>;

template <class Reply, class Then = wait>
struct reply {
  Reply value;
  Then then{};
};
template <class Reply>
reply(Reply) -> reply<Reply, wait>;
template <class Reply, class Then>
reply(Reply, Then) -> reply<Reply, Then>;

/// The server ends: terminate is called, then it exits with the reason.
struct stop {
  exit_reason reason;
};

/// The same, and the caller gets its reply, after terminate.
template <class Reply>
struct stop_reply {
  exit_reason reason;
  Reply value;
};
template <class Reply>
stop_reply(exit_reason, Reply) -> stop_reply<Reply>;

namespace detail {

template <class T, class List>
inline constexpr bool is_one_of = false;
template <class T, class... Ts>
inline constexpr bool is_one_of<T, messages<Ts...>> = (std::is_same_v<T, Ts> || ...);

// A server that leaves a list out has none of that kind.
template <class Server>
struct calls_of {
  using type = messages<>;
};
template <class Server>
requires requires {
  typename Server::calls;
}
struct calls_of<Server> {
  using type = typename Server::calls;
};
template <class Server>
struct casts_of {
  using type = messages<>;
};
template <class Server>
requires requires {
  typename Server::casts;
}
struct casts_of<Server> {
  using type = typename Server::casts;
};
template <class Server>
struct infos_of {
  using type = messages<>;
};
template <class Server>
requires requires {
  typename Server::infos;
}
struct infos_of<Server> {
  using type = typename Server::infos;
};
template <class Server>
struct continues_of {
  using type = messages<>;
};
template <class Server>
requires requires {
  typename Server::continues;
}
struct continues_of<Server> {
  using type = typename Server::continues;
};

template <class Server, class Message>
inline constexpr bool takes_call = is_one_of<Message, typename calls_of<Server>::type>;
template <class Server, class Message>
inline constexpr bool takes_cast = is_one_of<Message, typename casts_of<Server>::type>;
template <class Server, class Message>
inline constexpr bool takes_info = is_one_of<Message, typename infos_of<Server>::type>;
template <class Server, class Message>
inline constexpr bool takes_continue = is_one_of<Message, typename continues_of<Server>::type>;

template <class Server, class Term>
class continue_mail final : public server_mail_for<Server> {
 public:
  explicit continue_mail(Term term) : term_(std::move(term)) {}
  server_step deliver(Server& server) const override {
    return std::move(server.handle_continue(term_)).take();
  }

 private:
  Term term_;
};

template <class Server>
server_step then(wait) {
  return {};
}

template <class Server, class Rep, class Period>
server_step then(std::chrono::duration<Rep, Period> after) {
  static_assert(takes_info<Server, timeout>,
                "a return with a timeout needs `timeout` among the server's `infos`");
  return {.timeout = std::chrono::ceil<std::chrono::milliseconds>(after)};
}

template <class Server, class Term>
server_step then(continue_with<Term> next) {
  static_assert(takes_continue<Server, Term>, "the term is not among the server's `continues`");
  return {.next = std::make_shared<continue_mail<Server, Term>>(std::move(next.term))};
}

inline server_step stopping(exit_reason reason) {
  server_step step;
  step.stop = std::move(reason);
  return step;
}

}  // namespace detail

/// Of `init`: ok, ignore or stop.
template <class Server>
class init_return {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a callback returns any of its outcomes as it is.
  template <class Then>
  init_return(ok<Then> given) : step_(detail::then<Server>(std::move(given.then))) {}
  init_return(ignore_t /*declined*/) : ignored_(true) {}
  init_return(stop given) : step_(detail::stopping(std::move(given.reason))) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool ignored() const { return ignored_; }
  [[nodiscard]] detail::server_step take() && { return std::move(step_); }

 private:
  detail::server_step step_;
  bool ignored_ = false;
};

/// Of `handle_cast`, `handle_info` and `handle_continue`: noreply or stop.
template <class Server>
class noreply_return {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  template <class Then>
  noreply_return(noreply<Then> given) : step_(detail::then<Server>(std::move(given.then))) {}
  noreply_return(stop given) : step_(detail::stopping(std::move(given.reason))) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] detail::server_step take() && { return std::move(step_); }

 private:
  detail::server_step step_;
};

/// Of `handle_call`: reply, noreply (the reply comes later, by its `from`), stop or stop_reply.
template <class Server, class Reply>
class call_return {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  template <class Given, class Then>
  requires std::is_convertible_v<Given, Reply> call_return(reply<Given, Then> given)
      : step_(detail::then<Server>(std::move(given.then))), reply_(std::move(given.value)) {}
  template <class Then>
  call_return(noreply<Then> given) : step_(detail::then<Server>(std::move(given.then))) {}
  call_return(stop given) : step_(detail::stopping(std::move(given.reason))) {}
  template <class Given>
  requires std::is_convertible_v<Given, Reply> call_return(stop_reply<Given> given)
      : step_(detail::stopping(std::move(given.reason))), reply_(std::move(given.value)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] detail::server_step take() && { return std::move(step_); }
  [[nodiscard]] std::optional<Reply> take_reply() && { return std::move(reply_); }

 private:
  detail::server_step step_;
  std::optional<Reply> reply_;
};

}  // namespace slipway::gen_server
