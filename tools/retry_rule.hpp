// slipway/tools/retry_rule.hpp
//
// Whether a failed call is made again, and after which delay.
// Belongs here: how the strategies of error_policy are followed.
// Does not: the strategies, waiting, calling, counting attempts. By asking for retries a user says
// that the commands may be carried out twice. A call whose failure lies in the request itself is
// not repeated: it would only fail again.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/time.hpp>

#include <optional>

namespace slipway::tools {

/// @param attempts  made so far, at least 1.
/// @param retries   how many there may be on top of the first; 0 for none.
/// @returns how long to wait before the next attempt; nothing when the failure stands. A pool that
/// is being
///          restarted or overloaded gets 50 ms, doubled each time up to 2 s; a lost worker has
///          already been replaced by another, so there is no wait.
[[nodiscard]] std::optional<duration> retry_after(const call_error& error, unsigned attempts,
                                                  unsigned retries);

/// The pool had ended, and the command was never sent: its supervisor restarts it, or gives up.
[[nodiscard]] bool finds_no_pool(const call_error& error);

}  // namespace slipway::tools
