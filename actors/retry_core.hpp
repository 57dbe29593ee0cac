// slipway/actors/retry_core.hpp
//
// Decides, when an attempt at a call has failed, whether and when there is another.
// Belongs here: the rule, and what one call has used up of it.
// Does not: calling, waiting, drawing chance, clocks; whether the callee is well enough to be called
//           at all (circuit_breaker_core.hpp).
// Invariants: (1) no retry starts at or after the deadline;
//             (2) nor does a delay begin that would end then: such a call fails at once;
//             (3) what a worker may have carried out is repeated only if it is idempotent;
//             (4) there are at most `attempts` attempts;
//             (5) what was given up stays so, for the same cause;
//             (6) what the table abandons is not repeated unless `also` names it.
// Source: RFC 9110, 9.2.2, for (3); Nygard, Release It!, 2nd edition, "Timeouts", for delays before
//         retries.
//
//     attempt --failed--> delay --may_start--> attempt
//     attempt --failed, for good--> given up;  delay --may_start, too late--> given up
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/backoff.hpp>
#include <slipway/actors/call_error.hpp>
#include <slipway/actors/error_policy.hpp>
#include <slipway/actors/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

/// What is known of a command. Carrying an idempotent one out twice does what once does.
enum class idempotence : std::uint8_t {
  unknown,     ///< it is never repeated once a worker may have seen it
  idempotent,  ///< its author says so
};

/// When a failed call is made again. Default: three attempts, nothing carried out twice.
struct retry_policy {
  std::uint32_t attempts = 3;  ///< the first included; at least 1, and 1 is no retry
  slipway::backoff backoff{};
  idempotence command = idempotence::unknown;
  /// Codes to be retried besides those that always are: of those whose strategy is `abandon`, by the
  /// default table `remote_exception`, `invalid_argument` and `unexpected_result`. These say that the
  /// request is at fault, so that by itself another attempt would only fail again. A code listed here
  /// does not make a command idempotent.
  std::vector<call_errc> also{};

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
};

/// What is wrong with the policy; nothing if it is good. One without attempts has one.
/// @param errors  the table by which calls are retried.
[[nodiscard]] std::optional<std::string> flaw_of(const retry_policy& policy,
                                                 const error_policy& errors = {});

/// Whether a failure may pass by itself, as far as its kind can tell.
[[nodiscard]] bool is_retryable(const call_error& error, const retry_policy& policy,
                                const error_policy& errors = {});

/// Why there is no further attempt. When several hold, the first in this order.
enum class retry_end : std::uint8_t {
  not_retryable,     ///< the request itself is at fault
  effect_unknown,    ///< a worker may have carried it out, and it is not known to be idempotent
  attempts_used_up,  ///< the last attempt that the policy allows has failed
  deadline,          ///< the next attempt would start at the deadline or after it
};

[[nodiscard]] const char* to_string(retry_end end);

/// Try again after a delay.
struct retry_later {
  duration delay{};  ///< from `now`; zero: at once
  time_point at{};   ///< `now + delay`, before the deadline

  friend bool operator==(const retry_later&, const retry_later&) = default;
};

/// The failure stands.
struct retry_given_up {
  retry_end why = retry_end::not_retryable;

  friend bool operator==(const retry_given_up&, const retry_given_up&) = default;
};

using retry_decision = std::variant<retry_later, retry_given_up>;

/// The attempts of one call. Value type: copyable, comparable, one thread at a time.
class retry_core {
 public:
  /// @param policy    without a flaw.
  /// @param deadline  of the call with all its attempts; `time_point::max()`: none.
  /// @param errors    whose strategies are followed: `immediate_retry` and `failover` at once the first
  ///                  time, since one lost worker is replaced already; from the second attempt on,
  ///                  and for `backoff_retry` and `circuit_break`, after a delay; `abandon` never.
  retry_core(retry_policy policy, time_point deadline, const error_policy& errors = {})
      : policy_(std::move(policy)), deadline_(deadline), errors_(errors) {}

  /// The attempt under way has failed.
  /// @param error   only its kind and effect are looked at.
  /// @param now     when it failed.
  /// @param chance  0 to 1, a new one for each call of this function; see backoff.hpp.
  /// @returns       when to try again, or why not.
  /// Errors         none. Cost O(1), no allocation.
  [[nodiscard]] retry_decision failed(const call_error& error, time_point now, double chance);

  /// Whether an attempt may start now. To be asked when the delay is over, for timers are late; it
  /// may be asked before the first attempt as well.
  /// @returns  nothing: it may; else why not, which is `deadline` unless the call was given up
  ///           before.
  [[nodiscard]] std::optional<retry_end> may_start(time_point now);

  /// Attempts that have failed.
  [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
  [[nodiscard]] const retry_policy& policy() const noexcept { return policy_; }
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  friend bool operator==(const retry_core&, const retry_core&) = default;

 private:
  [[nodiscard]] std::optional<retry_end> objection(const call_error& error) const;
  [[nodiscard]] bool goes_at_once(const call_error& error) const;
  [[nodiscard]] bool is_before_deadline(time_point now, duration delay) const;

  retry_policy policy_;
  time_point deadline_;
  error_policy errors_;
  std::uint32_t attempts_ = 0;
  std::uint32_t delays_ = 0;
  duration previous_{};  // the delay before
  std::optional<retry_end> given_up_;
};

}  // namespace slipway
