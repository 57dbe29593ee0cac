// slipway/actors/internal/supervised_python_pool.hpp
//
// A pool of Python workers as the child of a supervisor.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/supervision/child_spec.hpp>

#include <memory>

namespace slipway::internal {

/// Starts the pool of `slot`, one of its restarts.
[[nodiscard]] start_result supervised_python_pool(start_context& context, runtime& shared,
                                                  const std::shared_ptr<pool_slot>& slot);

}  // namespace slipway::internal
