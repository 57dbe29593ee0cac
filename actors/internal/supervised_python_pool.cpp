// slipway/actors/internal/supervised_python_pool.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/detail/pool_actor.hpp>
#include <slipway/actors/internal/supervised_python_pool.hpp>

#include <functional>
#include <utility>

namespace slipway::internal {

start_result supervised_python_pool(start_context& context, runtime& shared,
                                    const std::shared_ptr<pool_slot>& slot) {
  const auto start = [&](std::function<void(const exit_reason&)> on_exit)
      -> result<detail::pool_controls, pool_start_error> {
    auto pool = start_python_pool(shared, slot, std::move(on_exit));
    if (!pool) {
      return failure(std::move(pool.error()));
    }
    return detail::controls_of(*pool);
  };
  return detail::start_pool_actor(context, start, slot->options().min_ready,
                                  slot->options().start_timeout);
}

}  // namespace slipway::internal
