// slipway/actors/pool_slot.hpp
//
// The place at which clients find a pool, whichever of its restarts is running.
// Belongs here: the current pool and what all its restarts share.
// Does not: restarting (supervisor).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_worker.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace slipway {

/// One per configured pool; it outlives every restart. Thread: any.
class pool_slot {
 public:
  pool_slot(python_pool_options options, std::shared_ptr<const clock> time)
      : options_(std::move(options)), time_(std::move(time)) {}

  [[nodiscard]] const python_pool_options& options() const { return options_; }
  [[nodiscard]] time_point now() const { return time_->now(); }

  /// The pool that runs, or the last one that ran; null before the first start.
  [[nodiscard]] std::shared_ptr<python_pool> current() const {
    std::lock_guard guard(mutex_);
    return current_;
  }
  void replace(std::shared_ptr<python_pool> started) {
    std::lock_guard guard(mutex_);
    current_ = std::move(started);
  }

  /// Never gives the same twice, so that an answer can be told from that to any other request.
  [[nodiscard]] std::uint64_t next_request_id() {
    return next_request_id_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  const python_pool_options options_;
  const std::shared_ptr<const clock> time_;
  mutable std::mutex mutex_;
  std::shared_ptr<python_pool> current_;
  // Above the ids of handshake and shutdown.
  std::atomic<std::uint64_t> next_request_id_{16};
};

/// Starts the pool that `slot` describes, with its workers on `shared`, and puts it into the slot.
/// @param on_exit  see pool::start.
std::shared_ptr<python_pool> start_python_pool(
    runtime& shared, const std::shared_ptr<pool_slot>& slot,
    std::function<void(const exit_reason&)> on_exit = nullptr);

}  // namespace slipway
