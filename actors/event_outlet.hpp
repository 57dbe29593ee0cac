// slipway/actors/event_outlet.hpp
//
// The way of events to a runtime for what may live longer than it does.
// Belongs here: delivering or dropping. Does not: what becomes of an event (runtime).
// Invariant: once `close` has returned, no event is on its way.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/runtime_event.hpp>

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace slipway {

/// Thread: any.
class event_outlet {
 public:
  explicit event_outlet(std::function<void(const runtime_event&)> to) : to_(std::move(to)) {}

  /// Delivers the event on this thread, unless the outlet is closed.
  void report(const runtime_event& event) const {
    const std::shared_lock open(mutex_);
    if (to_) {
      to_(event);
    }
  }

  /// Waits for what is being delivered. Not to be called while delivering.
  void close() {
    const std::unique_lock alone(mutex_);
    to_ = nullptr;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::function<void(const runtime_event&)> to_;
};

}  // namespace slipway
