// slipway/actors/detail/client_watch.hpp
//
// Notices that an actor has exited which checks workers out: it is a client, and its end is a DOWN.
// Belongs here: the watch. Does not: what follows (pool).
// Source: NimblePool monitors its clients.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <caf/fwd.hpp>

#include <functional>

namespace slipway::detail {

/// Runs `on_exit` when `client` exits, on the thread on which it does; at once if it has. `id` tells
/// the watches of one client apart. Thread: any.
void watch_client(const caf::strong_actor_ptr& client, const void* id,
                  std::function<void(const exit_reason&)> on_exit);
/// Ends that watch; nothing if there is none (any more).
void unwatch_client(const caf::strong_actor_ptr& client, const void* id);

}  // namespace slipway::detail
