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
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/restart_backoff.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Stands for a start function, which the core never sees. 0 is none, which is a fault of a spec.
using recipe_number = std::uint64_t;

/// Which children are restarted when one ends.
enum class restart_strategy : std::uint8_t {
  one_for_one,        ///< that one
  one_for_all,        ///< all: the others are stopped in reverse order, then all start in order
  rest_for_one,       ///< that one and those started after it
  simple_one_for_one  ///< that one; all are started from one spec, the template, by start_child
};

/// Whether the end of significant children ends their supervisor.
enum class auto_shutdown_type : std::uint8_t { never, any_significant, all_significant };

/// Whether a supervisor wants to run at all; OTP's init/1 says `ignore` if not.
enum class supervisor_init : std::uint8_t { ok, declined };

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

/// How Elixir's DynamicSupervisor treats its children. The defaults are its own.
struct dynamic_supervisor_flags {
  /// Nothing but one_for_one is possible.
  restart_strategy strategy = restart_strategy::one_for_one;
  /// Most restarts within `max_seconds`; one more and the supervisor gives up.
  unsigned max_restarts = 3;
  /// At least one millisecond; rounded up to a multiple of `resolution`.
  std::chrono::milliseconds max_seconds{5000};
  /// Most children at a time, those that are being restarted included. Not given: no limit.
  std::optional<std::size_t> max_children = {};
  /// Each start function gets these before the arguments of its spec.
  argument_list extra_arguments = {};
  /// As in supervisor_flags.
  std::chrono::milliseconds resolution{1000};
  restart_backoff backoff = {};

  friend bool operator==(const dynamic_supervisor_flags&,
                         const dynamic_supervisor_flags&) = default;
};

/// What can be wrong with flags or a spec, by the names that OTP and Elixir give it, in the order
/// in which OTP looks: of two flaws the smaller is reported.
enum class spec_errc : std::uint8_t {
  invalid_type,  ///< the flags as a whole are not flags
  invalid_strategy,
  invalid_intensity,
  invalid_period,
  invalid_auto_shutdown,
  invalid_max_children,
  invalid_extra_arguments,
  invalid_resolution,  ///< ours: OTP has no such flag
  invalid_backoff,     ///< ours
  bad_start_spec,      ///< simple_one_for_one without exactly one spec
  invalid_child_spec,  ///< the spec as a whole is not one
  missing_id,
  missing_start,
  invalid_mfa,
  invalid_restart_type,
  bad_combination,  ///< significant with what it does not go with
  invalid_significant,
  invalid_child_type,
  invalid_shutdown,
  invalid_modules,
  invalid_module,
  duplicate_child_name,
};

[[nodiscard]] std::string_view to_string(spec_errc code) noexcept;

/// What is wrong with flags or a spec.
struct spec_error {
  spec_errc code = spec_errc::invalid_child_spec;
  child_id child = {};        ///< whose spec; empty when the flags are meant, or the id is missing
  std::string field = {};     ///< name of the offending field
  std::string expected = {};  ///< what would have been right
  std::string value = {};     ///< the offending value as JSON text; empty when there is none

  friend bool operator==(const spec_error&, const spec_error&) = default;
};

/// One sentence: `child "cache": shutdown must not be negative`.
[[nodiscard]] std::string to_string(const spec_error& error);

[[nodiscard]] std::string_view to_string(restart_strategy strategy) noexcept;
[[nodiscard]] std::string_view to_string(auto_shutdown_type how) noexcept;

/// The reason with which a supervisor ends that was to start with this flaw: `error start_spec: …`
/// for a child spec, `error supervisor_data: …` for flags. Its cause has OTP's name of the flaw as
/// type and the offending value as text.
/// OTP  supervisor.erl init/1, the reasons of its stop.
[[nodiscard]] exit_reason start_refused(const spec_error& flaw);

/// Checks a supervisor's flags.
/// @returns the first fault found; nothing when they are valid.
[[nodiscard]] std::optional<spec_error> check(const supervisor_flags& flags);

/// Checks one child's rules; whether a significant child is allowed depends on the supervisor.
/// @returns the first fault found; nothing when they are valid.
[[nodiscard]] std::optional<spec_error> check(const child_rules& rules,
                                              auto_shutdown_type auto_shutdown);

/// Checks a whole spec as it is offered to a supervisor.
/// @param flaw  what was wrong with the text that the spec was read from (spec_reader.hpp), if any.
/// @returns the fault that OTP would find first; nothing when the spec is valid.
[[nodiscard]] std::optional<spec_error> check(const child_rules& rules, recipe_number start,
                                              const std::optional<spec_error>& flaw,
                                              auto_shutdown_type auto_shutdown);

/// Checks a dynamic supervisor's flags. Source  dynamic_supervisor.ex, its init.
[[nodiscard]] std::optional<spec_error> check(const dynamic_supervisor_flags& flags);

/// Checks a whole spec as it is offered to a dynamic supervisor, where `significant` has no meaning
/// and a shutdown time must be positive. Parameters as of check.
/// Source  dynamic_supervisor.ex validate_child.
[[nodiscard]] std::optional<spec_error> check_dynamic(const child_rules& rules, recipe_number start,
                                                      const std::optional<spec_error>& flaw);

/// The flaw of simple_one_for_one with any number of specs but one.
[[nodiscard]] spec_error not_one_template(const std::vector<child_id>& specs);

/// The flaw of the second of two specs with one id.
[[nodiscard]] spec_error id_used_twice(const child_id& id);

}  // namespace slipway
