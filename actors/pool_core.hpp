// slipway/actors/pool_core.hpp
//
// Decides which client gets which worker, and what becomes of workers.
// Belongs here: every rule of the pool.
// Does not: the states of workers and clients (they are the user's), clocks, threads, processes,
// who sends what to whom.
// Invariants: (1) a worker is in exactly one of starting, idle, checked_out;
//             (2) a request is queued or holds one worker, and is answered once;
//             (3) workers + those that are still to be started <= pool_size + surplus_count();
//             (4) every worker that became ready is terminated exactly once;
//             (5) after each event, no request is queued while a worker that may serve it is idle;
//             (6) requests are served in their order of arrival: those that take any worker among
//                 each other, and whoever insists on one worker among all that this worker serves.
//             (4) to (6) hold under pool_rules::corrected only; pool_rules.hpp says why.
// Source: NimblePool 1.1, lib/nimble_pool.ex.
//
//     (none) --init_worker async--> starting --ready--> idle --granted--> checked_out --checkin-->
//     idle (none) --init_worker ok-----> idle                 idle, checked_out --remove, cancel-->
//     (none) starting --failed--> (none), started again; starting --abort--> (none)
//
// A worker that is recycled serves on until its replacement is ready; then it goes at once if it is
// idle, else at its checkin. A replacement that fails is not tried again, and the worker stays.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/linked_fifo.hpp>
#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/pool_rules.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace slipway {

/// The callbacks whose absence changes what a pool does.
enum class optional_callback : std::uint8_t { handle_enqueue, handle_info, handle_ping };

/// The worker behaviour as the core sees it: identities instead of states. Called within `step`.
class worker_callbacks {
 public:
  worker_callbacks() = default;
  worker_callbacks(const worker_callbacks&) = delete;
  worker_callbacks& operator=(const worker_callbacks&) = delete;
  worker_callbacks(worker_callbacks&&) = delete;
  worker_callbacks& operator=(worker_callbacks&&) = delete;
  virtual ~worker_callbacks() = default;

  [[nodiscard]] virtual bool implements(optional_callback which) const = 0;
  /// A callback may take its time; the core asks for it again after one that it depends on.
  [[nodiscard]] virtual time_point now() const = 0;

  virtual init_pool_outcome init_pool() = 0;
  virtual init_outcome init_worker(worker_id worker) = 0;
  virtual enqueue_outcome handle_enqueue(request_id request) = 0;
  virtual checkout_outcome handle_checkout(request_id request, worker_id worker,
                                           command_form form) = 0;
  virtual checkin_outcome handle_checkin(request_id request, worker_id worker) = 0;
  virtual plain_outcome handle_update(request_id request, worker_id worker) = 0;
  virtual info_outcome handle_info(worker_id worker) = 0;
  virtual ping_outcome handle_ping(worker_id worker) = 0;
  virtual plain_outcome handle_cancelled(cancel_context context) = 0;
  virtual plain_outcome terminate_worker(worker_id worker, const exit_reason& reason) = 0;
  virtual plain_outcome terminate_pool(const exit_reason& reason) = 0;

  // Under pool_rules::nimble_pool only: the states from `save_states` on can be asked for again.
  virtual void save_states() = 0;
  virtual void restore_worker_states() = 0;
  virtual void restore_pool_state() = 0;
};

/// The breaker of a pool whose workers cannot start. Delays between the failed starts of one
/// worker: `first`, doubled each time, at most `longest`; after `retries` of them in a row the pool
/// ends with the reason of the last, and its supervisor's intensity decides.
struct init_retry {
  std::uint32_t retries = 3;
  duration first = std::chrono::milliseconds(100);
  duration longest = std::chrono::seconds(5);

  friend bool operator==(const init_retry&, const init_retry&) = default;
};

/// What becomes of a worker that a lazy pool started for a request that is cancelled meanwhile.
/// An eager pool starts its workers for itself, so there nothing is ever aborted.
enum class cancelled_init : std::uint8_t {
  keep,   ///< the default, as NimblePool: it finishes and joins the pool
  abort,  ///< it is ended at once (`init_cancelled`)
};

struct pool_core_options {
  std::size_t pool_size = 10;  ///< NimblePool's default
  bool lazy = false;           ///< NimblePool's default
  /// How many requests may wait; one more fails as overloaded. NimblePool: no limit.
  std::size_t max_queue = std::numeric_limits<std::size_t>::max();
  init_retry retry{};
  pool_rules rules = pool_rules::corrected;
  /// How many workers start asynchronously at one time. NimblePool: no limit.
  std::size_t init_concurrency = std::numeric_limits<std::size_t>::max();
  slipway::cancelled_init cancelled_init = slipway::cancelled_init::keep;
  /// Period of the idle check and least idle time for a ping, counted in whole milliseconds as
  /// there; none: no pings. NimblePool's default.
  std::optional<duration> worker_idle_timeout{};
  /// Most pings of one check; none: no limit. NimblePool's default.
  std::optional<std::size_t> max_idle_pings{};

  friend bool operator==(const pool_core_options&, const pool_core_options&) = default;
};

/// What is wrong with the options, in NimblePool's words where it checks the same; nothing if they
/// are good.
[[nodiscard]] std::optional<std::string> flaw_of(const pool_core_options& options);

enum class worker_status : std::uint8_t { starting, handshaking, idle, checked_out };
[[nodiscard]] const char* to_string(worker_status status);

/// What a pool has done since it started.
struct pool_counters {
  std::uint64_t granted = 0;
  std::uint64_t checked_in = 0;
  std::uint64_t cancelled = 0;  ///< ended by a cancel or by the end of their client, queued or not
  std::uint64_t timed_out = 0;  ///< of requests that waited in vain
  std::uint64_t skipped = 0;
  std::uint64_t overloaded = 0;
  std::uint64_t workers_started = 0;
  std::uint64_t workers_removed = 0;
  std::uint64_t init_failures = 0;
  std::uint64_t init_cancelled = 0;
  std::size_t longest_queue = 0;
  duration total_wait{};  ///< of granted requests
  duration longest_wait{};

  friend bool operator==(const pool_counters&, const pool_counters&) = default;
};

/// The state machine of one pool. Value type: copyable, comparable, one thread at a time.
class pool_core {
 public:
  explicit pool_core(pool_core_options options)
      : options_(options), defects_(defects_of(options.rules)) {}

  /// Takes one event and appends the actions that follow, in the order in which they are to be
  /// done.
  /// @param now  must not be earlier than the last call's.
  /// Errors      a checkin or update of a request that holds no worker ends the pool, as
  ///             NimblePool's (`unexpected_checkin`, `unexpected_precheckin`). Any other event about
  ///             what is unknown or over is ignored, but a `checkout` is always answered.
  /// Cost        O(1) for each request and worker that the event concerns.
  void step(const any_pool_event& event, time_point now, worker_callbacks& callbacks,
            std::vector<any_pool_action>& actions);

  /// What becomes of a worker that is recycled.
  struct retirement {
    exit_reason reason;
    std::optional<worker_id> successor{};  ///< none: its start has to wait for those of others
    bool replaced = false;                 ///< the successor is ready: it goes at its checkin

    friend bool operator==(const retirement&, const retirement&) = default;
  };
  struct worker {
    worker_status status = worker_status::starting;
    std::uint32_t failures = 0;         ///< failed starts in a row before this one
    std::optional<request_id> held_by;  ///< set while checked out
    time_point since;                   ///< when `status` was entered
    time_point started;
    std::optional<time_point> handshaking;
    std::optional<time_point> ready;
    time_point last_active;    ///< from where its idle time counts
    std::uint64_t served = 0;  ///< checkins
    std::optional<retirement> retiring;
    std::optional<worker_id> replaces;  ///< set while it starts in the place of another
    fifo_links<worker_id> links;
    linked_fifo<request_id> wanted_by;  ///< requests that wait for this worker and no other

    friend bool operator==(const worker&, const worker&) = default;
  };
  struct request {
    std::optional<worker_id> holds;
    bool queued = false;
    time_point deadline;
    time_point arrived;
    std::uint64_t place = 0;  ///< in the order of arrival
    std::optional<worker_wish> wish;
    fifo_links<request_id> links;

    friend bool operator==(const request&, const request&) = default;
  };

  [[nodiscard]] const std::unordered_map<worker_id, worker>& workers() const { return workers_; }
  [[nodiscard]] const std::unordered_map<request_id, request>& requests() const {
    return requests_;
  }
  [[nodiscard]] const linked_fifo<worker_id>& idle() const { return idle_; }
  [[nodiscard]] const linked_fifo<request_id>& queue() const { return queue_; }
  /// Requests that wait, for any worker or for a certain one.
  [[nodiscard]] std::size_t queue_length() const { return queue_.size() + waiting_for_one_; }
  [[nodiscard]] std::size_t idle_count() const { return idle_.size(); }
  [[nodiscard]] std::size_t starting_count() const { return starting_.size(); }
  [[nodiscard]] std::size_t handshaking_count() const { return handshaking_; }
  /// Workers that have started: idle or checked out.
  [[nodiscard]] std::size_t ready_count() const { return workers_.size() - starting_.size(); }
  /// Workers that are neither there nor starting but will be started without anybody asking.
  [[nodiscard]] std::size_t to_be_started() const {
    return scheduled_ + retrying_ + deferred_.size();
  }
  /// Workers beyond `pool_size`: replacements that start, and replaced ones that a client still
  /// holds.
  [[nodiscard]] std::size_t surplus_count() const { return replacing_ + replaced_; }
  [[nodiscard]] std::optional<time_point> oldest_wait() const;
  [[nodiscard]] const pool_counters& counters() const { return counters_; }
  [[nodiscard]] const pool_core_options& options() const { return options_; }
  [[nodiscard]] const std::optional<exit_reason>& last_init_failure() const {
    return last_init_failure_;
  }
  /// Whether a worker that becomes ready although nobody expects it is terminated; else it is left
  /// to itself.
  [[nodiscard]] bool terminates_strays() const { return !ended_ || !defects_.abandons_workers; }
  /// Set from the beginning of the end on.
  [[nodiscard]] const std::optional<exit_reason>& ended() const { return ended_; }

  friend bool operator==(const pool_core&, const pool_core&) = default;

 private:
  class turn;

  pool_core_options options_;
  pool_defects defects_;
  std::unordered_map<worker_id, worker> workers_;
  std::unordered_map<request_id, request> requests_;
  linked_fifo<worker_id> idle_;
  linked_fifo<worker_id> starting_;  // handshaking ones too, in the order of their starts
  linked_fifo<request_id> queue_;    // for any worker; the others queue at theirs
  std::size_t waiting_for_one_ = 0;  // in all `wanted_by`
  std::uint64_t next_place_ = 1;
  std::uint64_t next_worker_ = 1;
  std::size_t handshaking_ = 0;
  std::size_t scheduled_ = 0;             // notes to itself under way
  std::size_t retrying_ = 0;              // delays under way
  std::size_t prepared_ = 0;              // workers that are wanted anyway, until so many are ready
  std::deque<std::uint32_t> deferred_;    // by init_concurrency: the failures of each
  std::deque<worker_id> to_be_replaced_;  // by init_concurrency, too
  std::size_t replacing_ = 0;             // starting in the place of others
  std::size_t replaced_ = 0;              // with a client, and to go at their checkin
  bool running_ = false;                  // its start has succeeded
  pool_counters counters_;
  std::optional<exit_reason> last_init_failure_;
  std::optional<exit_reason> ended_;
};

}  // namespace slipway
