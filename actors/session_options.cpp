// slipway/actors/session_options.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/session_options.hpp>

namespace slipway {

std::optional<std::string> flaw_of(const session_options& options) {
  if (options.max_sessions == 0) {
    return "max_sessions must be a positive integer, got: 0";
  }
  if (options.time_to_live && *options.time_to_live <= duration::zero()) {
    return "time_to_live must be a positive duration";
  }
  return std::nullopt;
}

const char* to_string(session_errc code) {
  switch (code) {
    case session_errc::invalid_id:
      return "invalid_id";
    case session_errc::invalid_options:
      return "invalid_options";
    case session_errc::too_many:
      return "too_many";
    case session_errc::start_failed:
      break;
  }
  return "start_failed";
}

}  // namespace slipway
