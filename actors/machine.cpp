// slipway/actors/machine.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/io_loop.hpp>
#include <slipway/actors/machine.hpp>
#include <slipway/actors/os_port.hpp>

#include <random>

namespace slipway {

machine make_machine(boost::asio::io_context* io_context) {
  const auto loop =
      io_context != nullptr ? std::make_shared<io_loop>(*io_context) : std::make_shared<io_loop>();
  std::random_device chance;
  return {std::make_shared<steady_clock>(), loop, std::make_shared<os_port_source>(loop),
          (std::uint64_t{chance()} << 32U) | chance()};
}

}  // namespace slipway
