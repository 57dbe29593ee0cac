// slipway/actors/detail/gateway.hpp
//
// An actor without a mailbox: it handles each message on its sender's thread.
// Belongs here: its end. Does not: what it does with messages.
// Source: CAF's actor_pool.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/monitorable_actor.hpp>

namespace slipway::detail {

class gateway : public caf::monitorable_actor {
 public:
  explicit gateway(caf::actor_config& config) : caf::monitorable_actor(config) {}

  void on_destroy() override {
    if (!getf(is_cleaned_up_flag)) {
      cleanup(caf::exit_reason::unreachable, nullptr);
      caf::monitorable_actor::on_destroy();
    }
  }
};

}  // namespace slipway::detail
