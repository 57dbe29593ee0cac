// slipway/harness/internal/draw_pool.hpp
//
// The options of a simulated pool, drawn from a seed.
// Belongs here: which options are drawn, and how often. Does not: what they mean (python_pool_options).
// Invariant: the same source draws the same options.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_options.hpp>
#include <slipway/harness/random_source.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace slipway::harness::internal {

enum class pool_variety : std::uint8_t { none, full };

/// @param variety  none: the defaults.
[[nodiscard]] python_pool_options draw_pool(random_source random, std::string name,
                                            std::size_t workers, pool_variety variety);

}  // namespace slipway::harness::internal
