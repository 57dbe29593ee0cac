// slipway/actors/call_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error.hpp>

namespace slipway {

const char* to_string(call_errc code) {
  switch (code) {
    case call_errc::timeout:
      return "timeout";
    case call_errc::worker_died:
      return "worker_died";
    case call_errc::remote_exception:
      return "remote_exception";
    case call_errc::pool_stopped:
      return "pool_stopped";
    case call_errc::pool_exited:
      return "pool_exited";
    case call_errc::overloaded:
      return "overloaded";
    case call_errc::protocol_error:
      return "protocol_error";
    case call_errc::invalid_argument:
      return "invalid_argument";
    case call_errc::unexpected_result:
      break;
  }
  return "unexpected_result";
}

const char* to_string(call_effect effect) {
  return effect == call_effect::not_sent ? "not_sent" : "unknown";
}

std::string to_string(const call_error& error) {
  return std::string(to_string(error.code)) + " (effect " + to_string(error.effect) +
         "): " + error.message;
}

}  // namespace slipway
