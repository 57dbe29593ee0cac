// tests/conformance/runner.hpp
//
// Runs scenarios, side by side where that is asked for, and says how each went.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subject.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace slipway::conformance {

enum class outcome { passed, failed, not_run };

struct verdict {
  outcome how = outcome::not_run;
  std::string text;  ///< of a failure: the step, what was expected and what was seen
};

/// Drives one scenario to its first step that differs.
[[nodiscard]] verdict run_scenario(const scenario& recorded, const start_run& start);

/// Drives all, `at_once` of them at a time, with the function that `drivers` gives each.
[[nodiscard]] std::vector<verdict> run_all(
    const std::vector<scenario>& recorded,
    const std::function<start_run(const scenario&)>& driver_of, std::size_t at_once);

}  // namespace slipway::conformance
