// slipway/actors/internal/process_guard.hpp
//
// Kills a worker's process unless somebody has taken care of its end: what remains of a pool that
// was killed is the destructors of its workers' states.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/port.hpp>

#include <memory>
#include <utility>

namespace slipway::internal {

/// Thread: one at a time.
class process_guard {
 public:
  explicit process_guard(std::shared_ptr<port> process) : process_(std::move(process)) {}
  process_guard(const process_guard&) = delete;
  process_guard& operator=(const process_guard&) = delete;
  process_guard(process_guard&&) = delete;
  process_guard& operator=(process_guard&&) = delete;
  ~process_guard() {
    if (process_) {
      process_->kill();
    }
  }

  /// The process is being ended in another way.
  void release() { process_.reset(); }

 private:
  std::shared_ptr<port> process_;
};

}  // namespace slipway::internal
