// slipway/tools/stop_request.hpp
//
// The wish that the command ends soon, as something one can ask, wait for and poll.
// Belongs here: the wish.
// Does not: where it comes from (stop_signals).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>

namespace slipway::tools {

/// Thread: any.
class stop_request {
 public:
  stop_request() : event_(::eventfd(0, EFD_CLOEXEC)) {}
  stop_request(const stop_request&) = delete;
  stop_request& operator=(const stop_request&) = delete;
  stop_request(stop_request&&) = delete;
  stop_request& operator=(stop_request&&) = delete;
  ~stop_request() { ::close(event_); }

  /// @param signal  the signal that asks for it; only the first is kept. 0: the work is over.
  void ask(int signal) {
    {
      std::lock_guard guard(mutex_);
      if (asked_) {
        return;
      }
      asked_ = true;
      signal_ = signal;
    }
    changed_.notify_all();
    const std::uint64_t one = 1;
    // It cannot fail: the counter is far from its end.
    static_cast<void>(::write(event_, &one, sizeof one));
  }

  [[nodiscard]] bool asked() const {
    std::lock_guard guard(mutex_);
    return asked_;
  }
  [[nodiscard]] int signal() const {
    std::lock_guard guard(mutex_);
    return signal_;
  }
  /// @returns whether it was asked for within `length`.
  bool wait_for(duration length) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, length, [this] { return asked_; });
  }
  /// Readable from the moment it is asked for; for poll, never to be read.
  [[nodiscard]] int descriptor() const { return event_; }

 private:
  const int event_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool asked_ = false;
  int signal_ = 0;
};

}  // namespace slipway::tools
