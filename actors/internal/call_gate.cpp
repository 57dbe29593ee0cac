// slipway/actors/internal/call_gate.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/call_gate.hpp>

#include <utility>

namespace slipway::internal {

std::optional<call_error> call_gate::refusal(const call_subject& call) {
  call_breakers* breakers = slot_.breakers();
  if (breakers == nullptr) {
    return std::nullopt;
  }
  auto permit = breakers->ask(call.command);
  if (!permit) {
    return refused(call, permit.error(), slot_.name(), slot_.now());
  }
  permit_ = std::move(*permit);
  return std::nullopt;
}

void call_gate::ended(result<value, call_error>& outcome) {
  if (outcome) {
    permit_.settle(circuit_outcome::succeeded);
    return;
  }
  outcome = failure(classified(std::move(outcome).error(), slot_));
  permit_.settle(outcome.error().classified->breaker);
}

call_error classified(call_error error, const pool_slot& slot) {
  error.classified = slot.options().errors.of(error);
  return error;
}

}  // namespace slipway::internal
