// slipway/actors/pool_events.hpp
//
// Everything that can happen to a pool and everything that it can ask to be done: the table of
// contents of pool_core.
// Belongs here: identities, events, actions, the outcomes of callbacks.
// Does not: what follows from them.
// Source: the messages that NimblePool's handle_call and handle_info take.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <variant>

namespace slipway {

/// One worker, from its first start to its end; never used again.
enum class worker_id : std::uint64_t {};
/// One checkout, from the request to its checkin or cancel; never used again.
enum class request_id : std::uint64_t {};

// -- outcomes of the worker's callbacks -----------------------------------------------------------

namespace outcome {

struct ok {};
/// `init_worker`: the worker starts elsewhere; `worker_ready` or `worker_failed` will tell.
struct async {};
/// The worker is broken for good: it is terminated with this reason and replaced.
struct remove {
  exit_reason reason;
};
/// The worker is healthy but cannot serve this request, which fails; the worker stays.
struct skip {};
/// `init_worker`: there is no worker (NimblePool: init_worker raised).
struct failed {
  exit_reason reason;
};

}  // namespace outcome

using init_outcome = std::variant<outcome::ok, outcome::async, outcome::failed>;
using checkout_outcome = std::variant<outcome::ok, outcome::remove, outcome::skip>;
using checkin_outcome = std::variant<outcome::ok, outcome::remove>;
using info_outcome = std::variant<outcome::ok, outcome::remove>;

/// Where a cancelled request stood. NimblePool: the context of handle_cancelled/2.
enum class cancel_context : std::uint8_t { queued, checked_out };

// -- events ---------------------------------------------------------------------------------------

namespace pool_event {

/// Starts the workers (eager) or none (lazy). The first event.
struct start {};
/// A client wants a worker until `deadline`.
struct checkout {
  request_id request;
  time_point deadline;
};
/// A client gives its worker back.
struct checkin {
  request_id request;
};
/// A client gives up: it timed out while queued, failed while it held the worker, or went DOWN.
struct cancel {
  request_id request;
  exit_reason reason;
};
/// The client of a granted request had gone before it was told; it never touched the worker.
struct undelivered {
  request_id request;
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
/// The delay of a `retry_init_after` is over.
struct retry_init {
  std::uint32_t failures;
};
/// Something happened to one worker; if it is idle, its `handle_info` decides.
struct worker_info {
  worker_id worker;
};
/// The pool is to end.
struct stop {
  exit_reason reason;
};

}  // namespace pool_event

using any_pool_event =
    std::variant<pool_event::start, pool_event::checkout, pool_event::checkin, pool_event::cancel,
                 pool_event::undelivered, pool_event::worker_handshaking, pool_event::worker_ready,
                 pool_event::worker_failed, pool_event::retry_init, pool_event::worker_info,
                 pool_event::stop>;

// -- actions --------------------------------------------------------------------------------------

/// Why a request is refused.
enum class reject_reason : std::uint8_t {
  timeout,       ///< its deadline passed in the queue
  overloaded,    ///< the queue is full
  skipped,       ///< handle_checkout said `skip`
  pool_stopped,  ///< the pool has ended, or never ran
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
};
/// The client holds a worker of a pool that has ended.
struct revoke {
  request_id request;
};
/// A worker that is still starting is no longer wanted.
struct abort_init {
  worker_id worker;
};
/// Gives `retry_init` back after the delay.
struct retry_init_after {
  duration delay;
  std::uint32_t failures;
};
/// The pool has ended; no action follows.
struct exit {
  exit_reason reason;
};

}  // namespace pool_action

using any_pool_action =
    std::variant<pool_action::grant, pool_action::reject, pool_action::revoke,
                 pool_action::abort_init, pool_action::retry_init_after, pool_action::exit>;

}  // namespace slipway
