// slipway/supervision/supervisor_input.hpp
//
// Everything that can happen to a supervisor: the mailbox of supervisor_core.
// Belongs here: one struct an input.
// Does not: what is done about it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/restart_control.hpp>
#include <slipway/supervision/supervisor_call.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

namespace slipway {

/// Numbers a call, so that its reply finds the caller. Chosen by the shell.
using call_number = std::uint64_t;
/// Numbers a timer; never used again.
using timer_number = std::uint64_t;

namespace supervisor_input {

/// Begin: start the children. The first input; others that come before it wait.
struct start {
  friend bool operator==(const start&, const start&) = default;
};
/// A start asked for by action start_child succeeded.
struct child_started {
  run_number run = 0;
  std::string info;
  friend bool operator==(const child_started&, const child_started&) = default;
};
/// It declined.
struct child_ignored {
  run_number run = 0;
  friend bool operator==(const child_ignored&, const child_ignored&) = default;
};
/// It failed.
struct child_start_failed {
  run_number run = 0;
  exit_reason reason;
  friend bool operator==(const child_start_failed&, const child_start_failed&) = default;
};
/// A child's actor has ended. While it is still starting this is a failed start.
struct child_down {
  run_number run = 0;
  exit_reason reason;
  friend bool operator==(const child_down&, const child_down&) = default;
};
/// A timer armed by action arm_timer has run down. One that was cancelled may still fire.
struct timer_fired {
  timer_number timer = 0;
  friend bool operator==(const timer_fired&, const timer_fired&) = default;
};
/// Action retry_later coming back: the supervisor's note to itself to try a failed restart again.
struct retry_restart {
  child_id id;
  run_number run = 0;  ///< the last that ran, where ids do not name a child; else 0
  attempt_number attempt = 0;
  friend bool operator==(const retry_restart&, const retry_restart&) = default;
};
/// The parent, or whoever may, tells the supervisor to end. A kill is none: it is not asked.
struct stop_requested {
  exit_reason reason;
  friend bool operator==(const stop_requested&, const stop_requested&) = default;
};
/// A management call.
struct call {
  call_number number = 0;
  supervisor_call::any what;
  friend bool operator==(const call&, const call&) = default;
};

using any = std::variant<start, child_started, child_ignored, child_start_failed, child_down,
                         timer_fired, retry_restart, stop_requested, call>;

/// Whose start this input is the outcome of; nothing for any other input. The end of a child is none
/// of them, though a child that ends while it starts has failed to.
[[nodiscard]] inline std::optional<run_number> run_of_start_outcome(const any& input) {
  return std::visit(
      [](const auto& what) -> std::optional<run_number> {
        using type = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<type, child_started> || std::is_same_v<type, child_ignored> ||
                      std::is_same_v<type, child_start_failed>) {
          return what.run;
        } else {
          return std::nullopt;
        }
      },
      input);
}

}  // namespace supervisor_input

}  // namespace slipway
