// slipway/actors/pool_place.hpp
//
// The place at which clients find a pool, whichever of its restarts is running.
// Belongs here: the current pool. Does not: restarting it (supervisor).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace slipway {

/// One per supervised pool; it outlives every restart. Thread: any.
template <worker_behaviour W>
class pool_place {
 public:
  explicit pool_place(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  /// The pool that runs or is starting, or the last one that ran; null before the first start.
  [[nodiscard]] std::shared_ptr<pool<W>> current() const {
    std::lock_guard guard(mutex_);
    return current_;
  }
  void replace(std::shared_ptr<pool<W>> started) {
    std::lock_guard guard(mutex_);
    current_ = std::move(started);
  }

  /// See pool::checkout. Errors: also pool_stopped before the first start.
  [[nodiscard]] result<lease<W>, checkout_error> checkout(typename W::command wanted,
                                                          duration timeout) const {
    const auto pool = current();
    return pool ? pool->checkout(std::move(wanted), timeout) : failure(not_started());
  }

  /// What a client is told before the first start.
  [[nodiscard]] checkout_error not_started() const {
    return {checkout_errc::pool_stopped, "pool '" + name_ + "' has not been started", {}, {}, {}};
  }

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  std::shared_ptr<pool<W>> current_;
};

}  // namespace slipway
