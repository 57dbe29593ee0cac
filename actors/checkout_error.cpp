// slipway/actors/checkout_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/checkout_error.hpp>

namespace slipway {

const char* to_string(checkout_errc code) {
  switch (code) {
    case checkout_errc::timeout:
      return "timeout";
    case checkout_errc::overloaded:
      return "overloaded";
    case checkout_errc::skipped:
      return "skipped";
    case checkout_errc::pool_stopped:
      break;
  }
  return "pool_stopped";
}

}  // namespace slipway
