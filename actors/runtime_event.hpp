// slipway/actors/runtime_event.hpp
//
// What a host can watch of its workers and pools, as values.
// Belongs here: the events and their text.
// Does not: who listens, what supervisors do (supervisor_event).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/actors/exit_status.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace slipway {

namespace runtime_events {

struct worker_ready {
  std::string pool;
  std::string worker;  ///< "licences/3", as everywhere below
  int os_pid = 0;
  duration took{};  ///< from the start of the process to the answered handshake
};
struct worker_init_failed {
  std::string pool;
  std::string worker;
  exit_reason reason;
};
/// A start that is no longer wanted: the pool ends, or whom it was for has gone
/// (`cancelled_init::abort`).
struct worker_init_cancelled {
  std::string pool;
  std::string worker;
};
struct worker_exited {
  std::string pool;
  std::string worker;
  int os_pid = 0;
  exit_status status;
  bool expected = false;  ///< it had been asked to end
};
/// The pool gives a worker up.
struct worker_removed {
  std::string pool;
  std::string worker;
  exit_reason reason;
};
/// What a callback of a pool's behaviour threw.
struct callback_failed {
  std::string pool;
  std::string callback;
  exit_reason reason;
};
struct pool_started {
  std::string pool;
};
struct pool_exited {
  std::string pool;
  exit_reason reason;
};
struct session_begun {
  std::string pool;
  std::string session;
};
/// Explicitly, or by its time to live (`{shutdown, expired}`).
struct session_ended {
  std::string pool;
  std::string session;
  exit_reason reason;
};
/// The state of a session has gone, with its worker or because it moved to another.
struct session_lost {
  std::string pool;
  std::string session;
  std::string worker;  ///< empty when it moved
  exit_reason reason;
};
/// A lost session has its state again, on this worker.
struct session_rebuilt {
  std::string pool;
  std::string session;
  std::string worker;
};
/// A supervisor's report in its own words.
struct supervisor_report {
  std::string text;
};
/// A breaker lets calls through, or no longer, or is finding out.
struct breaker_changed {
  std::string pool;
  std::string command;  ///< empty: the breaker is that of the whole pool
  circuit_change change;
};
/// A call that failed is made again after `delay`.
struct call_retried {
  std::string pool;
  std::string command;
  call_error error;  ///< of the attempt that failed
  duration delay{};
};

/// A worker is not well: it takes calls, but no new sessions, until it passes a check.
struct worker_degraded {
  std::string pool;
  std::string worker;
  std::string why;
};
struct worker_recovered {
  std::string pool;
  std::string worker;
};
/// An idle worker did not answer its ping in time.
struct health_check_failed {
  std::string pool;
  std::string worker;
  std::uint32_t in_a_row = 0;  ///< failed checks of this worker, this one included
};
/// A worker wrote more to its standard error than it may; it is removed.
struct stderr_flood {
  std::string pool;
  std::string worker;
  std::size_t limit_bytes = 0;
  duration window{};
};

/// A worker has passed a limit (`recycle_options`), which the reason names, and its pool is asked to
/// replace it; `worker_removed` follows when that is done.
struct worker_recycled {
  std::string pool;
  std::string worker;
  exit_reason reason;
};

}  // namespace runtime_events

using runtime_event =
    std::variant<runtime_events::worker_ready, runtime_events::worker_init_failed,
                 runtime_events::worker_init_cancelled, runtime_events::callback_failed,
                 runtime_events::worker_exited, runtime_events::worker_removed,
                 runtime_events::pool_started, runtime_events::pool_exited,
                 runtime_events::session_begun, runtime_events::session_ended,
                 runtime_events::session_lost, runtime_events::session_rebuilt,
                 runtime_events::supervisor_report, runtime_events::breaker_changed,
                 runtime_events::call_retried, runtime_events::worker_degraded,
                 runtime_events::worker_recovered, runtime_events::health_check_failed,
                 runtime_events::stderr_flood, runtime_events::worker_recycled>;

/// Called on whichever thread the event happens on, often from within a pool: it must be brief,
/// must not throw and must not ask a pool anything (a call, a status), since that pool may be
/// waiting for it.
using event_handler = std::function<void(const runtime_event&)>;

[[nodiscard]] std::string to_string(const runtime_event& event);

}  // namespace slipway
