// slipway/actors/session_actor.hpp
//
// A session for actors.
//
//     auto basket = session_actor_of(system, session);
//     self->request(basket, 5s, call_atom::value, std::string("add"), value(item), duration(5s))
//         .then([](const value& result) { … });
//
// Belongs here: the actor of a session.
// Does not: how a session begins (client::open_session), calls from threads (session).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/actors/session.hpp>

namespace slipway {

class system;

/// The actor of a session: a temporary child of the system's dynamic supervisor of sessions. It
/// takes what python_pool_actor takes and ends with its session: normal when that was ended,
/// `{shutdown, expired}` by its time to live. An exit that is not normal ends the session. A client
/// that exits while its call waits or runs loses the answer; the session and its worker go on.
/// @returns null once the session has ended.
[[nodiscard]] python_pool_actor session_actor_of(const system& host, const session& of);

}  // namespace slipway
