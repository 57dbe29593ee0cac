// slipway/supervision/child_spec.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace slipway {

namespace {

void tell(const caf::actor_addr& supervisor, supervisor_input::any input) {
  if (const auto receiver = caf::actor_cast<caf::actor>(supervisor)) {
    caf::anon_send(receiver, internal::supervisor_mail{std::move(input)});
  }
}

}  // namespace

void start_acknowledger::started(std::string info) const {
  tell(supervisor_, supervisor_input::child_started{run_, std::move(info)});
}

void start_acknowledger::ignored() const {
  tell(supervisor_, supervisor_input::child_ignored{run_});
}

void start_acknowledger::failed(exit_reason reason) const {
  tell(supervisor_, supervisor_input::child_start_failed{run_, std::move(reason)});
}

}  // namespace slipway
