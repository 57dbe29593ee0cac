// slipway/actors/internal/call_gate.hpp
//
// One call's way past the breakers of its pool, and the class of its error. One place for all kinds of
// calls.
// Belongs here: asking before, telling after. Does not: the call itself (client, async_call).
// Invariant: a pool without breakers costs a call the test of one pointer.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <optional>

namespace slipway::internal {

/// Thread: one step after the other. `slot` must outlive it.
class call_gate {
 public:
  explicit call_gate(const pool_slot& slot) : slot_(slot) {}

  /// Asks for the call; gives its error when it must not be made.
  [[nodiscard]] std::optional<call_error> refusal(const call_subject& call);

  /// It has ended: classifies its error, and tells the breakers.
  void ended(result<value, call_error>& outcome);

  /// It has ended through its client, which says nothing of the pool.
  void abandoned() { permit_.settle(circuit_outcome::abandoned); }

 private:
  const pool_slot& slot_;
  breaker_permit permit_;
};

/// The error as the pool classifies it, for one that came about before there was a call.
[[nodiscard]] call_error classified(call_error error, const pool_slot& slot);

}  // namespace slipway::internal
