// slipway/actors/worker_roster.hpp
//
// The records of the workers of one place, through all restarts of its pool.
// Belongs here: finding them. Does not: what is in them (worker_record).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/worker_record.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace slipway {

/// Keeps a record for as long as anybody else does: until its process has been reaped. Thread: any.
class worker_roster {
 public:
  void add(const std::shared_ptr<worker_record>& worker) {
    std::lock_guard guard(mutex_);
    std::erase_if(workers_, [](const auto& each) { return each.expired(); });
    workers_.push_back(worker);
  }

  /// In the order in which they began to start.
  [[nodiscard]] std::vector<std::shared_ptr<worker_record>> records() const {
    std::lock_guard guard(mutex_);
    std::vector<std::shared_ptr<worker_record>> alive;
    for (const auto& each : workers_) {
      if (auto record = each.lock()) {
        alive.push_back(std::move(record));
      }
    }
    return alive;
  }

  /// The newest with this number, as each restart of a pool counts anew; null when there is none.
  [[nodiscard]] std::shared_ptr<worker_record> find(worker_id id) const {
    std::lock_guard guard(mutex_);
    for (auto each = workers_.rbegin(); each != workers_.rend(); ++each) {
      if (auto record = each->lock(); record && record->id() == id) {
        return record;
      }
    }
    return nullptr;
  }

  /// False also when there is no such worker.
  [[nodiscard]] bool is_degraded(worker_id id) const {
    const auto record = find(id);
    return record && record->degraded();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<worker_record>> workers_;
};

}  // namespace slipway
