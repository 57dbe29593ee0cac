// slipway/harness/faulty_ports.hpp
//
// Real processes that suffer what a fault plan says.
//
//     auto faults = std::make_shared<fault_injector>(plan, seed, machine.time, sink);
//     auto system = slipway::system::start({.machine = with_faults(make_machine(), faults)});
//
// Belongs here: putting a relay before each process, failing spawns, telling the injector what
// happens to whom. Does not: deciding what strikes (fault_injector).
// Invariants: (1) without faults a pool cannot tell its workers from those without this;
//             (2) nothing is left after `stop`: no thread, no descriptor, no file.
// Limits: a process is known by the argument after `--worker-id`; another program by its file name.
//         A clock cannot jump and an actor cannot suffer here: such faults do nothing.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/machine.hpp>
#include <slipway/actors/port_source.hpp>
#include <slipway/harness/fault_relay_path.hpp>

#include <map>
#include <memory>
#include <string>

namespace slipway::harness {

class fault_injector;

struct process_fault_options {
  /// The program that stands between a pool and each of its workers.
  std::string relay = default_fault_relay();
  /// The tag of each pool that has one, for the targets of faults.
  std::map<std::string, std::string> tags{};
};

/// Ports whose processes are those of `real`, each behind a relay. Thread: any.
class faulty_ports final : public port_source {
 public:
  /// @param timers  those on whose thread the asynchronous exchanges of `real` end.
  faulty_ports(std::shared_ptr<port_source> real, std::shared_ptr<timer_service> timers,
               std::shared_ptr<fault_injector> faults, process_fault_options options = {});
  faulty_ports(const faulty_ports&) = delete;
  faulty_ports& operator=(const faulty_ports&) = delete;
  faulty_ports(faulty_ports&&) = delete;
  faulty_ports& operator=(faulty_ports&&) = delete;
  ~faulty_ports() override;

  void open(process_spec spec, port_options options, port_owner_ptr owner,
            port::opened done) override;
  void stop() override;

  /// Faults that are due by time strike within milliseconds by themselves. Whoever moves the
  /// injector's clock by hand calls this to have them strike before the return.
  void look();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// The machine `real`, whose processes suffer what `faults` says.
[[nodiscard]] machine with_faults(machine real, std::shared_ptr<fault_injector> faults,
                                  process_fault_options options = {});

}  // namespace slipway::harness
