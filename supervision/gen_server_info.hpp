// slipway/supervision/gen_server_info.hpp
//
// What arrives in a gen_server's handle_info without anybody having sent it.
// Source: OTP gen_server: `timeout`, `{'DOWN', …}`, `{'EXIT', From, Reason}`.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <caf/actor_addr.hpp>

namespace slipway::gen_server {

/// The time of a return such as `noreply{100ms}` has passed, and no message came before: any
/// message ends that wait.
struct timeout {
  friend bool operator==(const timeout&, const timeout&) = default;
};

/// The end of an actor that the server monitors.
struct down {
  caf::actor_addr actor;
  exit_reason reason;
};

/// The end of a linked actor, or an exit signal of anybody but the parent, while exits are trapped.
struct exit_signal {
  caf::actor_addr from;
  exit_reason reason;
};

}  // namespace slipway::gen_server
