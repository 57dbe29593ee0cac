// slipway/actors/pool_start_error.hpp
//
// Why a pool did not start.
// Belongs here: the closed set of reasons. Does not: what a supervisor makes of them.
// Source: OTP, the returns of a start function: ignore, {error, Reason}.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <string>

namespace slipway {

enum class pool_start_errc : std::uint8_t {
  invalid_options,  ///< refused before anything was done
  ignored,          ///< init_pool declined, which is no failure
  failed,           ///< `reason` says why
};

[[nodiscard]] const char* to_string(pool_start_errc code);

struct pool_start_error {
  pool_start_errc code = pool_start_errc::failed;
  std::string message;
  exit_reason reason{};

  friend bool operator==(const pool_start_error&, const pool_start_error&) = default;
};

[[nodiscard]] pool_start_error invalid_pool_options(const std::string& pool, std::string flaw);
[[nodiscard]] pool_start_error pool_start_ignored(const std::string& pool);
[[nodiscard]] pool_start_error pool_start_failed(const std::string& pool, exit_reason reason);

/// Why a pool ends whose start waited in vain for ready workers: `start_timeout`, and beneath it
/// the last start that failed, with its stage and its stderr tail.
[[nodiscard]] exit_reason start_timed_out(const checkout_error& waited);

}  // namespace slipway
