// slipway/actors/internal/retry_loop.hpp
//
// One call with its attempts and delays, as retry_core decides.
// Belongs here: the order of asking, waiting and trying.
// Does not: what an attempt is. Invariant: the first attempt is always made.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/retrying_client.hpp>

#include <functional>

namespace slipway::internal {

/// @param attempt  makes one with this timeout, above zero unless `timeout` is not, and gives its
///                 error; null: none, it is done.
/// @returns        the effect of all attempts that failed: unknown as soon as one is.
[[nodiscard]] call_effect retry_loop(const retry_options& options, pacing& pace, duration timeout,
                                     const std::function<const call_error*(duration)>& attempt);

}  // namespace slipway::internal
