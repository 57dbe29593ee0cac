// slipway/actors/session_actor.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/session_actors.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/session_actor.hpp>
#include <slipway/actors/system.hpp>

#include <caf/actor_cast.hpp>

namespace slipway {

python_pool_actor session_actor_of(const system& host, const session& of) {
  const auto& handle = *of.state();
  return caf::actor_cast<python_pool_actor>(
      host.session_actors().actor_of(*handle.pool, handle.session->number));
}

}  // namespace slipway
