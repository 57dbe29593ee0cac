// tests/conformance/pool_run.hpp
//
// Puts a real pool through the steps of a scenario.
// Belongs here: steps, clients, what is seen.
// Does not: outcomes of callbacks (pool_script), threads (pool_process), time (pool_time).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pool_time.hpp"
#include "subject.hpp"

#include <memory>

namespace slipway::conformance {

[[nodiscard]] std::unique_ptr<scenario_run> drive_pool(const scenario& recorded,
                                                       std::unique_ptr<pool_time> time);

}  // namespace slipway::conformance
