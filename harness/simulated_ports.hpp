// slipway/harness/simulated_ports.hpp
//
// Processes that are values: the ports of a simulation.
// Belongs here: what pipes, signals, the kernel and a worker's own loop do; the faults of processes.
// Does not: what a worker answers (simulated_program), when what goes wrong (fault_injector).
// Invariants: (1) a port keeps the rules of port.hpp, and its errors are those of os_port;
//             (2) what a process wrote before it ended can still be read.
// Differs from os_port: a pipe takes frames of any length at once; `exchange` fails, since whoever
//                       blocks would hold up the simulation.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/machine.hpp>
#include <slipway/actors/port_source.hpp>
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/simulated_program.hpp>
#include <slipway/harness/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace slipway::harness {

/// One process, as the kernel would list it.
struct simulated_process_info {
  std::string name;  ///< "pool/3"
  int os_pid = 0;
  std::string pool;
  std::uint64_t number = 0;  ///< the n-th of its pool, from 1
};

/// One thread; not to outlive the simulation.
class simulated_ports final : public port_source {
 public:
  /// @param faults  null: none.
  simulated_ports(simulation& run, program_factory programs,
                  std::shared_ptr<fault_injector> faults = nullptr);
  simulated_ports(const simulated_ports&) = delete;
  simulated_ports& operator=(const simulated_ports&) = delete;
  simulated_ports(simulated_ports&&) = delete;
  simulated_ports& operator=(simulated_ports&&) = delete;
  ~simulated_ports() override;

  void open(process_spec spec, port_options options, port_owner_ptr owner,
            port::opened done) override;
  void stop() override;

  /// Those that run, and those that have ended and are not reaped.
  [[nodiscard]] std::vector<simulated_process_info> processes() const;
  /// How many were asked for.
  [[nodiscard]] std::size_t opened() const;
  /// Sends SIGKILL from outside; nothing if there is no such process.
  void kill(const std::string& name);

 private:
  class world;
  class process;
  std::shared_ptr<world> world_;
};

/// What a runtime of the simulation stands on.
[[nodiscard]] machine simulated_machine(simulation& run, std::shared_ptr<port_source> ports,
                                        std::uint64_t seed);

}  // namespace slipway::harness
