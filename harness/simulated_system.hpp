// slipway/harness/simulated_system.hpp
//
// The tree of a configuration in a simulation: one supervisor, and below it its pools, as in `system`.
// Belongs here: putting the real parts together on simulated ground. Does not: who calls (scenario, the
// command `slipway chaos`), what must hold (invariant).
// Limit: a system's own threads wait, and nobody may wait in a simulation; so this stands in its place.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

class pool_slot;
class runtime;
struct supervisor_options;

}  // namespace slipway

namespace slipway::harness {

struct simulated_system_options {
  std::string name = "slipway";
  unsigned intensity = 3;
  std::chrono::milliseconds period{5000};
  /// In start order; what they say of Python counts for nothing.
  std::vector<python_pool_options> pools{};
  event_handler on_event{};
  std::shared_ptr<telemetry> watch{};
  /// Has the last word on the supervisor: other children, another strategy, an observer.
  std::function<void(supervisor_options&)> arrange{};
  std::uint64_t seed = 1;  ///< of all chance in the host; the order of steps is the simulation's
};

/// Steps are made by whoever runs the simulation. Not to outlive it.
class simulated_system {
 public:
  /// Its start is the first thing that will happen.
  simulated_system(simulation& run, std::shared_ptr<simulated_ports> ports,
                   simulated_system_options options);
  simulated_system(const simulated_system&) = delete;
  simulated_system& operator=(const simulated_system&) = delete;
  simulated_system(simulated_system&&) = delete;
  simulated_system& operator=(simulated_system&&) = delete;
  /// Whatever has not ended by then is abandoned.
  ~simulated_system();

  /// One call on a pool, by its place in the options; `done` runs once, within a later step or this
  /// one, and makes no call itself.
  void async_call(std::size_t pool, const std::string& command, const value& args, duration timeout,
                  std::function<void(result<value, call_error>)> done);

  /// Asks the supervisor to end, once.
  void stop();
  /// Whether all pools have been started.
  [[nodiscard]] bool started() const;
  /// What the pools stand on.
  [[nodiscard]] runtime& host();
  /// By its place in the options.
  [[nodiscard]] const std::shared_ptr<pool_slot>& pool(std::size_t place) const;
  /// Why the supervisor has ended.
  [[nodiscard]] const std::optional<exit_reason>& ended() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway::harness
