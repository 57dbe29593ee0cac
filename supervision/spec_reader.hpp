// slipway/supervision/spec_reader.hpp
//
// Reads supervisor flags and child specs from plain values, the form that a configuration file and
// OTP's own maps have: `{"id": "cache", "restart": "transient", "shutdown": 2000}`.
// Belongs here: names and values as text, and OTP's error for each that is none.
// Does not: start functions, which no text can hold; what values mean together
// (supervisor_rules.hpp).
// Source: OTP supervisor.erl check_flags/1, check_childspec/2; Elixir dynamic_supervisor.ex init
//         and validate_child. Keys, defaults and the order in which flaws are looked for are
//         theirs.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <optional>

namespace slipway {

/// A child spec without its start function, and what is wrong with its text. A flawed one is
/// offered to a supervisor like any other: the supervisor refuses it when its turn comes.
struct child_description {
  child_rules rules;
  std::optional<spec_error> flaw;
};

/// Reads `{id, restart, significant, type, shutdown, modules, args}`; shutdown in milliseconds,
/// `brutal_kill` or `infinity`. `modules` is checked and not kept: C++ loads no code. A key `start`
/// is a flaw, for a start function is no text. Other keys are ignored, as in OTP.
[[nodiscard]] child_description read_child(const value& spec);

/// The same for a child of a dynamic supervisor.
[[nodiscard]] child_description read_dynamic_child(const value& spec);

/// Reads `{strategy, intensity, period, auto_shutdown}`, period in seconds, or the array
/// `[strategy, intensity, period]`.
/// Errors  the first flaw.
[[nodiscard]] result<supervisor_flags, spec_error> read_flags(const value& flags);

/// Reads `{strategy, max_restarts, max_seconds, max_children, extra_arguments}`, the seconds whole,
/// `max_children` a number or `infinity`. Each extra argument becomes a `value`.
/// Errors  the first flaw.
[[nodiscard]] result<dynamic_supervisor_flags, spec_error> read_dynamic_flags(const value& flags);

}  // namespace slipway
