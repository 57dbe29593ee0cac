// slipway/actors/telemetry_event.hpp
//
// The closed set of telemetry events, in one table: name, measurements, metadata.
// Belongs here: the table and the record of one event.
// Does not: who emits (telemetry_sources, internal/call_watch), who listens (telemetry).
// Invariants: (1) docs/telemetry.md lists the same table, which a test compares;
//             (2) a measurement whose key ends in _s is in seconds, any other is a number.
// Source: the events of Erlang's telemetry library: a name, measurements, metadata.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace slipway {

enum class telemetry_event : std::uint8_t {
  pool_start,
  pool_exit,
  pool_callback_failed,
  pool_checkout,
  pool_checkin,
  pool_cancel,
  worker_init_start,
  worker_ready,
  worker_init_failed,
  worker_init_cancelled,
  worker_exit,
  worker_removed,
  call_start,
  call_stop,
  call_exception,
  supervisor_start,
  supervisor_child_started,
  supervisor_restart,
  supervisor_child_ignored,
  supervisor_child_start_failed,
  supervisor_child_terminated,
  supervisor_child_stopped,
  supervisor_child_outlives_kill,
  supervisor_gave_up,
  supervisor_auto_shutdown,
  supervisor_stopping,
  supervisor_stop,
  breaker_change,
  call_retry,
  session_start,
  session_stop,
  session_lost,
  session_rebuilt,
  worker_degraded,
  worker_recovered,
  worker_check_failed,
  worker_stderr_flood,
  worker_recycle,
  handler_failed,
};

/// One row of the table. Keys are separated by ", ".
struct telemetry_event_row {
  telemetry_event event;
  std::string_view name;
  std::string_view measurements;
  std::string_view metadata;
};

/// All events, in the order of the enumeration.
[[nodiscard]] std::span<const telemetry_event_row> telemetry_events();

/// "pool.checkout".
[[nodiscard]] std::string_view to_string(telemetry_event event);

struct telemetry_measurement {
  std::string_view key;
  double amount = 0;
};

struct telemetry_metadatum {
  std::string_view key;
  std::string_view text;
};

/// What happened. It refers to memory of the emitter: a handler copies what it keeps.
struct telemetry_record {
  telemetry_event event;
  time_point at;
  std::span<const telemetry_measurement> measurements{};
  std::span<const telemetry_metadatum> metadata{};

  /// 0 when there is no such measurement.
  [[nodiscard]] double measurement(std::string_view key) const;
  /// Empty when there is no such key.
  [[nodiscard]] std::string_view text(std::string_view key) const;
};

}  // namespace slipway
