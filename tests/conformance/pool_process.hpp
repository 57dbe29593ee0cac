// tests/conformance/pool_process.hpp
//
// A thread of its own for a pool, so that the pool takes its messages as a process does: in turn,
// while those who sent them go on. A pool runs on its senders' threads; so what a client does is
// done while this thread holds the pool between two messages, and handled here when it lets go.
// Belongs here: who runs when.
// Does not: what is done (pool_run), when a sleep ends (pool_time).
// Invariants: at any instant either this thread runs or one thread that is in `enter`, so what both
//             touch needs no lock.
//
//     parked --run, enter--> running --block--> blocked --wake--> running --done--> parked
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace slipway::conformance {

class pool_process {
 public:
  using action = std::function<void()>;
  /// Runs an action in the pool, between two messages.
  using inspection = std::function<void(action)>;
  /// One stay in the pool during which it takes no message.
  enum class pause : std::uint64_t {};

  pool_process() : thread_([this] { work(); }) {}
  pool_process(const pool_process&) = delete;
  pool_process& operator=(const pool_process&) = delete;
  pool_process(pool_process&&) = delete;
  pool_process& operator=(pool_process&&) = delete;
  /// Lets the pool go for good, and waits for what still runs.
  ~pool_process();

  // -- from outside -------------------------------------------------------------------------------

  /// Does `what` on this thread, which must be parked, and returns at once.
  void run(action what);

  /// Does `what` while the pool takes no message, on the calling thread. Returns when the pool may
  /// go on, not when it has. Thread: any but this one; those that come at a time take turns.
  void enter(const action& what);

  /// Waits until the thread is parked or blocked.
  void settle();

  // -- within enter, or on this thread ------------------------------------------------------------

  /// From now on `enter` holds a pool.
  void set_pool(inspection inspect) { inspect_ = std::move(inspect); }

  /// Does `what` at the end of the `enter` that is under way, or when this thread says so.
  void right_after(action what) { right_after_.push_back(std::move(what)); }
  void do_right_after();

  [[nodiscard]] pause new_pause() { return pause{++pauses_}; }
  /// On this thread: waits for the end of the pause, which may have come before.
  void block(pause until);
  /// Ends a pause.
  void wake(pause which);
  /// Ends all pauses, also those to come.
  void let_go();

 private:
  enum class state : std::uint8_t { parked, running, blocked };

  void work();
  std::optional<pause> hold();
  void leave(state next);
  void await_settled(std::unique_lock<std::mutex>& lock);

  std::mutex entering_;  // held for as long as somebody is in `enter`
  inspection inspect_;
  std::vector<action> right_after_;

  std::mutex mutex_;
  std::condition_variable changed_;
  state state_ = state::parked;
  action job_;
  std::uint64_t pauses_ = 0;
  pause blocked_until_{};
  std::set<pause> over_already_;
  bool let_go_ = false;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace slipway::conformance
