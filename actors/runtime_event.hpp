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

}  // namespace runtime_events

using runtime_event = std::variant<runtime_events::worker_ready, runtime_events::worker_init_failed,
                                   runtime_events::worker_init_cancelled,
                                   runtime_events::callback_failed, runtime_events::worker_exited,
                                   runtime_events::worker_removed, runtime_events::pool_started,
                                   runtime_events::pool_exited, runtime_events::supervisor_report,
                                   runtime_events::breaker_changed, runtime_events::call_retried>;

/// Called on whichever thread the event happens on, often from within a pool: it must be brief,
/// must not throw and must not ask a pool anything (a call, a status), since that pool may be
/// waiting for it.
using event_handler = std::function<void(const runtime_event&)>;

[[nodiscard]] std::string to_string(const runtime_event& event);

}  // namespace slipway
