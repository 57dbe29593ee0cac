// slipway/actors/internal/sigpipe_guard.hpp
//
// Lets a thread of the host write to a pipe whose reader may be gone without SIGPIPE reaching the
// host. The disposition of a signal belongs to the host's process, the mask only to this thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <ctime>
#include <pthread.h>

namespace slipway::internal {

/// Blocks SIGPIPE for the calling thread while it lives.
class sigpipe_guard {
 public:
  sigpipe_guard() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;
  sigpipe_guard(sigpipe_guard&&) = delete;
  sigpipe_guard& operator=(sigpipe_guard&&) = delete;
  ~sigpipe_guard() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Takes away the signal that a write which failed with EPIPE has left pending.
  void consume() const {
    const timespec now{};
    ::sigtimedwait(&pipe_, nullptr, &now);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace slipway::internal
