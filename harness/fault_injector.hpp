// slipway/harness/fault_injector.hpp
//
// A fault plan at work: whoever can do damage asks here what to do.
//
//     fault_injector injector(plan, seed, clock, [](const injected_fault& each) { trace(each); });
//     for (const auto& each : injector.on({.what = fault_event::kind::request, .who = worker})) …
//
// Belongs here: the lock around the core, the time, the trace. Does not: the rules (fault_core).
// Invariant: each fault goes to the trace once, in the order in which the rules struck.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/harness/fault_core.hpp>
#include <slipway/harness/fault_event.hpp>
#include <slipway/harness/fault_plan.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace slipway::harness {

/// Runs on the thread that asked, with the injector's lock held: it is brief and asks it nothing.
using fault_trace_sink = std::function<void(const injected_fault&)>;

/// Thread: any.
class fault_injector {
 public:
  /// The plan begins now.
  /// @param trace  may be empty.
  fault_injector(fault_plan plan, std::uint64_t seed, std::shared_ptr<const clock> time,
                 fault_trace_sink trace);

  /// What to do now, in this order. As `fault_core::on`.
  [[nodiscard]] std::vector<injected_fault> on(const fault_event& event);

  /// As `fault_core::is_private`; to be asked before `on`.
  [[nodiscard]] bool is_private(const fault_event& event) const;

  /// When to ask `due`; another event may change it. As `fault_core::next_due`.
  [[nodiscard]] std::optional<time_point> next_due() const;
  [[nodiscard]] std::vector<injected_fault> due();

  /// A process or an actor has gone.
  void forget(const fault_subject& who);

 private:
  std::vector<injected_fault> traced(std::vector<injected_fault> struck) const;

  const std::shared_ptr<const clock> clock_;
  const fault_trace_sink trace_;
  mutable std::mutex mutex_;
  fault_core core_;
};

}  // namespace slipway::harness
