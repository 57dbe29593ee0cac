// tests/conformance/subject.hpp
//
// What a subject of recordings needs to be driven: one driver a clock, each behind one function.
// To add a subject: write its driver as a file of its own and add a line to `subjects()`.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace slipway::conformance {

/// One scenario that is being driven, from the first step on.
class scenario_run {
 public:
  scenario_run() = default;
  scenario_run(const scenario_run&) = delete;
  scenario_run& operator=(const scenario_run&) = delete;
  scenario_run(scenario_run&&) = delete;
  scenario_run& operator=(scenario_run&&) = delete;
  virtual ~scenario_run() = default;

  /// Does one step and returns what was seen until all was quiet: an array of events an observer.
  [[nodiscard]] virtual json step(const json& step) = 0;

  /// Whether the machine was too slow for the scenario's times, so that a difference says nothing.
  [[nodiscard]] virtual bool disturbed() const { return false; }
};

using start_run = std::function<std::unique_ptr<scenario_run>(const scenario&)>;

/// How a subject is driven; a function not given means that it cannot be, yet.
struct subject_drivers {
  start_run virtual_clock;
  start_run real_clock;
};

/// All subjects that the recordings have, by name.
[[nodiscard]] const std::map<std::string, subject_drivers>& subjects();

}  // namespace slipway::conformance
