// slipway/actors/machine.hpp
//
// What a runtime stands on: time, timers, processes and chance. Those of the machine, or of a
// simulation, or the machine's with something before them that fails on purpose.
// Belongs here: the four together, and the real ones. Does not: who uses them (runtime).
// Source: FoundationDB: everything that is not determined comes through an interface.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/port_source.hpp>

#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace slipway {

/// None of the pointers is null. A runtime stops the ports when it ends.
struct machine {
  std::shared_ptr<const clock> time;
  std::shared_ptr<timer_service> timers;
  std::shared_ptr<port_source> ports;
  /// Of all chance in the runtime.
  std::uint64_t seed = 0;
};

/// The real one, with a seed of its own.
/// @param io_context  the host's, which the host runs; null: a thread of our own.
[[nodiscard]] machine make_machine(boost::asio::io_context* io_context = nullptr);

}  // namespace slipway
