// slipway/actors/runtime_event.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/runtime_event.hpp>

#include <chrono>

namespace slipway {
namespace {

struct writer {
  std::string operator()(const runtime_events::worker_ready& event) const {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(event.took);
    return event.worker + " ready (pid " + std::to_string(event.os_pid) + ", took " +
           std::to_string(took.count()) + " ms)";
  }
  std::string operator()(const runtime_events::worker_init_failed& event) const {
    return event.worker + " failed to start: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::worker_init_cancelled& event) const {
    return event.worker + " is no longer wanted (init_cancelled)";
  }
  std::string operator()(const runtime_events::callback_failed& event) const {
    return "pool " + event.pool + ": " + event.callback + " threw: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::worker_exited& event) const {
    return event.worker + (event.expected ? " ended" : " died") + " (pid " +
           std::to_string(event.os_pid) + ", " + to_string(event.status) + ")";
  }
  std::string operator()(const runtime_events::worker_removed& event) const {
    return event.worker + " removed: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::pool_started& event) const {
    return "pool " + event.pool + " started";
  }
  std::string operator()(const runtime_events::pool_exited& event) const {
    return "pool " + event.pool + " ended: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::session_begun& event) const {
    return "session " + event.session + " of pool " + event.pool + " began";
  }
  std::string operator()(const runtime_events::session_ended& event) const {
    return "session " + event.session + " of pool " + event.pool +
           " ended: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::session_lost& event) const {
    return "session " + event.session + " of pool " + event.pool +
           " was lost: " + to_string(event.reason);
  }
  std::string operator()(const runtime_events::session_rebuilt& event) const {
    return "session " + event.session + " was rebuilt on " + event.worker;
  }
  std::string operator()(const runtime_events::supervisor_report& event) const {
    return "supervisor: " + event.text;
  }
  std::string operator()(const runtime_events::breaker_changed& event) const {
    const std::string whose =
        event.command.empty() ? std::string() : " for '" + event.command + "'";
    return "pool " + event.pool + ": the breaker" + whose + " is " + to_string(event.change.to) +
           " (" + to_string(event.change.cause) + ")";
  }
  std::string operator()(const runtime_events::call_retried& event) const {
    const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(event.delay);
    return "pool " + event.pool + ": '" + event.command + "' is called again in " +
           std::to_string(delay.count()) + " ms, attempt " + std::to_string(event.error.attempt) +
           " ended in " + to_string(event.error.code);
  }
  std::string operator()(const runtime_events::worker_degraded& event) const {
    return event.worker + " degraded: " + event.why;
  }
  std::string operator()(const runtime_events::worker_recovered& event) const {
    return event.worker + " recovered";
  }
  std::string operator()(const runtime_events::health_check_failed& event) const {
    return event.worker + " did not pass its health check (" + std::to_string(event.in_a_row) +
           " in a row)";
  }
  std::string operator()(const runtime_events::stderr_flood& event) const {
    const auto window = std::chrono::duration_cast<std::chrono::milliseconds>(event.window);
    return event.worker + " floods its standard error: more than " +
           std::to_string(event.limit_bytes) + " bytes within " + std::to_string(window.count()) +
           " ms";
  }
  std::string operator()(const runtime_events::worker_recycled& event) const {
    return event.worker + " is being replaced: " + event.reason.message;
  }
};

}  // namespace

std::string to_string(const runtime_event& event) {
  return std::visit(writer{}, event);
}

}  // namespace slipway
