// slipway/supervision/detail/server_life.hpp
//
// Whether a server still lives, and why it ended: what its callers and stoppers wait for.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace slipway::gen_server::detail {

/// Shared by a server and all its handles. Thread: any.
class server_life {
 public:
  /// From here on callers whose requests are dropped learn this reason. The first one counts.
  void decide(exit_reason reason) {
    const std::lock_guard guard{mutex_};
    if (!reason_) {
      reason_ = std::move(reason);
    }
  }

  /// The server has ended, after its terminate callback.
  void end() {
    {
      const std::lock_guard guard{mutex_};
      ended_ = true;
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool ended() const {
    const std::lock_guard guard{mutex_};
    return ended_;
  }

  /// Nothing while it lives and means to.
  [[nodiscard]] std::optional<exit_reason> reason() const {
    const std::lock_guard guard{mutex_};
    return reason_;
  }

  /// Why it ended; nothing when it had not by then.
  [[nodiscard]] std::optional<exit_reason> wait_ended(std::chrono::milliseconds timeout) const {
    std::unique_lock guard{mutex_};
    const auto over = [this] { return ended_; };
    if (timeout == std::chrono::milliseconds::max()) {
      changed_.wait(guard, over);
    } else {
      changed_.wait_for(guard, timeout, over);
    }
    return ended_ ? reason_ : std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<exit_reason> reason_;
  bool ended_ = false;
};

}  // namespace slipway::gen_server::detail
