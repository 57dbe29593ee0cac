// slipway/actors/internal/async_call.hpp
//
// One call without a thread of its own: checkout, exchange on the I/O thread, checkin.
// Belongs here: the steps.
// Does not: what their ends mean (call_outcome). Invariant: the completion runs exactly once.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/call_gate.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/call_watch.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace slipway::internal {

class async_call : public std::enable_shared_from_this<async_call> {
 public:
  /// Runs in the pool or on the I/O thread: it must be brief and must not throw.
  using completion = std::function<void(result<value, call_error>)>;

  async_call(std::shared_ptr<pool_slot> slot, call_subject call, std::vector<std::byte> frame,
             duration timeout, completion done);

  void start();

  /// Its client has gone: the request leaves the queue, or its worker is removed. The completion
  /// may then not run at all.
  void client_down(const exit_reason& reason);

 private:
  // What is asked of which pool; a pool that was restarted is another one.
  struct pool_request {
    std::shared_ptr<python_pool> pool;
    std::shared_ptr<python_pool::ticket> ticket;
  };

  void ask_for_a_worker();
  std::uint64_t begin_request();
  // Gives the end of the client if it ended before the request could be held.
  std::optional<exit_reason> asked(std::uint64_t request,
                                   std::shared_ptr<python_pool::ticket> ticket);
  [[nodiscard]] bool client_gone() const;
  void end(result<value, call_error> outcome);
  void granted(result<lease<python_worker>, checkout_error> given);
  void answered(result<port::payload, port_error> answer);

  std::shared_ptr<pool_slot> slot_;
  call_subject call_;
  call_watch watch_;
  call_gate gate_;
  std::vector<std::byte> frame_;
  time_point deadline_;
  completion done_;
  // Used by one step after the other.
  std::shared_ptr<python_pool> pool_;
  std::optional<lease<python_worker>> lease_;
  // Also used by the thread on which the client goes.
  mutable std::mutex mutex_;
  std::optional<exit_reason> client_gone_;
  std::uint64_t requests_ = 0;
  pool_request held_;  // the latest
};

}  // namespace slipway::internal
