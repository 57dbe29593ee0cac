// slipway/supervision/supervisor_action.hpp
//
// Everything that a supervisor does: what supervisor_core asks its shell for, in the order of
// doing.
// Belongs here: one struct an action.
// Does not: why it is done.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/supervisor_event.hpp>
#include <slipway/supervision/supervisor_input.hpp>

#include <chrono>
#include <variant>

namespace slipway::supervisor_action {

/// Call the start function `recipe` and give back child_started, child_ignored or
/// child_start_failed. Always the last action of its list: until the answer the supervisor is busy.
struct start_child {
  run_number run = 0;
  child_id id;
  recipe_number recipe = 0;
  argument_list arguments = {};
  friend bool operator==(const start_child&, const start_child&) = default;
};
/// A run is over, or has not begun: forget its actor.
struct release_run {
  run_number run = 0;
  friend bool operator==(const release_run&, const release_run&) = default;
};
/// Ask a child to end with reason `shutdown`.
struct stop_child {
  run_number run = 0;
  friend bool operator==(const stop_child&, const stop_child&) = default;
};
/// Kill a child.
struct kill_child {
  run_number run = 0;
  friend bool operator==(const kill_child&, const kill_child&) = default;
};
/// Give back timer_fired when `after` has passed.
struct arm_timer {
  timer_number timer = 0;
  std::chrono::milliseconds after{0};
  friend bool operator==(const arm_timer&, const arm_timer&) = default;
};
/// The timer is not needed any more; when it fires nonetheless, nothing happens.
struct cancel_timer {
  timer_number timer = 0;
  friend bool operator==(const cancel_timer&, const cancel_timer&) = default;
};
/// Give back retry_restart when `after` has passed; zero: behind all that has arrived by now.
struct retry_later {
  child_id id;
  run_number run = 0;  ///< as in retry_restart
  attempt_number attempt = 0;
  std::chrono::milliseconds after{0};
  friend bool operator==(const retry_later&, const retry_later&) = default;
};
/// Answer a call.
struct reply {
  call_number call = 0;
  supervisor_reply::any what;
  friend bool operator==(const reply&, const reply&) = default;
};
/// The start function is not needed any more.
struct forget_recipe {
  recipe_number recipe = 0;
  friend bool operator==(const forget_recipe&, const forget_recipe&) = default;
};
/// All first children run: tell the one who waits for the start.
struct acknowledge {
  friend bool operator==(const acknowledge&, const acknowledge&) = default;
};
/// The supervisor declines to run: tell the one who waits for the start.
struct decline {
  friend bool operator==(const decline&, const decline&) = default;
};
/// Tell the observer.
struct report {
  supervisor_event event;
  friend bool operator==(const report&, const report&) = default;
};
/// End with this reason. The last action ever; calls that wait are never answered.
struct terminate {
  exit_reason reason;
  friend bool operator==(const terminate&, const terminate&) = default;
};

using any =
    std::variant<start_child, release_run, stop_child, kill_child, arm_timer, cancel_timer,
                 retry_later, reply, forget_recipe, acknowledge, decline, report, terminate>;

}  // namespace slipway::supervisor_action
