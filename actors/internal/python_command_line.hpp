// slipway/actors/internal/python_command_line.hpp
//
// From the options of a pool to the process of one worker.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/python_pool_options.hpp>

#include <string>

namespace slipway::internal {

/// `python3 -m slipway_worker --mode pool-worker --worker-id NAME --module M …`, or, for a bridge
/// script, `python3 SCRIPT --mode pool-worker --worker-id NAME`.
[[nodiscard]] process_spec worker_command_line(const python_pool_options& options,
                                               const std::string& worker_name);

}  // namespace slipway::internal
