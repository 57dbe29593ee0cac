// slipway/harness/internal/pool_stage.hpp
//
// What all who take part in the run of a pool scenario share: chance, and what is seen of their calls.
// Belongs here: writing down calls and outcomes. Does not: making them (pool_clients, pool_sessions).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/harness/random_source.hpp>
#include <slipway/harness/run_view.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace slipway::harness::internal {

/// One thread.
struct pool_stage {
  simulation& run;
  random_source random;
  run_view view{};
  std::size_t busy = 0;  ///< clients that still want something

  /// The one pool of the run.
  [[nodiscard]] const std::shared_ptr<pool_slot>& slot() const { return view.pools.front(); }

  /// A call that begins. The reference stays good: `view.calls` has room for all of them.
  observed_call& note_call(const std::string& client, const std::string& command);
  void note_outcome(observed_call& call, const result<value, call_error>& outcome);
};

}  // namespace slipway::harness::internal
