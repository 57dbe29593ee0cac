// tests/conformance/live_pool.hpp
//
// Drives a real pool in real time.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subject.hpp"

#include <memory>

namespace slipway::conformance {

[[nodiscard]] std::unique_ptr<scenario_run> drive_live_pool(const scenario& script);

}  // namespace slipway::conformance
