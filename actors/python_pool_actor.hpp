// slipway/actors/python_pool_actor.hpp
//
// Calls Python, from actors.
//
//     self->request(pool, 5s, caf_atoms::call_v, std::string("score"), value(features), 5s)
//         .then([](const value& result) { … },
//               [](const caf::error& failed) { if (auto why = call_error_from(failed)) … });
//
// Belongs here: the typed handle and the way of call errors through CAF's.
// Does not: the pool. The handle stays good through all restarts of its pool. It works on the
// sender's thread up to the moment where the worker computes, and answers from the I/O thread. A
// client that exits while its call waits leaves the queue; one that exits while a worker computes
// for it costs that worker (NimblePool: DOWN).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/value.hpp>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <optional>
#include <string>

namespace slipway {

class pool_slot;

using call_atom = caf::atom_constant<caf::atom("call")>;

/// Takes command, arguments (a map or nil) and the timeout of the call; gives the result or an
/// error from which `call_error_from` reads the call_error.
using python_pool_actor =
    caf::typed_actor<caf::replies_to<call_atom, std::string, value, duration>::with<value>>;

/// The category of errors that carry a call_error; the code is its call_errc, plus one because CAF
/// takes 0 for no error.
inline constexpr caf::atom_value call_error_category = caf::atom("slip.call");

[[nodiscard]] caf::error to_caf(const call_error& error);

/// Nothing when `error` is of another category, as that of a CAF timeout.
[[nodiscard]] std::optional<call_error> call_error_from(const caf::error& error);

/// The actor through which the pool of `slot` is called.
[[nodiscard]] python_pool_actor make_python_pool_actor(caf::actor_system& system,
                                                       std::shared_ptr<pool_slot> slot);

}  // namespace slipway

// They stay within the process: what crosses to Python is encoded by the pool's codec.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::value)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::call_error)
