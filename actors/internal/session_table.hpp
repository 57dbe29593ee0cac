// slipway/actors/internal/session_table.hpp
//
// The sessions of a pool's place, from any thread.
// Belongs here: the lock around the core, whose turn is next, the timer of the times to live, events.
// Does not: decisions (session_table_core), calls (session_call, session_cleanup).
// Invariants: (1) no foreign code runs under the lock, and no pool is asked;
//             (2) one timer is armed for all sessions together.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/event_outlet.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/session_table_core.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace slipway::internal {

/// What handles of a session share, besides the core's entry.
struct session_record {
  session_number number;
  std::string id;
  session_rebuild rebuild;
};

/// A call as the table knows it.
class session_turn {
 public:
  session_turn() = default;
  session_turn(const session_turn&) = delete;
  session_turn& operator=(const session_turn&) = delete;
  session_turn(session_turn&&) = delete;
  session_turn& operator=(session_turn&&) = delete;
  virtual ~session_turn() = default;

  /// It is this call's turn; it says `leave` once when it is over.
  virtual void begin_turn() = 0;
};

/// Told of sessions that begin and end, so that each can have its actor.
class session_listener {
 public:
  session_listener() = default;
  session_listener(const session_listener&) = delete;
  session_listener& operator=(const session_listener&) = delete;
  session_listener(session_listener&&) = delete;
  session_listener& operator=(session_listener&&) = delete;
  virtual ~session_listener() = default;

  /// Before any handle of it is given out. An error undoes the begin.
  virtual std::optional<session_error> begun(const std::shared_ptr<session_record>& session) = 0;
  virtual void ended(session_number session, const exit_reason& reason) = 0;
};

/// Thread: any.
class session_table : public std::enable_shared_from_this<session_table> {
 public:
  session_table(std::string pool, session_options options, std::shared_ptr<const clock> time,
                std::shared_ptr<timer_service> timers, std::shared_ptr<const event_outlet> events);

  // -- the pool -----------------------------------------------------------------------------------

  /// @param held  keeps the runtime of the pool for as long as the pool runs.
  /// @returns     the number of this run of the pool.
  std::uint64_t pool_started(std::shared_ptr<void> held);
  void pool_exited(std::uint64_t run, const exit_reason& reason);
  void worker_lost(worker_ref worker, const std::string& name, const exit_reason& reason);
  void listen(std::shared_ptr<session_listener> listener);

  // -- sessions -----------------------------------------------------------------------------------

  struct opened {
    std::shared_ptr<session_record> session;
    std::uint64_t told;
  };
  [[nodiscard]] result<opened, session_error> open(const std::string& id, session_spec spec);
  [[nodiscard]] std::optional<opened> find(const std::string& id) const;
  /// @returns false when it had ended.
  bool end(session_number number, const exit_reason& reason,
           std::optional<session_remains>& remains);
  [[nodiscard]] std::optional<session_status> status(session_number number) const;
  [[nodiscard]] session_counts counts() const;

  /// Removes what a worker holds for nobody; set by pool_slot, which knows the pool.
  using cleaner = std::function<void(const session_remains&)>;
  void clean_with(cleaner clean);

  // -- calls (session_call) -----------------------------------------------------------------------

  [[nodiscard]] session_call_number next_call();
  /// `begin_turn` runs now or later, on the thread of whichever call ends before.
  void enter(session_number number, session_call_number call, std::shared_ptr<session_turn> turn);
  [[nodiscard]] bool withdraw(session_number number, session_call_number call);
  /// Call `give_turns` next.
  void leave(session_number number, bool ok);
  void give_turns(session_number number);

  [[nodiscard]] session_placement place(session_number number, std::uint64_t told) const;
  [[nodiscard]] session_grant granted(session_number number, worker_ref worker, std::uint64_t told);
  void bind(session_number number, worker_ref worker, const std::string& worker_name);
  void unbind(session_number number);
  void home_gone(session_number number, const std::optional<exit_reason>& reason);
  [[nodiscard]] bool is_home(const std::string& id, worker_ref worker) const;

  [[nodiscard]] timer_service& timers() const { return *timers_; }
  /// Keeps the runtime of the running pool; null when none runs.
  [[nodiscard]] std::shared_ptr<void> hold() const;

 private:
  struct record_entry {
    std::shared_ptr<session_record> record;
    std::unordered_map<session_call_number, std::shared_ptr<session_turn>> waiting{};
    // Turns that have come, and whether a thread is giving them.
    std::deque<std::shared_ptr<session_turn>> due{};
    bool giving = false;
  };

  void report(const runtime_event& event) const;
  void report_losses(const std::vector<session_loss>& lost, const std::string& worker) const;
  void arm_expiry();
  void expire();
  void over(const std::vector<session_table_core::ended_session>& ended, const exit_reason& reason);

  const std::string pool_;
  const std::shared_ptr<const clock> time_;
  const std::shared_ptr<timer_service> timers_;
  const std::shared_ptr<const event_outlet> events_;
  mutable std::mutex mutex_;
  session_table_core core_;
  std::unordered_map<session_number, record_entry> records_;
  std::uint64_t runs_ = 0;
  std::shared_ptr<void> held_;  // of the running pool
  std::optional<time_point> armed_for_;
  std::shared_ptr<session_listener> listener_;
  cleaner clean_;
  std::atomic<std::uint64_t> next_call_{1};
};

}  // namespace slipway::internal
