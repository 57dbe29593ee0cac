// slipway/tools/event_line.hpp
//
// What happens in the tree, in words for whoever watches it.
// Belongs here: which events are worth a line, and the line.
// Does not: when it happened, where it is shown.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/runtime_event.hpp>
#include <slipway/tools/terminal_style.hpp>

#include <optional>
#include <string>
#include <vector>

namespace slipway::tools {

/// What an event is in the course of things.
enum class event_role : unsigned char {
  first,        ///< what it tells is new
  replacement,  ///< this worker or pool is there because another one was lost
  repetition,   ///< an earlier event has told the same
};

/// "licences/3 died: killed by signal 9 (Killed)". Nothing for what needs no attention: first
/// starts, orderly ends, repetitions.
[[nodiscard]] std::optional<std::string> event_line(const runtime_event& event, event_role role,
                                                    const terminal_style& style);

/// What lies beneath a reason: " (stage module_import): the process ended: exit code 82".
[[nodiscard]] std::string stage_text(const exit_reason& reason);

/// The last lines that a worker wrote to stderr, each on a line of its own after a line end; may be
/// empty.
[[nodiscard]] std::string stderr_text(const exit_reason& reason);

/// The reason beneath all others.
[[nodiscard]] const exit_reason& root_cause(const exit_reason& reason);

}  // namespace slipway::tools
