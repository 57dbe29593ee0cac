// slipway/actors/supervised_pool.hpp
//
// A pool of any workers under a supervisor.
//
//     auto place = std::make_shared<slipway::pool_place<tokens>>("tokens");
//     slipway::child_spec spec{.id = "tokens",
//                              .start = slipway::supervised_pool<tokens>(recipe, place)};
//     auto lease = place->checkout({}, 5s);   // from whichever restart is running
//
// Belongs here: the start function. Does not: pools of Python workers (system, pool_slot).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/detail/pool_actor.hpp>
#include <slipway/actors/pool_place.hpp>
#include <slipway/supervision/child_spec.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace slipway {

/// What each start of a pool is made of; `behaviour` and `argument` are copied for it.
template <worker_behaviour W>
struct pool_recipe {
  pool_options options{};
  W behaviour{};
  argument_of<W> argument{};
  std::shared_ptr<const clock> time;
  std::shared_ptr<timer_service> timers;
};

/// A start function for a child spec. A pool that ends, by a crash or by too many failed starts of
/// its workers, exits with its reason, and the supervisor decides; `shutdown` stops it, a kill kills
/// it. With `min_ready` the child is started when so many workers are ready.
template <worker_behaviour W>
[[nodiscard]] start_function supervised_pool(pool_recipe<W> recipe,
                                             std::shared_ptr<pool_place<W>> place) {
  return [recipe = std::move(recipe), place = std::move(place)](start_context& context) {
    const detail::pool_starter start = [&](std::function<void(const exit_reason&)> on_exit)
        -> result<detail::pool_controls, pool_start_error> {
      pool_options options = recipe.options;
      options.min_ready = 0;  // waited for below, without holding up the supervisor's thread
      auto started = pool<W>::start(std::move(options), recipe.behaviour, recipe.argument,
                                    recipe.time, recipe.timers, std::move(on_exit));
      if (!started) {
        return failure(std::move(started.error()));
      }
      place->replace(*started);
      return detail::controls_of(*started);
    };
    return detail::start_pool_actor(context, start, recipe.options.min_ready,
                                    recipe.options.start_timeout);
  };
}

}  // namespace slipway
