// slipway/actors/client_thread.hpp
//
// Notices that a thread has ended: a thread that checks a worker out is a client like any other, and
// its end is a DOWN.
// Belongs here: who is told at the end of a thread. Does not: what follows from it (pool).
// Source: NimblePool monitors the process that called checkout.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace slipway {

/// Something that belongs to a thread.
class thread_bound {
 public:
  thread_bound() = default;
  thread_bound(const thread_bound&) = delete;
  thread_bound& operator=(const thread_bound&) = delete;
  thread_bound(thread_bound&&) = delete;
  thread_bound& operator=(thread_bound&&) = delete;
  virtual ~thread_bound() = default;

  /// Whether it still needs to be told.
  [[nodiscard]] virtual bool bound() const = 0;
  /// Runs at the end of the thread, on that thread; it must not throw.
  virtual void thread_ended() = 0;
};

/// Tells `what`, if it is still there and bound then, when the calling thread ends. Cost: amortised
/// constant; nothing is kept of what is no longer bound.
void tell_at_end_of_thread(const std::shared_ptr<thread_bound>& what);

}  // namespace slipway
