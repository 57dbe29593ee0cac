// slipway/actors/checkout_error.hpp
//
// Why a checkout gave no worker.
// Belongs here: the closed set of reasons and what one needs to know at night.
// Does not: errors of calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_load.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

enum class checkout_errc : std::uint8_t {
  timeout,           ///< no worker came free before the deadline
  overloaded,        ///< the queue is full
  skipped,           ///< the worker behaviour declined this request
  pool_stopped,      ///< the pool was stopped, or has not been started
  pool_exited,       ///< the pool has crashed or was killed; `pool_exit` says why
  invalid_argument,  ///< what was asked for can never be: more ready workers than the pool has
  worker_busy,       ///< the worker that was insisted on is not idle
  worker_gone,       ///< the worker that was insisted on is not there; `worker_exit` may say why
};

[[nodiscard]] const char* to_string(checkout_errc code);

struct checkout_error {
  checkout_errc code = checkout_errc::timeout;
  /// One sentence; for timeout and overloaded with the load of the pool.
  std::string message;
  std::optional<exit_reason> pool_exit{};
  /// With timeout and overloaded: workers by state, queue, oldest wait, when the error was made.
  std::optional<pool_load> load{};
  /// With timeout: what the client was willing to wait.
  std::optional<duration> timeout{};
  /// With timeout of a wait for ready workers: the last start that failed, if one has.
  std::optional<exit_reason> last_init_failure{};
  /// With worker_gone: why it went, if it did so meanwhile.
  std::optional<exit_reason> worker_exit{};

  friend bool operator==(const checkout_error&, const checkout_error&) = default;
};

/// Errors of the pool `name`, one for each way in which it says no.
[[nodiscard]] checkout_error checkout_timed_out(const std::string& name, duration timeout,
                                                const pool_load& load);
[[nodiscard]] checkout_error queue_full(const std::string& name, const pool_load& load);
[[nodiscard]] checkout_error worker_is_busy(const std::string& name);
[[nodiscard]] checkout_error worker_is_gone(const std::string& name,
                                            std::optional<exit_reason> reason);
/// pool_stopped or pool_exited, as the reason is a normal one or not.
[[nodiscard]] checkout_error pool_gone(const std::string& name, const exit_reason& reason);

}  // namespace slipway
