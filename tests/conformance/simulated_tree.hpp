// tests/conformance/simulated_tree.hpp
//
// Drives the cores of supervisors with simulated processes on a virtual clock.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subject.hpp"

#include <memory>

namespace slipway::conformance {

[[nodiscard]] std::unique_ptr<scenario_run> drive_simulated_tree(const scenario& script);

}  // namespace slipway::conformance
