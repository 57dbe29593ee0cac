// slipway/actors/ready_watch.hpp
//
// Somebody who waits until so many workers of a pool have started.
// Belongs here: the answer, given once. Does not: starting them (pool_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/pool_core.hpp>
#include <slipway/protocol/result.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

namespace slipway {

/// Thread: the pool's, but for `answered`.
class ready_watch {
 public:
  using answer = result<void, checkout_error>;

  ready_watch(std::size_t wanted, duration timeout, std::function<void(answer)> done)
      : wanted_(wanted), timeout_(timeout), done_(std::move(done)) {}

  [[nodiscard]] std::size_t wanted() const { return wanted_; }
  [[nodiscard]] bool answered() const { return answered_.load(std::memory_order_acquire); }

  /// After an event of the pool. True when it is answered.
  bool look(const std::string& pool, const pool_core& core);
  /// The error names the last failure to start.
  void timed_out(const std::string& pool, const pool_core& core);
  void can_never_be(const std::string& pool, std::size_t pool_size);

 private:
  void say(answer given);

  const std::size_t wanted_;
  const duration timeout_;
  std::function<void(answer)> done_;
  std::atomic<bool> answered_{false};
};

}  // namespace slipway
