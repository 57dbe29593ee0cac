// slipway/actors/telemetry_event.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry_event.hpp>

#include <array>

namespace slipway {
namespace {

using event = telemetry_event;

constexpr auto table = std::to_array<telemetry_event_row>({
    {event::pool_start, "pool.start", "", "pool"},
    {event::pool_exit, "pool.exit", "", "pool, reason"},
    {event::pool_callback_failed, "pool.callback_failed", "", "pool, callback, reason"},
    {event::pool_checkout, "pool.checkout", "wait_s, queue_length", "pool, worker"},
    {event::pool_checkin, "pool.checkin", "held_s, exchange_s", "pool, worker, command, outcome"},
    {event::pool_cancel, "pool.cancel", "wait_s, queue_length", "pool, reason"},
    {event::worker_init_start, "pool.worker.init.start", "", "pool, worker"},
    {event::worker_ready, "pool.worker.ready", "duration_s, os_pid", "pool, worker"},
    {event::worker_init_failed, "pool.worker.init_failed", "", "pool, worker, reason"},
    {event::worker_init_cancelled, "pool.worker.init_cancelled", "", "pool, worker"},
    {event::worker_exit, "pool.worker.exit", "os_pid", "pool, worker, status, expected"},
    {event::worker_removed, "pool.worker.removed", "", "pool, worker, reason"},
    {event::call_start, "call.start", "", "pool, command"},
    {event::call_stop, "call.stop", "duration_s", "pool, worker, command"},
    {event::call_exception, "call.exception", "duration_s", "pool, worker, command, code, effect"},
    {event::supervisor_start, "supervisor.start", "children", "supervisor"},
    {event::supervisor_child_started, "supervisor.child_started", "run", "supervisor, child"},
    {event::supervisor_restart, "supervisor.restart", "run, restarts_in_period, intensity",
     "supervisor, child"},
    {event::supervisor_child_ignored, "supervisor.child_ignored", "", "supervisor, child"},
    {event::supervisor_child_start_failed, "supervisor.child_start_failed", "",
     "supervisor, child, reason"},
    {event::supervisor_child_terminated, "supervisor.child_terminated", "run",
     "supervisor, child, reason, outcome"},
    {event::supervisor_child_stopped, "supervisor.child_stopped", "run",
     "supervisor, child, reason, outcome"},
    {event::supervisor_child_outlives_kill, "supervisor.child_outlives_kill", "run, since_kill_s",
     "supervisor, child"},
    {event::supervisor_gave_up, "supervisor.gave_up", "intensity, period_s",
     "supervisor, child, reason"},
    {event::supervisor_auto_shutdown, "supervisor.auto_shutdown", "", "supervisor, child"},
    {event::supervisor_stopping, "supervisor.stopping", "", "supervisor, reason"},
    {event::supervisor_stop, "supervisor.stop", "", "supervisor, reason"},
    {event::breaker_change, "breaker.change", "calls, failures", "pool, command, from, to, cause"},
    {event::call_retry, "call.retry", "attempt, delay_s", "pool, command, code"},
    {event::session_start, "session.start", "", "pool, session"},
    {event::session_stop, "session.stop", "", "pool, session, reason"},
    {event::session_lost, "session.lost", "", "pool, session, worker, reason"},
    {event::session_rebuilt, "session.rebuilt", "", "pool, session, worker"},
    {event::worker_degraded, "pool.worker.degraded", "", "pool, worker, reason"},
    {event::worker_recovered, "pool.worker.recovered", "", "pool, worker"},
    {event::worker_check_failed, "pool.worker.check_failed", "in_a_row", "pool, worker"},
    {event::worker_stderr_flood, "pool.worker.stderr_flood", "limit_bytes, window_s",
     "pool, worker"},
    {event::worker_recycle, "pool.worker.recycle", "", "pool, worker, reason"},
    {event::handler_failed, "telemetry.handler_failed", "", "prefix, event, reason"},
});

constexpr bool in_order_of_the_enumeration() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table.at(i).event) != i) {
      return false;
    }
  }
  return table.size() == static_cast<std::size_t>(event::handler_failed) + 1;
}
static_assert(in_order_of_the_enumeration());
static_assert(table.size() <= 64, "which are enabled is one word of 64 bits");

}  // namespace

std::span<const telemetry_event_row> telemetry_events() {
  return table;
}

std::string_view to_string(telemetry_event event) {
  return table.at(static_cast<std::size_t>(event)).name;
}

double telemetry_record::measurement(std::string_view key) const {
  for (const auto& each : measurements) {
    if (each.key == key) {
      return each.amount;
    }
  }
  return 0;
}

std::string_view telemetry_record::text(std::string_view key) const {
  for (const auto& each : metadata) {
    if (each.key == key) {
      return each.text;
    }
  }
  return {};
}

}  // namespace slipway
