// slipway/actors/port_source.hpp
//
// Where ports come from: the machine, a simulation, or something before them that fails on purpose.
// Belongs here: the interface. Does not: the ports of the machine (os_port).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/port.hpp>
#include <slipway/actors/port_owner.hpp>
#include <slipway/actors/process_spec.hpp>

namespace slipway {

/// Thread: any.
class port_source {
 public:
  port_source() = default;
  port_source(const port_source&) = delete;
  port_source& operator=(const port_source&) = delete;
  port_source(port_source&&) = delete;
  port_source& operator=(port_source&&) = delete;
  virtual ~port_source() = default;

  /// Starts a process. `done` runs once, on the thread on which asynchronous exchanges end, never
  /// before this returns. The port belongs to `owner` from the start; if that has ended meanwhile
  /// the process is killed and reaped all the same.
  virtual void open(process_spec spec, port_options options, port_owner_ptr owner,
                    port::opened done) = 0;

  /// The runtime ends: nothing is started any more, what was queued fails with `spawner_stopped`, and
  /// no callback runs after the return. Every process must have ended. Not to be called by a callback.
  virtual void stop() = 0;
};

}  // namespace slipway
