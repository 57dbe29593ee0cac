// slipway/actors/error_policy.hpp
//
// What kind of failure a call met, how bad that is, and what is to be done about it.
// Belongs here: the one table, and a user's changes to it.
// Does not: the words in it (error_class.hpp); doing it: delays are backoff.hpp's, attempts
//           retry_core.hpp's, refusing to call circuit_breaker_core.hpp's; whether a command may be
//           carried out twice (call_effect, idempotence).
// Invariants: (1) every call_error is of exactly one kind; (2) every kind has exactly one row.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/error_class.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace slipway {

/// A call_errc, told apart further where what helps differs.
enum class error_kind : std::uint8_t {
  queue_timeout,      ///< `timeout`, not sent: no worker came free in time
  answer_timeout,     ///< `timeout`, perhaps carried out: the worker gave no answer in time
  worker_died,        ///< as call_errc
  remote_exception,   ///< as call_errc
  pool_stopped,       ///< as call_errc
  pool_exited,        ///< as call_errc, for any reason but the next
  init_failed,        ///< `pool_exited` since no worker could be started
  overloaded,         ///< as call_errc
  protocol_error,     ///< as call_errc
  invalid_argument,   ///< as call_errc
  circuit_open,       ///< as call_errc
  worker_busy,        ///< as call_errc
  session_lost,       ///< as call_errc
  session_ended,      ///< as call_errc
  unexpected_result,  ///< as call_errc
};

/// The number of kinds; a kind that is added goes before the last.
inline constexpr std::size_t error_kinds =
    static_cast<std::size_t>(error_kind::unexpected_result) + 1;

[[nodiscard]] const char* to_string(error_kind kind);

/// Looks at its code, its effect and the exit of its pool alone.
[[nodiscard]] error_kind kind_of(const call_error& error);

/// The code of all errors of this kind.
[[nodiscard]] call_errc code_of(error_kind kind);

/// The table. A default-made one is that of docs/errors.md. Value type.
class error_policy {
 public:
  error_policy();

  /// Cost O(1), no allocation.
  [[nodiscard]] const error_class& of(error_kind kind) const;
  [[nodiscard]] const error_class& of(const call_error& error) const { return of(kind_of(error)); }

  /// Replaces the row of `kind`.
  error_policy& set(error_kind kind, error_class row);

  friend bool operator==(const error_policy&, const error_policy&) = default;

 private:
  std::array<error_class, error_kinds> rows_;
};

}  // namespace slipway
