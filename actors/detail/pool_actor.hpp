// slipway/actors/detail/pool_actor.hpp
//
// A pool as the child of a supervisor: it ends when it is told to, and says so when it has ended.
// Belongs here: exit messages in, the pool's end out, the acknowledgement of its start.
// Does not: checkouts (pool_handle, python_pool_actor), any rule.
// Source: CAF's actor_pool, which handles messages on their senders' threads as well.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/pool_start_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <functional>

namespace slipway::detail {

/// What a supervisor does to a pool, whatever its workers are.
struct pool_controls {
  std::function<void(exit_reason)> stop;
  std::function<void()> kill;
  std::function<void(std::size_t, duration, std::function<void(result<void, checkout_error>)>)>
      async_wait_until_ready;
};

/// Starts a pool that tells its end by the function it gets.
using pool_starter = std::function<result<pool_controls, pool_start_error>(
    std::function<void(const exit_reason&)> on_exit)>;

/// The controls of a pool, which they keep alive.
template <class Pool>
[[nodiscard]] pool_controls controls_of(const std::shared_ptr<Pool>& pool) {
  return {[pool](exit_reason reason) { pool->stop(std::move(reason)); }, [pool] { pool->kill(); },
          [pool](std::size_t workers, duration timeout,
                 std::function<void(result<void, checkout_error>)> done) {
            pool->async_wait_until_ready(workers, timeout, std::move(done));
          }};
}

/// Starts a pool as an actor that lives as long as the pool. With `min_ready` the start goes on
/// until so many workers are ready, and has failed after `start_timeout`.
[[nodiscard]] start_result start_pool_actor(start_context& context, const pool_starter& start,
                                            std::size_t min_ready, duration start_timeout);

}  // namespace slipway::detail
