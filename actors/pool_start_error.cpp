// slipway/actors/pool_start_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_start_error.hpp>

#include <utility>

namespace slipway {

const char* to_string(pool_start_errc code) {
  switch (code) {
    case pool_start_errc::invalid_options:
      return "invalid_options";
    case pool_start_errc::ignored:
      return "ignored";
    case pool_start_errc::failed:
      break;
  }
  return "failed";
}

pool_start_error invalid_pool_options(const std::string& pool, std::string flaw) {
  auto reason = exit_reason::error("invalid_options", std::move(flaw));
  return {pool_start_errc::invalid_options, "pool '" + pool + "': " + reason.message,
          std::move(reason)};
}

pool_start_error pool_start_ignored(const std::string& pool) {
  return {pool_start_errc::ignored, "pool '" + pool + "' declined to start", exit_reason::normal()};
}

pool_start_error pool_start_failed(const std::string& pool, exit_reason reason) {
  return {pool_start_errc::failed, "pool '" + pool + "' failed to start: " + to_string(reason),
          std::move(reason)};
}

exit_reason start_timed_out(const checkout_error& waited) {
  const auto reason = exit_reason::error("start_timeout", waited.message);
  return waited.last_init_failure ? reason.with_cause(*waited.last_init_failure) : reason;
}

}  // namespace slipway
