// tests/conformance/live_tree.hpp
//
// Drives real supervisor actors with real child actors in real time.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subject.hpp"

#include <memory>

namespace slipway::conformance {

[[nodiscard]] std::unique_ptr<scenario_run> drive_live_tree(const scenario& script);

}  // namespace slipway::conformance
