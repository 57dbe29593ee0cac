// slipway/supervision/supervisor_event.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_event.hpp>

#include <variant>

namespace slipway {

namespace {

std::string named(const child_id& child) {
  return "child \"" + child + "\"";
}

std::string named(const child_id& child, run_number run) {
  return named(child) + " (run " + std::to_string(run) + ")";
}

std::string text_of(const supervisor_started& event) {
  return "supervisor started with " + std::to_string(event.children) + " children running";
}

std::string text_of(const child_started& event) {
  return named(event.child, event.run) + " started";
}

std::string text_of(const child_restarted& event) {
  return named(event.child, event.run) + " restarted, " + std::to_string(event.restarts_in_period) +
         " of " + std::to_string(event.intensity) + " restarts used";
}

std::string text_of(const child_ignored& event) {
  return named(event.child) + " declined to run";
}

std::string text_of(const child_start_failed& event) {
  return named(event.child) + " failed to start: " + to_string(event.reason);
}

std::string text_of(const child_exited& event) {
  return named(event.child, event.run) + " exited: " + to_string(event.reason) + "; " +
         std::string(to_string(event.outcome));
}

std::string text_of(const child_stopped& event) {
  return named(event.child, event.run) + " stopped " + std::string(to_string(event.outcome)) +
         ": " + to_string(event.reason);
}

std::string text_of(const child_outlives_kill& event) {
  return named(event.child, event.run) + " still runs " + std::to_string(event.since_kill.count()) +
         " ms after it was killed";
}

std::string text_of(const gave_up& event) {
  return "gave up: more than " + std::to_string(event.intensity) + " restarts within " +
         std::to_string(event.period.count()) + " ms, the last for " + named(event.child) + ": " +
         to_string(event.reason);
}

std::string text_of(const auto_shutdown_triggered& event) {
  return "significant " + named(event.child) + " ended: the supervisor shuts down";
}

std::string text_of(const supervisor_stopping& event) {
  return "supervisor stopping: " + to_string(event.reason);
}

std::string text_of(const supervisor_stopped& event) {
  return "supervisor stopped: " + to_string(event.reason);
}

event_severity graded(const child_exited& event) {
  return event.reason.is_abnormal() ? event_severity::error : event_severity::info;
}

event_severity graded(const child_stopped& event) {
  return event.outcome == stop_outcome::as_asked ? event_severity::info : event_severity::warning;
}

event_severity graded(const child_start_failed& /*event*/) {
  return event_severity::error;
}

event_severity graded(const gave_up& /*event*/) {
  return event_severity::error;
}

event_severity graded(const child_outlives_kill& /*event*/) {
  return event_severity::warning;
}

template <class Event>
event_severity graded(const Event& /*event*/) {
  return event_severity::info;
}

}  // namespace

std::string_view to_string(exit_outcome outcome) noexcept {
  switch (outcome) {
    case exit_outcome::restart:
      return "it is restarted";
    case exit_outcome::keep:
      return "it stays down";
    case exit_outcome::forget:
      return "it is forgotten";
  }
  return "invalid";
}

std::string_view to_string(stop_outcome outcome) noexcept {
  switch (outcome) {
    case stop_outcome::as_asked:
      return "as asked";
    case stop_outcome::other_reason:
      return "with a reason of its own";
    case stop_outcome::timed_out:
      return "only when killed";
  }
  return "invalid";
}

event_severity severity(const supervisor_event& event) {
  return std::visit([](const auto& what) { return graded(what); }, event);
}

std::string to_string(const supervisor_event& event) {
  return std::visit([](const auto& what) { return text_of(what); }, event);
}

std::string_view to_string(supervisor_errc code) noexcept {
  switch (code) {
    case supervisor_errc::already_started:
      return "already_started";
    case supervisor_errc::already_present:
      return "already_present";
    case supervisor_errc::not_found:
      return "not_found";
    case supervisor_errc::running:
      return "running";
    case supervisor_errc::restarting:
      return "restarting";
    case supervisor_errc::invalid_spec:
      return "invalid_spec";
    case supervisor_errc::max_children:
      return "max_children";
    case supervisor_errc::simple_one_for_one:
      return "simple_one_for_one";
    case supervisor_errc::start_failed:
      return "start_failed";
    case supervisor_errc::supervisor_down:
      return "supervisor_down";
    case supervisor_errc::timed_out:
      return "timed_out";
  }
  return "invalid";
}

std::string_view to_string(child_status status) noexcept {
  switch (status) {
    case child_status::running:
      return "running";
    case child_status::restarting:
      return "restarting";
    case child_status::idle:
      return "idle";
    case child_status::outlives_kill:
      return "outlives_kill";
  }
  return "invalid";
}

}  // namespace slipway
