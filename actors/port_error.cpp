// slipway/actors/port_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/port_error.hpp>

namespace slipway {

const char* to_string(port_errc code) {
  switch (code) {
    case port_errc::port_closed:
      return "port_closed";
    case port_errc::owner_not_alive:
      return "owner_not_alive";
    case port_errc::not_owner:
      return "not_owner";
    case port_errc::timeout:
      return "timeout";
    case port_errc::protocol_error:
      return "protocol_error";
    case port_errc::io_error:
      break;
  }
  return "io_error";
}

}  // namespace slipway
