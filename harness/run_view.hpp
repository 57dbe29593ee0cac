// slipway/harness/run_view.hpp
//
// What a scenario lets be seen of its run, for invariants to judge.
// Belongs here: calls and their outcomes, what supervisors said, pools, processes.
// Does not: what must hold of these (invariant).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/supervision/supervisor_event.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::harness {

/// One call of a client. `wanted` and `got` are the arguments and results in words.
struct observed_call {
  std::string client{};
  std::string command{};
  std::string session{};  ///< empty: none
  /// The run of the pool when the call began.
  std::weak_ptr<const void> pool{};
  /// The only result that is right; empty: not known beforehand.
  std::string wanted{};
  std::string got{};  ///< of the last outcome, when it was a result
  std::optional<call_errc> error{};
  std::size_t outcomes = 0;
  /// Its client ended before there was an outcome: there may be none.
  bool client_gone = false;
};

/// What a supervisor said, and when.
struct observed_event {
  std::string supervisor;
  supervisor_event what;
  time_point at;
  std::size_t processes_opened = 0;  ///< until then
};

/// A supervisor's rules, for those who check them.
struct observed_supervisor {
  std::string name;
  supervisor_flags flags;
  std::vector<child_rules> rules;  ///< of its children, in start order
};

/// All members are of the run and live as long.
struct run_view {
  simulation* run = nullptr;
  simulated_ports* ports = nullptr;
  slipway::runtime* host = nullptr;
  std::vector<std::shared_ptr<pool_slot>> pools{};
  std::vector<observed_call> calls{};
  /// Pools are asked to clean up after sessions, which is no call.
  bool cleans_up = false;
  std::vector<observed_supervisor> supervisors{};
  std::vector<observed_event> events{};
};

}  // namespace slipway::harness
