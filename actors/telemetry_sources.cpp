// slipway/actors/telemetry_sources.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry_sources.hpp>

#include <initializer_list>

namespace slipway {
namespace {

class source {
 public:
  source(telemetry& to, time_point at) : to_(to), at_(at) {}

 protected:
  void say(telemetry_event event, std::initializer_list<telemetry_measurement> measurements,
           std::initializer_list<telemetry_metadatum> metadata) const {
    to_.emit({event,
              at_,
              {measurements.begin(), measurements.size()},
              {metadata.begin(), metadata.size()}});
  }

 private:
  telemetry& to_;
  time_point at_;
};

double seconds(duration length) {
  return std::chrono::duration<double>(length).count();
}

class runtime_source : public source {
 public:
  using source::source;

  void operator()(const runtime_events::worker_ready& what) const {
    say(telemetry_event::worker_ready,
        {{"duration_s", seconds(what.took)}, {"os_pid", static_cast<double>(what.os_pid)}},
        {{"pool", what.pool}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::worker_init_failed& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::worker_init_failed, {},
        {{"pool", what.pool}, {"worker", what.worker}, {"reason", reason}});
  }
  void operator()(const runtime_events::worker_init_cancelled& what) const {
    say(telemetry_event::worker_init_cancelled, {}, {{"pool", what.pool}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::callback_failed& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::pool_callback_failed, {},
        {{"pool", what.pool}, {"callback", what.callback}, {"reason", reason}});
  }
  void operator()(const runtime_events::worker_exited& what) const {
    const std::string status = to_string(what.status);
    say(telemetry_event::worker_exit, {{"os_pid", static_cast<double>(what.os_pid)}},
        {{"pool", what.pool},
         {"worker", what.worker},
         {"status", status},
         {"expected", what.expected ? "yes" : "no"}});
  }
  void operator()(const runtime_events::worker_removed& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::worker_removed, {},
        {{"pool", what.pool}, {"worker", what.worker}, {"reason", reason}});
  }
  void operator()(const runtime_events::pool_started& what) const {
    say(telemetry_event::pool_start, {}, {{"pool", what.pool}});
  }
  void operator()(const runtime_events::pool_exited& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::pool_exit, {}, {{"pool", what.pool}, {"reason", reason}});
  }
  void operator()(const runtime_events::session_begun& what) const {
    say(telemetry_event::session_start, {}, {{"pool", what.pool}, {"session", what.session}});
  }
  void operator()(const runtime_events::session_ended& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::session_stop, {},
        {{"pool", what.pool}, {"session", what.session}, {"reason", reason}});
  }
  void operator()(const runtime_events::session_lost& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::session_lost, {},
        {{"pool", what.pool},
         {"session", what.session},
         {"worker", what.worker},
         {"reason", reason}});
  }
  void operator()(const runtime_events::session_rebuilt& what) const {
    say(telemetry_event::session_rebuilt, {},
        {{"pool", what.pool}, {"session", what.session}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::supervisor_report& /*what*/) const {}
  void operator()(const runtime_events::breaker_changed& what) const {
    say(telemetry_event::breaker_change,
        {{"calls", static_cast<double>(what.change.counted.calls)},
         {"failures", static_cast<double>(what.change.counted.failures)}},
        {{"pool", what.pool},
         {"command", what.command},
         {"from", to_string(what.change.from)},
         {"to", to_string(what.change.to)},
         {"cause", to_string(what.change.cause)}});
  }
  void operator()(const runtime_events::call_retried& what) const {
    say(telemetry_event::call_retry,
        {{"attempt", static_cast<double>(what.error.attempt)}, {"delay_s", seconds(what.delay)}},
        {{"pool", what.pool}, {"command", what.command}, {"code", to_string(what.error.code)}});
  }
  void operator()(const runtime_events::worker_degraded& what) const {
    say(telemetry_event::worker_degraded, {},
        {{"pool", what.pool}, {"worker", what.worker}, {"reason", what.why}});
  }
  void operator()(const runtime_events::worker_recovered& what) const {
    say(telemetry_event::worker_recovered, {}, {{"pool", what.pool}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::health_check_failed& what) const {
    say(telemetry_event::worker_check_failed, {{"in_a_row", static_cast<double>(what.in_a_row)}},
        {{"pool", what.pool}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::stderr_flood& what) const {
    say(telemetry_event::worker_stderr_flood,
        {{"limit_bytes", static_cast<double>(what.limit_bytes)},
         {"window_s", seconds(what.window)}},
        {{"pool", what.pool}, {"worker", what.worker}});
  }
  void operator()(const runtime_events::worker_recycled& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::worker_recycle, {},
        {{"pool", what.pool}, {"worker", what.worker}, {"reason", reason}});
  }
};

class supervisor_source : public source {
 public:
  supervisor_source(telemetry& to, std::string_view supervisor, time_point at)
      : source(to, at), supervisor_(supervisor) {}

  void operator()(const supervisor_started& what) const {
    say(telemetry_event::supervisor_start, {{"children", static_cast<double>(what.children)}},
        {{"supervisor", supervisor_}});
  }
  void operator()(const child_started& what) const {
    say(telemetry_event::supervisor_child_started, {{"run", static_cast<double>(what.run)}},
        {{"supervisor", supervisor_}, {"child", what.child}});
  }
  void operator()(const child_restarted& what) const {
    say(telemetry_event::supervisor_restart,
        {{"run", static_cast<double>(what.run)},
         {"restarts_in_period", static_cast<double>(what.restarts_in_period)},
         {"intensity", static_cast<double>(what.intensity)}},
        {{"supervisor", supervisor_}, {"child", what.child}});
  }
  void operator()(const child_ignored& what) const {
    say(telemetry_event::supervisor_child_ignored, {},
        {{"supervisor", supervisor_}, {"child", what.child}});
  }
  void operator()(const child_start_failed& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_child_start_failed, {},
        {{"supervisor", supervisor_}, {"child", what.child}, {"reason", reason}});
  }
  void operator()(const child_exited& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_child_terminated, {{"run", static_cast<double>(what.run)}},
        {{"supervisor", supervisor_},
         {"child", what.child},
         {"reason", reason},
         {"outcome", to_string(what.outcome)}});
  }
  void operator()(const child_stopped& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_child_stopped, {{"run", static_cast<double>(what.run)}},
        {{"supervisor", supervisor_},
         {"child", what.child},
         {"reason", reason},
         {"outcome", to_string(what.outcome)}});
  }
  void operator()(const child_outlives_kill& what) const {
    say(telemetry_event::supervisor_child_outlives_kill,
        {{"run", static_cast<double>(what.run)}, {"since_kill_s", seconds(what.since_kill)}},
        {{"supervisor", supervisor_}, {"child", what.child}});
  }
  void operator()(const gave_up& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_gave_up,
        {{"intensity", static_cast<double>(what.intensity)}, {"period_s", seconds(what.period)}},
        {{"supervisor", supervisor_}, {"child", what.child}, {"reason", reason}});
  }
  void operator()(const auto_shutdown_triggered& what) const {
    say(telemetry_event::supervisor_auto_shutdown, {},
        {{"supervisor", supervisor_}, {"child", what.child}});
  }
  void operator()(const supervisor_stopping& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_stopping, {},
        {{"supervisor", supervisor_}, {"reason", reason}});
  }
  void operator()(const supervisor_stopped& what) const {
    const std::string reason = to_string(what.reason);
    say(telemetry_event::supervisor_stop, {}, {{"supervisor", supervisor_}, {"reason", reason}});
  }

 private:
  std::string_view supervisor_;
};

}  // namespace

void emit(telemetry& to, const runtime_event& event, time_point at) {
  std::visit(runtime_source(to, at), event);
}

void emit(telemetry& to, std::string_view supervisor, const supervisor_event& event,
          time_point at) {
  std::visit(supervisor_source(to, supervisor, at), event);
}

}  // namespace slipway
