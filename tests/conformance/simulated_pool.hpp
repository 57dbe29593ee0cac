// tests/conformance/simulated_pool.hpp
//
// Drives a real pool on a virtual clock.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subject.hpp"

#include <memory>

namespace slipway::conformance {

[[nodiscard]] std::unique_ptr<scenario_run> drive_simulated_pool(const scenario& script);

}  // namespace slipway::conformance
