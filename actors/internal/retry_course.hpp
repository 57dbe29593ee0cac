// slipway/actors/internal/retry_course.hpp
//
// One call through its attempts: what retry_core decides, how long each may take, and what is known of
// those that failed. One place for calls that block and calls that do not.
// Belongs here: numbering errors, keeping them, ending the last. Does not: attempts and delays
// (retry_loop, async_retry).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/error_policy.hpp>
#include <slipway/actors/pacing.hpp>
#include <slipway/actors/retry_core.hpp>
#include <slipway/actors/retrying_client.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace slipway::internal {

/// Thread: one step after the other. `pace` must outlive it.
class retry_course {
 public:
  /// @param errors   see retry_core.
  /// @param timeout  of the call with all its attempts, from now on.
  retry_course(const retry_options& options, const error_policy& errors, pacing& pace,
               duration timeout);

  /// For the attempt that starts now; above zero unless the timeout of the call is not.
  [[nodiscard]] duration time_for_attempt() const;

  /// The attempt has failed: numbers its error.
  /// @returns when there is another; nothing: the error is the call's, see `give_up`.
  [[nodiscard]] std::optional<retry_later> failed(call_error& error);

  /// The delay is over. True: another attempt starts now, and `error` is kept as one of those before
  /// it. False: it is too late, and the error is the call's.
  [[nodiscard]] bool may_start(call_error& error);

  /// Makes `error` the call's: it gets the effect of all attempts, which is unknown as soon as one
  /// is, and the latest of those before it.
  void give_up(call_error& error);

 private:
  pacing& pace_;
  time_point deadline_;
  std::optional<duration> attempt_timeout_;
  retry_core rule_;
  duration left_;
  std::uint32_t attempts_ = 0;
  call_effect effect_ = call_effect::not_sent;
  std::vector<call_error> earlier_;
};

}  // namespace slipway::internal
