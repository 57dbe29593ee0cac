// slipway/supervision/supervisor_event.hpp
//
// What a supervisor tells those who watch it: the table of contents of its life, for logs,
// telemetry, tests.
// Belongs here: one struct an event, with its fields, and their text form.
// Does not: writing them anywhere (the observer does), anything that decides.
// Invariants: (1) events of one supervisor come in causal order;
//             (2) a run that has `child_started` or `child_restarted` has exactly one of
//                 `child_exited`, `child_stopped` later, unless the supervisor is killed.
// Source: OTP's supervisor reports (child_terminated, start_error, shutdown_error, shutdown) and
//         progress reports.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace slipway {

/// All children of the first start run (or declined); calls are served from now on.
struct supervisor_started {
  std::size_t children = 0;  ///< how many of them run
  friend bool operator==(const supervisor_started&, const supervisor_started&) = default;
};

/// A child runs: at the supervisor's start, or by start_child or restart_child.
struct child_started {
  child_id child;
  run_number run = 0;
  friend bool operator==(const child_started&, const child_started&) = default;
};

/// A child runs again, because the supervisor restarted it.
struct child_restarted {
  child_id child;
  run_number run = 0;
  /// Restarts that count at present, this one included; the limit is `intensity`.
  std::size_t restarts_in_period = 0;
  unsigned intensity = 0;
  friend bool operator==(const child_restarted&, const child_restarted&) = default;
};

/// A start function declined; the child has no actor.
struct child_ignored {
  child_id child;
  friend bool operator==(const child_ignored&, const child_ignored&) = default;
};

/// A start or restart failed. OTP: start_error.
struct child_start_failed {
  child_id child;
  exit_reason reason;
  friend bool operator==(const child_start_failed&, const child_start_failed&) = default;
};

/// What becomes of a child that ended by itself.
enum class exit_outcome : std::uint8_t {
  restart,  ///< it is restarted, if the intensity allows
  keep,     ///< its spec stays, without an actor
  forget,   ///< it was temporary
};

/// A child ended without having been asked. OTP: child_terminated, but reported for every end.
struct child_exited {
  child_id child;
  run_number run = 0;
  exit_reason reason;
  exit_outcome outcome = exit_outcome::keep;
  friend bool operator==(const child_exited&, const child_exited&) = default;
};

/// Whether a child that had to stop did so in the way it was asked.
enum class stop_outcome : std::uint8_t {
  as_asked,      ///< with `shutdown` (killed, for brutal_kill), or with `normal` when it is not
                 ///< permanent
  other_reason,  ///< it ended with a reason of its own. OTP: shutdown_error
  timed_out,     ///< it did not end within its shutdown time and was killed. OTP: shutdown_error
};

/// A child ended because its supervisor stopped it.
struct child_stopped {
  child_id child;
  run_number run = 0;
  exit_reason reason;
  stop_outcome outcome = stop_outcome::as_asked;
  friend bool operator==(const child_stopped&, const child_stopped&) = default;
};

/// A child was killed and is still there: a handler of it that runs cannot be stopped in C++. The
/// supervisor goes on waiting for it.
struct child_outlives_kill {
  child_id child;
  run_number run = 0;
  std::chrono::milliseconds since_kill{0};
  friend bool operator==(const child_outlives_kill&, const child_outlives_kill&) = default;
};

/// The restart intensity is exceeded: the supervisor stops its children and ends with `shutdown`.
/// OTP: shutdown, reached_max_restart_intensity.
struct gave_up {
  child_id child;      ///< whose restart was one too many
  exit_reason reason;  ///< why that child ended, or could not be started
  unsigned intensity = 0;
  std::chrono::milliseconds period{0};
  friend bool operator==(const gave_up&, const gave_up&) = default;
};

/// A significant child ended and auto_shutdown asks the supervisor to end.
struct auto_shutdown_triggered {
  child_id child;
  friend bool operator==(const auto_shutdown_triggered&, const auto_shutdown_triggered&) = default;
};

/// The supervisor begins to stop its children.
struct supervisor_stopping {
  exit_reason reason;
  friend bool operator==(const supervisor_stopping&, const supervisor_stopping&) = default;
};

/// No child is left; the supervisor ends with this reason.
struct supervisor_stopped {
  exit_reason reason;
  friend bool operator==(const supervisor_stopped&, const supervisor_stopped&) = default;
};

using supervisor_event =
    std::variant<supervisor_started, child_started, child_restarted, child_ignored,
                 child_start_failed, child_exited, child_stopped, child_outlives_kill, gave_up,
                 auto_shutdown_triggered, supervisor_stopping, supervisor_stopped>;

/// Gets every event of one supervisor, in order.
/// Runs in  the supervisor's actor, which it holds up: be brief, and do not wait for that
/// supervisor. What it
///          throws is dropped: an observer cannot hurt the observed.
using supervisor_observer = std::function<void(const supervisor_event&)>;

/// How bad it is, for loggers: `info` is ordinary life.
enum class event_severity : std::uint8_t { info, warning, error };

/// `error`: failed starts, abnormal ends and giving up; `warning`: stops that did not go as asked.
[[nodiscard]] event_severity severity(const supervisor_event& event);

/// One line for a log: `child "cache" exited (run 3): error port_crashed: …; it is restarted`.
[[nodiscard]] std::string to_string(const supervisor_event& event);

[[nodiscard]] std::string_view to_string(exit_outcome outcome) noexcept;
[[nodiscard]] std::string_view to_string(stop_outcome outcome) noexcept;

}  // namespace slipway
