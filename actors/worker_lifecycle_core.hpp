// slipway/actors/worker_lifecycle_core.hpp
//
// The life of one worker: which state follows which, for what cause, and what it did so far.
// Belongs here: the table of legal transitions, the bounded history, the counts.
// Does not: what makes a worker degraded (health_core), when it is checked out (pool_core).
// Invariants: (1) only what the table lists happens; anything else is a typed error and no change;
//             (2) the history is no longer than `max_history`.
//
//     initializing --handshake--> ready <--checkout, checkin--> busy
//     busy --slow call--> degraded <--checkout, checkin--> busy
//     ready --failed check--> degraded --passed check--> ready
//     any --> terminating --process ends--> terminated
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>

namespace slipway {

enum class lifecycle_state : std::uint8_t {
  initializing,
  ready,     ///< idle and well
  busy,      ///< checked out
  degraded,  ///< idle and not well: it takes calls, but no new sessions
  terminating,
  terminated,
};
[[nodiscard]] const char* to_string(lifecycle_state state);

enum class lifecycle_cause : std::uint8_t {
  handshake_answered,
  start_failed,
  start_cancelled,
  checkout,
  checkin,
  slow_call,
  failed_check,
  passed_check,
  removed,  ///< its pool gives it up
  process_exited,
};
[[nodiscard]] const char* to_string(lifecycle_cause cause);

/// One row of the table.
struct lifecycle_transition {
  lifecycle_state from;
  lifecycle_state to;
  lifecycle_cause cause;

  friend bool operator==(const lifecycle_transition&, const lifecycle_transition&) = default;
};

/// All legal transitions.
[[nodiscard]] std::span<const lifecycle_transition> lifecycle_transitions();

/// "busy does not become initializing by checkin".
[[nodiscard]] std::string to_string(const lifecycle_transition& refused);

/// One entry of the history.
struct lifecycle_entry {
  lifecycle_state state = lifecycle_state::initializing;
  std::optional<lifecycle_cause> cause;  ///< none: the worker's birth
  std::string detail;                    ///< for humans: an exit reason, what was slow
  time_point at;
};

/// How a client gave a worker back.
enum class lease_end : std::uint8_t {
  ok,     ///< checked in
  error,  ///< checked in after its command raised: the worker is none the worse
  close,  ///< not checked in: the worker is removed
};

struct lease_counts {
  std::uint64_t checkouts = 0;
  std::uint64_t ok = 0;
  std::uint64_t error = 0;
  std::uint64_t close = 0;

  friend bool operator==(const lease_counts&, const lease_counts&) = default;
};

/// Value type, one thread at a time.
class worker_lifecycle {
 public:
  static constexpr std::size_t max_history = 16;

  explicit worker_lifecycle(time_point born);

  /// Errors: what was asked for, when the table does not have it; nothing has changed then.
  /// The way between ready and busy and back is counted but leaves no entry: a worker with much to
  /// do would remember nothing else.
  [[nodiscard]] result<void, lifecycle_transition> move_to(lifecycle_state state,
                                                           lifecycle_cause cause, time_point now,
                                                           std::string detail = {});

  /// A checkout has ended.
  void count(lease_end how, time_point now);

  [[nodiscard]] lifecycle_state state() const { return state_; }
  /// Oldest first.
  [[nodiscard]] const std::deque<lifecycle_entry>& history() const { return history_; }
  [[nodiscard]] const lease_counts& counts() const { return counts_; }
  /// The last checkout or its end; before the first one, the end of its start.
  [[nodiscard]] time_point last_activity() const { return last_activity_; }
  /// From its handshake to its end; zero before.
  [[nodiscard]] duration uptime(time_point now) const;

 private:
  lifecycle_state state_ = lifecycle_state::initializing;
  std::deque<lifecycle_entry> history_;
  lease_counts counts_;
  time_point last_activity_;
  std::optional<time_point> ready_at_;
  std::optional<time_point> ended_at_;
};

/// "checkouts 4 (ok 2, error 1, close 1)", and why it is degraded if it is.
[[nodiscard]] std::string to_string(const worker_lifecycle& life);

}  // namespace slipway
