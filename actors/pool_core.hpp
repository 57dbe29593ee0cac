// slipway/actors/pool_core.hpp
//
// Decides which client gets which worker, and what becomes of workers.
// Belongs here: every rule of the pool.
// Does not: the states of workers and clients (they are the user's), clocks, threads, processes,
// who sends what to whom.
// Invariants: (1) a worker is in exactly one of starting, idle, checked_out;
//             (2) a request is queued or holds one worker, and is answered once;
//             (3) workers + retries under way <= pool_size;
//             (4) every worker that became ready is terminated exactly once;
//             (5) after each event, no request is queued while a worker is idle;
//             (6) requests are granted in their order of arrival.
// Source: NimblePool 1.1, lib/nimble_pool.ex.
// Differs: (5) and (6) hold, where NimblePool forgets to look at the queue after a skip and
//         re-queues the head of the queue at its tail; a failed init is tried again after a delay
//         and not without end; a lazy pool counts a starting worker as on its way; a stopping pool
//         also terminates the workers that are checked out.
//
//     (none) --init_worker async--> starting --ready--> idle --granted--> checked_out --checkin-->
//     idle (none) --init_worker ok-----> idle                 idle, checked_out --remove, cancel-->
//     (none) starting --failed--> (none), again after a delay
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_events.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace slipway {

/// The worker behaviour as the core sees it: identities instead of states. Called within `step`.
class worker_callbacks {
 public:
  worker_callbacks() = default;
  worker_callbacks(const worker_callbacks&) = delete;
  worker_callbacks& operator=(const worker_callbacks&) = delete;
  worker_callbacks(worker_callbacks&&) = delete;
  worker_callbacks& operator=(worker_callbacks&&) = delete;
  virtual ~worker_callbacks() = default;

  virtual init_outcome init_worker(worker_id worker) = 0;
  virtual checkout_outcome handle_checkout(request_id request, worker_id worker) = 0;
  virtual checkin_outcome handle_checkin(request_id request, worker_id worker) = 0;
  virtual info_outcome handle_info(worker_id worker) = 0;
  virtual void handle_cancelled(cancel_context context) = 0;
  virtual void terminate_worker(worker_id worker, const exit_reason& reason) = 0;
  virtual void terminate_pool(const exit_reason& reason) = 0;
};

/// Delays between the failed starts of one worker: `first`, doubled each time, at most `longest`;
/// after `retries` of them in a row the pool ends with the reason of the last.
struct init_retry {
  std::uint32_t retries = 3;
  duration first = std::chrono::milliseconds(100);
  duration longest = std::chrono::seconds(5);

  friend bool operator==(const init_retry&, const init_retry&) = default;
};

struct pool_core_options {
  std::size_t pool_size = 10;  ///< NimblePool's default
  bool lazy = false;           ///< NimblePool's default
  std::size_t max_queue = std::numeric_limits<std::size_t>::max();
  init_retry retry{};

  friend bool operator==(const pool_core_options&, const pool_core_options&) = default;
};

enum class worker_status : std::uint8_t { starting, handshaking, idle, checked_out };
[[nodiscard]] const char* to_string(worker_status status);

/// What a pool has done since it started.
struct pool_counters {
  std::uint64_t granted = 0;
  std::uint64_t checked_in = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t overloaded = 0;
  std::uint64_t workers_started = 0;
  std::uint64_t workers_removed = 0;
  std::uint64_t init_failures = 0;

  friend bool operator==(const pool_counters&, const pool_counters&) = default;
};

/// The state machine of one pool. Value type: copyable, comparable, one thread at a time.
class pool_core {
 public:
  explicit pool_core(pool_core_options options) : options_(options) {}

  /// Takes one event and appends the actions that follow, in the order in which they are to be
  /// done.
  /// @param now  must not be earlier than the last call's.
  /// Errors      none: an event about what is unknown or over is ignored, but a `checkout` is
  /// always answered.
  void step(const any_pool_event& event, time_point now, worker_callbacks& callbacks,
            std::vector<any_pool_action>& actions);

  struct worker {
    worker_status status = worker_status::starting;
    std::uint32_t failures = 0;  ///< failed starts in a row before this one
    std::uint64_t idle_place = 0;
    std::optional<request_id> held_by;  ///< set while checked out
    time_point since;                   ///< when `status` was entered

    friend bool operator==(const worker&, const worker&) = default;
  };
  struct request {
    std::optional<worker_id> holds;
    std::uint64_t queue_place = 0;
    time_point deadline;
    time_point arrived;

    friend bool operator==(const request&, const request&) = default;
  };

  [[nodiscard]] const std::map<worker_id, worker>& workers() const { return workers_; }
  [[nodiscard]] const std::unordered_map<request_id, request>& requests() const {
    return requests_;
  }
  [[nodiscard]] std::size_t queue_length() const { return queue_.size(); }
  [[nodiscard]] std::size_t idle_count() const { return idle_.size(); }
  [[nodiscard]] std::optional<time_point> oldest_wait() const;
  [[nodiscard]] const pool_counters& counters() const { return counters_; }
  [[nodiscard]] const pool_core_options& options() const { return options_; }
  [[nodiscard]] const std::optional<exit_reason>& ended() const { return ended_; }

  friend bool operator==(const pool_core&, const pool_core&) = default;

 private:
  class turn;

  pool_core_options options_;
  std::map<worker_id, worker> workers_;
  std::unordered_map<request_id, request> requests_;
  // Both are queues whose middle can be left: the key is the place, taken from the counter below.
  std::map<std::uint64_t, worker_id> idle_;
  std::map<std::uint64_t, request_id> queue_;
  std::uint64_t next_place_ = 1;
  std::uint64_t next_worker_ = 1;
  std::size_t starting_ = 0;
  std::size_t retrying_ = 0;
  pool_counters counters_;
  std::optional<exit_reason> ended_;
};

}  // namespace slipway
