// slipway/actors/worker_behaviour.hpp
//
// What the user of a pool writes: NimblePool's callbacks, with exactly their legal returns as
// types.
// Belongs here: the contract of each callback.
// Does not: when they are called (pool_core).
// Source: NimblePool 1.1, the callbacks of its behaviour.
// Differs: states are the user's own types and changed in place, so a return carries only what the
//         pool has to decide; `init_worker` async gives a function that begins the start and one that
//         aborts it, instead of one that blocks a task; what a callback changed in a state before it
//         threw stays changed.
//
// All callbacks run in the pool, one at a time, on the thread of whichever client is served: each
// holds up every checkout for as long as it takes.
//
//   callback          runs when                                legal returns
//   init_pool         once, before the first worker            init_pool_ok, ignore, stop
//   init_worker *     a worker is wanted                       init_ok, init_async
//   handle_enqueue    a request arrives                        enqueue_ok (also another command), skip
//   handle_checkout * a request is offered a worker            checkout_ok, remove, skip
//   handle_update     the client that holds it says `update`   (none)
//   handle_checkin    a worker comes back                      ok, remove
//   handle_info       a message arrived, once per idle worker  ok, remove
//   handle_ping       a worker was idle for long               ok, remove, stop
//   handle_cancelled  a request ends without a checkin         (none)
//   terminate_worker  a worker goes                            (none)
//   terminate_pool    the pool has ended                       (none)
//
// Those with a star are required. One that throws is what one that raises is to NimblePool: the
// worker is removed with that reason (init_worker, handle_checkout, handle_checkin, handle_info,
// handle_ping), it is reported and nothing else (handle_cancelled, terminate_worker), or the pool
// ends with it (init_pool, handle_enqueue, handle_update, terminate_pool).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_events.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace slipway {

/// The message type of behaviours that name none.
struct no_message {};

/// By this a worker that starts asynchronously, or that something happens to, tells its pool.
/// Copyable; thread: any; does nothing once the pool has gone.
template <class WorkerState, class Message = no_message>
class worker_link {
 public:
  class receiver {
   public:
    receiver() = default;
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;
    receiver(receiver&&) = delete;
    receiver& operator=(receiver&&) = delete;
    virtual ~receiver() = default;

    virtual void worker_handshaking(worker_id worker) = 0;
    virtual void worker_ready(worker_id worker, WorkerState state) = 0;
    virtual void worker_failed(worker_id worker, exit_reason reason) = 0;
    virtual void worker_info(worker_id worker, Message message) = 0;
  };

  worker_link(std::weak_ptr<receiver> pool, worker_id worker)
      : pool_(std::move(pool)), worker_(worker) {}

  [[nodiscard]] worker_id id() const { return worker_; }

  /// init_state goes on from starting to handshaking.
  void handshaking() const {
    tell([&](receiver& pool) { pool.worker_handshaking(worker_); });
  }
  /// The worker joins the pool. One that comes after `abort` is terminated at once.
  void ready(WorkerState state) const {
    tell([&](receiver& pool) { pool.worker_ready(worker_, std::move(state)); });
  }
  void failed(exit_reason reason) const {
    tell([&](receiver& pool) { pool.worker_failed(worker_, std::move(reason)); });
  }
  /// Something happened to this worker: if it is idle, its `handle_info` is asked what to do.
  void info(Message message = {}) const {
    tell([&](receiver& pool) { pool.worker_info(worker_, std::move(message)); });
  }

 private:
  template <class Tell>
  void tell(Tell tell) const {
    if (auto pool = pool_.lock()) {
      tell(*pool);
    }
  }

  std::weak_ptr<receiver> pool_;
  worker_id worker_;
};

// -- returns --------------------------------------------------------------------------------------
//
// outcome::ok, outcome::remove{reason}, outcome::skip{message}, outcome::stop{reason} and
// outcome::ignore stand in pool_events.hpp.

/// `init_pool`: the pool has this state.
template <class PoolState>
struct init_pool_ok {
  PoolState state;
};
template <class PoolState>
using init_pool_return = std::variant<init_pool_ok<PoolState>, outcome::ignore, outcome::stop>;

/// `init_worker`: the worker is there.
template <class WorkerState>
struct init_ok {
  WorkerState state;
};
/// `init_worker`: `begin` starts it and returns at once, later using its link; `abort` ends a start
/// that is no longer wanted, after which the link is ignored.
template <class WorkerState, class Message = no_message>
struct init_async {
  std::function<void(worker_link<WorkerState, Message>)> begin;
  std::function<void()> abort;
};
template <class WorkerState, class Message = no_message>
using init_return = std::variant<init_ok<WorkerState>, init_async<WorkerState, Message>>;

/// `handle_enqueue`: the request goes on with this command.
template <class Command>
struct enqueue_ok {
  Command command;
};
template <class Command>
using enqueue_return = std::variant<enqueue_ok<Command>, outcome::skip>;

/// `handle_checkout`: the client gets this state.
template <class ClientState>
struct checkout_ok {
  ClientState client;
};
/// remove: the worker goes, and the request is offered the next one. skip: the worker is fine and
/// stays first in line, the request fails with the message.
template <class ClientState>
using checkout_return = std::variant<checkout_ok<ClientState>, outcome::remove, outcome::skip>;

using checkin_return = std::variant<outcome::ok, outcome::remove>;
using info_return = std::variant<outcome::ok, outcome::remove>;
using ping_return = std::variant<outcome::ok, outcome::remove, outcome::stop>;

/// Thrown by a callback: it cannot return what its contract asks for. Ends the pool with
/// `bad_return` and the callback's name, whichever callback it is. For behaviours that pass on what
/// code in another language returned. NimblePool: "unexpected return from".
class bad_return final : public std::exception {
 public:
  explicit bad_return(std::string callback) : callback_(std::move(callback)) {}
  [[nodiscard]] const char* what() const noexcept override { return callback_.c_str(); }
  [[nodiscard]] exit_reason reason() const { return exit_reason::error("bad_return", callback_); }

 private:
  std::string callback_;
};

// -- the behaviour --------------------------------------------------------------------------------

namespace detail {

template <class W>
struct find_message {
  using type = no_message;
};
template <class W>
requires requires {
  typename W::message;
}
struct find_message<W> {
  using type = typename W::message;
};

template <class W>
struct find_update {
  using type = no_message;
};
template <class W>
requires requires {
  typename W::update;
}
struct find_update<W> {
  using type = typename W::update;
};

template <class W>
struct find_argument {
  using type = typename W::pool_state;
};
template <class W>
requires requires {
  typename W::argument;
}
struct find_argument<W> {
  using type = typename W::argument;
};

}  // namespace detail

/// What `handle_info` gets: `W::message`, or nothing of interest.
template <class W>
using message_of = typename detail::find_message<W>::type;
/// What `handle_update` gets: `W::update`, or nothing of interest.
template <class W>
using update_of = typename detail::find_update<W>::type;
/// What a pool is started with: `W::argument` if there is an `init_pool`, else the pool state.
template <class W>
using argument_of = typename detail::find_argument<W>::type;

/// A worker behaviour. `init_worker` and `handle_checkout` are required, as in NimblePool.
template <class W>
concept worker_behaviour = requires(W behaviour, typename W::pool_state& pool,
                                    typename W::worker_state& worker,
                                    const typename W::command& command, worker_id id,
                                    request_id from) {
  typename W::client_state;
  {
    behaviour.init_worker(id, pool)
    } -> std::same_as<init_return<typename W::worker_state, message_of<W>>>;
  {
    behaviour.handle_checkout(command, from, worker, pool)
    } -> std::same_as<checkout_return<typename W::client_state>>;
};

// The optional ones. `from` is the request, the same from handle_checkout to handle_checkin.
//
//   init_pool_return<pool_state> init_pool(argument)
//   enqueue_return<command> handle_enqueue(const command&, pool_state&)
//   void            handle_update(const update&, worker_state&, pool_state&)
//   checkin_return  handle_checkin(client_state&, request_id from, worker_state&, pool_state&)
//   info_return     handle_info(const message&, worker_state&)
//   ping_return     handle_ping(worker_state&, const pool_state&)
//   void            handle_cancelled(cancel_context, const pool_state&)
//   void            terminate_worker(const exit_reason&, worker_state, pool_state&)
//   void            terminate_pool(const exit_reason&, pool_state&)

}  // namespace slipway
