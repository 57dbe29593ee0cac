// slipway/harness/internal/fault_server.hpp
//
// Hears from all fault relays of a system what happens, asks the injector what strikes, and has it
// done: by the relay, or by a signal.
// Belongs here: the socket, the thread, signals. Does not: what a fault does to frames (relay_core),
// which faults strike (fault_injector).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_injector.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace slipway::harness::internal {

/// Thread: any.
class fault_server {
 public:
  explicit fault_server(std::shared_ptr<fault_injector> faults);
  fault_server(const fault_server&) = delete;
  fault_server& operator=(const fault_server&) = delete;
  fault_server(fault_server&&) = delete;
  fault_server& operator=(fault_server&&) = delete;
  ~fault_server();

  /// For the relays' command line: the name of an abstract Unix socket.
  [[nodiscard]] const std::string& address() const;

  /// A relay for this subject is about to be started.
  /// @param at_once  what strikes as soon as it runs.
  /// @returns        its token.
  [[nodiscard]] std::uint64_t expect(fault_subject who, std::vector<injected_fault> at_once);
  /// Its process has ended, or could not be started.
  void forget(std::uint64_t token);

  /// Has all that is due by the injector's clock strike, before the return.
  void look();

  /// Lets stopped processes run and ends the thread.
  void stop();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway::harness::internal
