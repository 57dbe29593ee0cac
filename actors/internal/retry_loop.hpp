// slipway/actors/internal/retry_loop.hpp
//
// One call with its attempts and delays, which blocks the calling thread.
// Belongs here: the order of trying and waiting.
// Does not: what is decided (retry_course), what an attempt is. Invariant: the first attempt is always made.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/retrying_client.hpp>

#include <functional>

namespace slipway::internal {

/// What a retry loop asks of its surroundings.
struct retry_steps {
  /// Makes an attempt with this timeout, above zero unless that of the call is not, and gives its
  /// error, which stays where it is until the next; null: none, it is done.
  std::function<call_error*(duration)> attempt;
  /// Hears of a failure that another attempt follows, and after which delay.
  std::function<void(const call_error&, duration)> retries;
};

/// What becomes of the errors: see retry_course.
void retry_loop(const retry_options& options, const error_policy& errors, pacing& pace,
                duration timeout, const retry_steps& steps);

}  // namespace slipway::internal
