// slipway/actors/spawner.hpp
//
// The one thread of a runtime that forks, so that no caller waits for a fork and an exec. It lives
// as long as the runtime, because a child may depend on the thread that forked it
// (PR_SET_PDEATHSIG, see the launcher).
// Belongs here: the thread and its queue.
// Does not: fork and exec themselves (internal/process_launcher), watching what was started (port).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/process_spec.hpp>
#include <slipway/protocol/result.hpp>

#include <functional>
#include <memory>

namespace slipway {

namespace internal {
struct launched_process;
}

/// Starts processes one after the other on a thread of its own.
class spawner {
 public:
  using completion = std::function<void(result<internal::launched_process, spawn_error>)>;

  spawner();
  spawner(const spawner&) = delete;
  spawner& operator=(const spawner&) = delete;
  spawner(spawner&&) = delete;
  spawner& operator=(spawner&&) = delete;
  /// Fails what is queued with `spawner_stopped`. Every process that was started must have ended
  /// before: those left are killed by the kernel.
  ~spawner();

  /// Queues one start. `done` runs on the spawner's thread, must be brief and must not throw.
  /// Thread: any. Never blocks.
  void spawn(process_spec spec, completion done);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway
