// slipway/actors/internal/signal_free_thread.hpp
//
// A thread that takes no signal: signals are the host's business, and none of them may land on a thread
// of ours.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <pthread.h>
#include <thread>
#include <utility>

namespace slipway::internal {

/// Starts it with every signal blocked; the caller's own mask is as before.
template <class Body>
[[nodiscard]] std::thread signal_free_thread(Body body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread started(std::move(body));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace slipway::internal
