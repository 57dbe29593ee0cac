// slipway/supervision/exit_reason_caf.hpp
//
// Exit reasons across CAF: what an actor quits with, and what its monitors read from a down_msg.
// Belongs here: the mapping both ways and the inspection that lets a reason travel in a message.
// Does not: the reasons themselves (exit_reason.hpp).
// Invariants: (1) from_caf(to_caf(r)) == r for every reason r;
//             (2) a default-made caf::error is `normal` and the other way round;
//             (3) `killed` is caf::exit_reason::kill, which no CAF actor can trap.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>

#include <string>
#include <utility>
#include <vector>

namespace slipway {

/// The error with which an actor that ends for this reason must quit: `self->quit(to_caf(reason))`.
/// Plain `shutdown` becomes CAF's `user_shutdown`, `killed` CAF's `kill`, `normal` the empty error;
/// all others have the category `slipway` and carry the whole reason as context.
[[nodiscard]] caf::error to_caf(const exit_reason& reason);

/// The notice that a dying actor sends to those it owns when it was killed: it reads as `killed`
/// (from_caf) and yet can be trapped, as in Erlang, where `kill` becomes `killed` for linked
/// processes. For every other reason the same as to_caf.
[[nodiscard]] caf::error to_caf_notice(const exit_reason& reason);

/// The reason that stands in a down_msg or exit_msg, whoever made it. CAF's own errors map so:
/// `kill` → killed; `user_shutdown` → shutdown; `unreachable`, `unknown`, `request_receiver_down` →
/// noproc; `remote_link_unreachable` and lost connections → noconnection; `request_timeout` →
/// timeout; anything else → error whose type is CAF's name for it (`runtime_error`,
/// `unhandled_exception`, …).
[[nodiscard]] exit_reason from_caf(const caf::error& error);

namespace detail {

/// A reason and its causes as plain text fields, for inspection.
[[nodiscard]] std::vector<std::string> flatten(const exit_reason& reason);

/// The inverse of flatten; text of any other shape gives an `error` reason of type
/// `malformed_exit_reason`.
[[nodiscard]] exit_reason unflatten(const std::vector<std::string>& fields);

}  // namespace detail

/// Lets CAF copy, print, write and read a reason inside a message.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& inspector, exit_reason& reason) {
  std::vector<std::string> fields = detail::flatten(reason);
  auto load = [&reason, &fields]() -> caf::error {
    reason = detail::unflatten(fields);
    return caf::none;
  };
  return inspector(caf::meta::type_name("slipway::exit_reason"), fields,
                   caf::meta::load_callback(load));
}

}  // namespace slipway
