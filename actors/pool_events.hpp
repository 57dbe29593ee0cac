// slipway/actors/pool_events.hpp
//
// Everything that can happen to a pool and everything that it can ask to be done: the table of
// contents of pool_core.
// Belongs here: identities, events, actions, the outcomes of callbacks.
// Does not: what follows from them.
// Source: the messages that NimblePool's handle_call and handle_info take, and its callbacks'
// returns.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/affinity.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace slipway {

/// One checkout, from the request to its checkin or cancel; never used again.
enum class request_id : std::uint64_t {};

// -- outcomes of the worker's callbacks -----------------------------------------------------------

namespace outcome {

struct ok {};
/// `init_pool`: the pool declines to start, which is no failure.
struct ignore {};
/// `init_worker`: the worker starts elsewhere; `worker_ready` or `worker_failed` will tell.
struct async {};
/// The worker is broken for good: it is terminated with this reason and replaced.
struct remove {
  exit_reason reason;
};
/// This request cannot be served and fails with the message; a healthy worker stays.
struct skip {
  std::string message;
};
/// `init_pool`: the start fails with this reason. `handle_ping`: the pool ends with
/// `{shutdown, reason}`.
struct stop {
  exit_reason reason;
};
/// `init_worker`: there is no worker (NimblePool: init_worker raised).
struct failed {
  exit_reason reason;
};
/// The callback took the pool with it: it raised where nobody catches, returned what its contract
/// does not know, or the pool was killed meanwhile (the reason is then `killed`).
struct crash {
  exit_reason reason;
};

}  // namespace outcome

using init_pool_outcome = std::variant<outcome::ok, outcome::ignore, outcome::stop, outcome::crash>;
using init_outcome = std::variant<outcome::ok, outcome::async, outcome::failed, outcome::crash>;
using enqueue_outcome = std::variant<outcome::ok, outcome::skip, outcome::crash>;
using checkout_outcome = std::variant<outcome::ok, outcome::remove, outcome::skip, outcome::crash>;
using checkin_outcome = std::variant<outcome::ok, outcome::remove, outcome::crash>;
using info_outcome = std::variant<outcome::ok, outcome::remove, outcome::crash>;
using ping_outcome = std::variant<outcome::ok, outcome::remove, outcome::stop, outcome::crash>;
/// Of handle_update, handle_cancelled, terminate_worker and terminate_pool.
using plain_outcome = std::variant<outcome::ok, outcome::crash>;

/// Where a cancelled request stood. NimblePool: the context of handle_cancelled/2.
enum class cancel_context : std::uint8_t { queued, checked_out };

/// Which command handle_checkout gets.
enum class command_form : std::uint8_t {
  enqueued,  ///< as handle_enqueue returned it
  original,  ///< as the client gave it
};

// -- events ---------------------------------------------------------------------------------------

namespace pool_event {

/// The first event: the pool state is made and the workers are started (eager) or none is (lazy).
struct start {};
/// A client wants a worker until `deadline`: any, or the one that it names.
struct checkout {
  request_id request;
  time_point deadline;
  std::optional<worker_wish> wish{};
};
/// The client that holds a worker tells of something in the middle. NimblePool: update/2.
struct update {
  request_id request;
};
/// A client gives its worker back.
struct checkin {
  request_id request;
};
/// A client gives up: it timed out while queued, or failed while it held the worker.
struct cancel {
  request_id request;
  exit_reason reason;
};
/// The client of a request has ended. Means nothing once the request is over. NimblePool: DOWN.
struct client_down {
  request_id request;
  exit_reason reason;
};
/// The client of a granted request had gone before it was told; it never touched the worker.
struct undelivered {
  request_id request;
};
/// The pool's note to itself, after `schedule_init`.
struct init_worker {};
/// The delay of a `retry_init_after` is over.
struct retry_init {
  std::uint32_t failures;
};
/// An asynchronous start went on from `starting` to `handshaking`.
struct worker_handshaking {
  worker_id worker;
};
/// An asynchronous start succeeded.
struct worker_ready {
  worker_id worker;
};
/// An asynchronous start failed.
struct worker_failed {
  worker_id worker;
  exit_reason reason;
};
/// A message for all idle workers; the `handle_info` of each decides.
struct info {};
/// Something happened to one worker; if it is idle, its `handle_info` decides.
struct worker_info {
  worker_id worker;
};
/// The delay of a `check_idle_after` is over.
struct check_idle {};
/// So many workers are wanted, whether anybody asks for them or not: a lazy pool starts what is
/// missing.
struct prepare {
  std::size_t workers;
};
/// A ready worker is to be replaced, and goes with this reason once another is ready in its place.
/// Means nothing for one that is gone, starting or being replaced already. Not in NimblePool.
struct recycle {
  worker_id worker;
  exit_reason reason;
};
/// The pool is asked to end, or its owner has ended: all callbacks of its end run.
struct stop {
  exit_reason reason;
};
/// The pool is killed: no callback runs any more.
struct kill {};

}  // namespace pool_event

using any_pool_event =
    std::variant<pool_event::start, pool_event::checkout, pool_event::update, pool_event::checkin,
                 pool_event::cancel, pool_event::client_down, pool_event::undelivered,
                 pool_event::init_worker, pool_event::retry_init, pool_event::worker_handshaking,
                 pool_event::worker_ready, pool_event::worker_failed, pool_event::info,
                 pool_event::worker_info, pool_event::check_idle, pool_event::prepare,
                 pool_event::recycle, pool_event::stop, pool_event::kill>;

// -- actions --------------------------------------------------------------------------------------

/// Why a request is refused.
enum class reject_reason : std::uint8_t {
  overloaded,   ///< the queue is full
  skipped,      ///< handle_enqueue or handle_checkout said `skip`
  pool_ended,   ///< the pool has ended, or never ran
  worker_busy,  ///< the worker that it insists on is not idle
  worker_gone,  ///< the worker that it insists on is not there, or went while it waited
};

namespace pool_action {

/// The worker is the client's until it is checked in.
struct grant {
  request_id request;
  worker_id worker;
};
struct reject {
  request_id request;
  reject_reason reason;
  std::string message;  ///< of a skip
  /// With worker_gone: why the worker went, if it did so while the request waited for it.
  std::optional<exit_reason> worker_exit{};
};
/// The deadline of the request has passed, which its client knows by itself.
struct forget {
  request_id request;
};
/// The client holds a worker of a pool that has ended.
struct revoke {
  request_id request;
};
/// Gives `init_worker` back, behind everything that waits already.
struct schedule_init {};
/// Gives `retry_init` back after the delay.
struct retry_init_after {
  duration delay;
  std::uint32_t failures;
};
/// A worker that is still starting is no longer wanted.
struct abort_init {
  worker_id worker;
};
/// Gives `check_idle` back after the delay.
struct check_idle_after {
  duration delay;
};
/// The pool runs.
struct started {};
/// init_pool declined.
struct ignored {};
/// The pool never ran.
struct start_failed {
  exit_reason reason;
};
/// The pool, which ran, has ended; no action follows.
struct exit {
  exit_reason reason;
};

}  // namespace pool_action

using any_pool_action =
    std::variant<pool_action::grant, pool_action::reject, pool_action::forget, pool_action::revoke,
                 pool_action::schedule_init, pool_action::retry_init_after, pool_action::abort_init,
                 pool_action::check_idle_after, pool_action::started, pool_action::ignored,
                 pool_action::start_failed, pool_action::exit>;

}  // namespace slipway
