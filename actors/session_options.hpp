// slipway/actors/session_options.hpp
//
// What a session is: how much it insists on its worker, how long it lives, how its state is had
// again.
// Belongs here: options and values that users and the table share.
// Does not: calls (session), which step follows which (session_table_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/affinity.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// Of all sessions of a pool; part of python_pool_options.
struct session_options {
  /// How much a call of a session insists on the worker that holds its state.
  affinity mode = affinity::strict_queue;
  /// How long a session lives after its last call; none, the default: until it is ended.
  std::optional<duration> time_to_live{};
  /// How many there may be at one time; one more fails as `too_many`.
  std::size_t max_sessions = std::numeric_limits<std::size_t>::max();
};

/// What is wrong with the options; nothing if they are good.
[[nodiscard]] std::optional<std::string> flaw_of(const session_options& options);

/// The state of a session has gone.
struct session_loss {
  std::string session;
  std::uint64_t number = 0;  ///< how many losses this session has had, with this one
  exit_reason reason;        ///< why its worker went, or `moved` to another worker
};

/// One command that brings back a part of a session's state.
struct session_request {
  std::string command;
  value args{};  ///< a map or nil; the session's id is added
};

/// Says by which commands, in their order, a new worker gets the state of a session that was lost.
/// Runs on the I/O thread or on that of a caller, before the next call: brief. What it throws, and
/// a command that fails, fail that call as `session_lost`; the next one tries again.
using session_rebuild = std::function<std::vector<session_request>(const session_loss&)>;

/// Of one session; what is not set is as in the pool's session_options.
struct session_spec {
  std::optional<affinity> mode{};
  /// Nothing inside: until it is ended.
  std::optional<std::optional<duration>> time_to_live{};
  /// None: a loss is told by the next call of each handle, as `session_lost`, and the session
  /// begins anew with the call after that.
  session_rebuild rebuild{};
};

/// What a session says of itself.
struct session_status {
  std::string id;
  affinity mode = affinity::strict_queue;
  std::optional<worker_ref> home{};  ///< the worker that holds its state
  std::uint64_t calls = 0;           ///< that have ended, whichever way
  std::uint64_t failed = 0;          ///< of these, without a result
  std::uint64_t losses = 0;
  std::uint64_t rebuilds = 0;
  std::size_t waiting = 0;  ///< calls that wait for the one before them
  bool busy = false;        ///< a call is under way
  duration age{};
  duration idle{};  ///< since its last call ended, or since it began
};

/// Of all sessions of a pool, over all its restarts.
struct session_counts {
  std::size_t open = 0;
  std::size_t most = 0;  ///< at one time
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;    ///< explicitly
  std::uint64_t expired = 0;  ///< by time_to_live
  std::uint64_t refused = 0;  ///< as too_many
  std::uint64_t losses = 0;
  std::uint64_t rebuilds = 0;

  friend bool operator==(const session_counts&, const session_counts&) = default;
};

enum class session_errc : std::uint8_t {
  invalid_id,       ///< it is empty
  invalid_options,  ///< the message names the option
  too_many,         ///< max_sessions are open
  start_failed,     ///< the actor of the session could not be started
};

[[nodiscard]] const char* to_string(session_errc code);

struct session_error {
  session_errc code = session_errc::invalid_id;
  std::string message;
};

}  // namespace slipway
