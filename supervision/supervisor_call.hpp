// slipway/supervision/supervisor_call.hpp
//
// The management calls of a supervisor and their answers, as the core sees them: children are run
// numbers.
// Belongs here: one struct a call, the answers, the closed list of errors.
// Does not: actors, deadlines, how a call travels (supervisor.hpp).
// Source: OTP supervisor, the functions of the same names.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway {

/// Why a management call failed.
enum class supervisor_errc : std::uint8_t {
  already_started,  ///< start_child: the id is in use by a running child
  already_present,  ///< start_child: the id is in use by a child that does not run
  not_found,        ///< there is no child of that id
  running,          ///< restart_child, delete_child: the child runs
  restarting,       ///< restart_child, delete_child: the supervisor is about to restart the child
  invalid_spec,     ///< start_child: `invalid` says what is wrong
  max_children,     ///< start_child of a dynamic supervisor: it has as many as it may have
  simple_one_for_one,  ///< a call by id where children have none: under simple_one_for_one
  start_failed,        ///< start_child, restart_child: `cause` says why
  supervisor_down,     ///< the supervisor ended before it answered; `cause` is its exit reason, if
                       ///< known
  timed_out,  ///< no answer within the deadline; whether the call takes effect is not known
};

[[nodiscard]] std::string_view to_string(supervisor_errc code) noexcept;

/// What a child is doing.
enum class child_status : std::uint8_t {
  running,     ///< it has an actor (which may have ended without the supervisor having seen it yet)
  restarting,  ///< a restart failed and is about to be tried again
  idle,        ///< it has no actor: it declined, ended for good, or was terminated
  /// It was killed and a handler of it still runs. The supervisor goes on without it.
  outlives_kill,
};

[[nodiscard]] std::string_view to_string(child_status status) noexcept;

/// Answer of count_children.
struct child_counts {
  std::size_t specs = 0;        ///< children, running or not
  std::size_t active = 0;       ///< those whose actor lives
  std::size_t supervisors = 0;  ///< children of type supervisor, running or not
  std::size_t workers = 0;      ///< children of type worker, running or not

  friend bool operator==(const child_counts&, const child_counts&) = default;
};

/// A child named by its actor instead of its id, as far as the shell knows the actor.
struct child_process {
  run_number run = 0;  ///< whose actor it is or was; 0: of none that is still of interest
  bool alive = false;  ///< whether the actor still lives
  friend bool operator==(const child_process&, const child_process&) = default;
};

/// Whom a call is about.
using child_ref = std::variant<child_id, child_process>;

namespace supervisor_call {

struct start_child {
  child_rules rules;
  recipe_number recipe = 0;
  std::optional<spec_error> flaw = {};  ///< of the text that the spec was read from
  friend bool operator==(const start_child&, const start_child&) = default;
};
/// Under simple_one_for_one: one more child of the template.
struct start_from_template {
  argument_list arguments;  ///< behind those of the template
  friend bool operator==(const start_from_template&, const start_from_template&) = default;
};
struct terminate_child {
  child_ref child;
  friend bool operator==(const terminate_child&, const terminate_child&) = default;
};
struct restart_child {
  child_id id;
  friend bool operator==(const restart_child&, const restart_child&) = default;
};
struct delete_child {
  child_id id;
  friend bool operator==(const delete_child&, const delete_child&) = default;
};
struct which_children {
  friend bool operator==(const which_children&, const which_children&) = default;
};
struct count_children {
  friend bool operator==(const count_children&, const count_children&) = default;
};
struct get_childspec {
  child_ref child;
  friend bool operator==(const get_childspec&, const get_childspec&) = default;
};

/// For a picture of the tree. Not OTP's.
struct describe_children {
  friend bool operator==(const describe_children&, const describe_children&) = default;
};

using any =
    std::variant<start_child, start_from_template, terminate_child, restart_child, delete_child,
                 which_children, count_children, get_childspec, describe_children>;

}  // namespace supervisor_call

namespace supervisor_reply {

/// terminate_child, delete_child.
struct done {
  friend bool operator==(const done&, const done&) = default;
};
/// start_child, restart_child.
struct started {
  run_number run = 0;  ///< 0: the child declined
  std::string info;
  friend bool operator==(const started&, const started&) = default;
};
struct child_line {
  child_id id;
  child_status status = child_status::idle;
  child_type type = child_type::worker;
  run_number run = 0;  ///< of a running child
  friend bool operator==(const child_line&, const child_line&) = default;
};
/// which_children: the last started first; of children without order the first started first.
using children = std::vector<child_line>;

struct child_description {
  child_line line;
  std::uint64_t restarts = 0;
  std::optional<std::chrono::milliseconds> uptime = {};  ///< of a running child
  std::optional<exit_reason> last_exit = {};
  friend bool operator==(const child_description&, const child_description&) = default;
};
/// describe_children: in start order.
struct description {
  supervisor_flags flags;
  std::chrono::milliseconds uptime{0};  ///< since the supervisor began to start
  std::vector<child_description> children = {};
  friend bool operator==(const description&, const description&) = default;
};

struct failed {
  supervisor_errc code = supervisor_errc::not_found;
  child_id child = {};
  run_number running = 0;                  ///< already_started: whom
  std::optional<exit_reason> cause = {};   ///< start_failed
  std::optional<spec_error> invalid = {};  ///< invalid_spec
  friend bool operator==(const failed&, const failed&) = default;
};

using any = std::variant<done, started, children, child_counts, child_rules, description, failed>;

}  // namespace supervisor_reply

}  // namespace slipway
