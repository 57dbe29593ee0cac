// slipway/actors/worker_behaviour.hpp
//
// What the user of a pool writes: NimblePool's callbacks, with exactly their legal returns as
// types.
// Belongs here: the contract of each callback.
// Does not: when they are called (pool_core).
// Source: NimblePool 1.1, the callbacks of its behaviour.
// Differs: `init_worker` async gives a function that begins the start and one that aborts it,
//         instead of one that blocks a task; states are the user's own types and changed in place,
//         so a return carries only what the pool has to decide.
//
// All callbacks run in the pool, one at a time, on the thread of whichever client is served: they
// must be brief. One that throws is handled as NimblePool handles a raise: the worker is removed
// with that reason.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_events.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace slipway {

/// By this a worker that starts asynchronously, or that something happens to, tells its pool.
/// Copyable; thread: any; does nothing once the pool has gone.
template <class WorkerState>
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
    virtual void worker_info(worker_id worker) = 0;
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
  /// Something happened to the worker: if it is idle, `handle_info` is asked what to do.
  void info() const {
    tell([&](receiver& pool) { pool.worker_info(worker_); });
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

/// `init_worker`: the worker is there.
template <class WorkerState>
struct init_ok {
  WorkerState state;
};
/// `init_worker`: `begin` starts it and returns at once, later using its link; `abort` ends a start
/// that is no longer wanted, after which the link is ignored.
template <class WorkerState>
struct init_async {
  std::function<void(worker_link<WorkerState>)> begin;
  std::function<void()> abort;
};
template <class WorkerState>
using init_return = std::variant<init_ok<WorkerState>, init_async<WorkerState>>;

/// `handle_checkout`: the client gets this state.
template <class ClientState>
struct checkout_ok {
  ClientState client;
};
/// `handle_checkout`: the request fails with this text, the worker stays idle.
struct checkout_skip {
  std::string message;
};
template <class ClientState>
using checkout_return = std::variant<checkout_ok<ClientState>, outcome::remove, checkout_skip>;

/// A worker behaviour. `init_worker` and `handle_checkout` are required, as in NimblePool.
template <class W>
concept worker_behaviour = requires(W worker, typename W::pool_state& pool,
                                    typename W::worker_state& state,
                                    const typename W::command& command, worker_id id) {
  typename W::client_state;
  { worker.init_worker(id, pool) } -> std::same_as<init_return<typename W::worker_state>>;
  {
    worker.handle_checkout(command, state, pool)
    } -> std::same_as<checkout_return<typename W::client_state>>;
};

// The optional ones:
//
//   checkin_outcome handle_checkin(client_state&, worker_state&, pool_state&)   default: ok
//   info_outcome    handle_info(worker_state&)                                  default: ok
//   void            handle_cancelled(cancel_context, pool_state&)               default: nothing
//   void            terminate_worker(const exit_reason&, worker_state, pool_state&)
//   void            terminate_pool(const exit_reason&, pool_state&)

}  // namespace slipway
