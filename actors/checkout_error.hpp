// slipway/actors/checkout_error.hpp
//
// Why a checkout gave no worker.
// Belongs here: the closed set of reasons and what one needs to know at night.
// Does not: errors of calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

enum class checkout_errc : std::uint8_t {
  timeout,       ///< no worker came free before the deadline
  overloaded,    ///< the queue is full
  skipped,       ///< the worker behaviour declined this request
  pool_stopped,  ///< the pool has ended; `pool_exit` says why
};

[[nodiscard]] const char* to_string(checkout_errc code);

struct checkout_error {
  checkout_errc code = checkout_errc::timeout;
  /// One sentence; for timeout and overloaded with the state of the pool: workers, busy, queue,
  /// oldest wait.
  std::string message;
  std::optional<exit_reason> pool_exit;

  friend bool operator==(const checkout_error&, const checkout_error&) = default;
};

}  // namespace slipway
