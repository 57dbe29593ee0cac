// slipway/actors/internal/pool_actor.hpp
//
// A Python pool as the child of a supervisor: it ends when it is told to, and says so when it has
// ended.
// Belongs here: exit messages in, the pool's end out.
// Does not: calls (python_pool_actor), any rule.
// Source: CAF's actor_pool, which handles messages on their senders' threads as well.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/runtime.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <memory>

namespace slipway::internal {

/// Starts the pool of `slot`, one of its restarts, as an actor that lives as long as the pool.
[[nodiscard]] caf::actor start_pool_actor(caf::actor_system& system, runtime& shared,
                                          const std::shared_ptr<pool_slot>& slot);

}  // namespace slipway::internal
