// slipway/supervision/supervisor_rules.hpp
//
// A supervisor's flags, and whether flags and child rules are valid.
// Belongs here: flags, their defaults, validation with errors that name the field.
// Does not: anything that happens to a running supervisor (supervisor_core.hpp).
// Source: OTP supervisor.erl, check_flags/1 and check_childspec/2.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/restart_backoff.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Which children are restarted when one ends.
enum class restart_strategy : std::uint8_t {
  one_for_one,        ///< that one
  one_for_all,        ///< all: the others are stopped in reverse order, then all start in order
  rest_for_one,       ///< that one and those started after it
  simple_one_for_one  ///< not built yet: refused by validation
};

/// Whether the end of significant children ends their supervisor.
enum class auto_shutdown_type : std::uint8_t { never, any_significant, all_significant };

/// How a supervisor treats its children. The defaults are OTP's.
struct supervisor_flags {
  restart_strategy strategy = restart_strategy::one_for_one;
  /// Most restarts within `period`; one more and the supervisor gives up.
  unsigned intensity = 1;
  /// At least one millisecond; rounded up to a multiple of `resolution`.
  std::chrono::milliseconds period{5000};
  auto_shutdown_type auto_shutdown = auto_shutdown_type::never;
  /// Step in which restart times are counted. OTP counts whole seconds, so that two restarts up to
  /// just below `period` + 1 s apart lie within one period. At least one millisecond.
  std::chrono::milliseconds resolution{1000};
  /// How long to wait before a restart. OTP does not wait. Meanwhile the supervisor serves calls, the
  /// child counts as `restarting`, and children that a strategy restarts with it run on.
  restart_backoff backoff = {};

  friend bool operator==(const supervisor_flags&, const supervisor_flags&) = default;
};

/// What is wrong with flags or a spec.
struct spec_error {
  child_id child;        ///< whose spec; empty when the flags are meant, or the id is missing
  std::string field;     ///< name of the offending field
  std::string expected;  ///< what would have been right

  friend bool operator==(const spec_error&, const spec_error&) = default;
};

/// One sentence: `child "cache": shutdown must not be negative`.
[[nodiscard]] std::string to_string(const spec_error& error);

[[nodiscard]] std::string_view to_string(restart_strategy strategy) noexcept;
[[nodiscard]] std::string_view to_string(auto_shutdown_type how) noexcept;

/// Checks a supervisor's flags.
/// @returns the first fault found; nothing when they are valid.
[[nodiscard]] std::optional<spec_error> check(const supervisor_flags& flags);

/// Checks one child's rules; whether a significant child is allowed depends on the supervisor.
/// @returns the first fault found; nothing when they are valid.
[[nodiscard]] std::optional<spec_error> check(const child_rules& rules,
                                              auto_shutdown_type auto_shutdown);

/// Checks the children that a supervisor starts with: each of them, and that no id is used twice.
/// @returns the first fault found; nothing when they are valid.
[[nodiscard]] std::optional<spec_error> check(const std::vector<child_rules>& children,
                                              auto_shutdown_type auto_shutdown);

}  // namespace slipway
