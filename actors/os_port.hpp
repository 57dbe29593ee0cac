// slipway/actors/os_port.hpp
//
// A port whose process is one of the machine.
// Belongs here: spawning, pipes, pidfd, signals, reaping. Does not: the contract (port).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/io_loop.hpp>
#include <slipway/actors/port.hpp>
#include <slipway/actors/port_source.hpp>
#include <slipway/actors/spawner.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace slipway {

class os_port final : public port {
 public:
  /// Starts the process; see port_source::open. `done` runs on the I/O thread.
  static void open(spawner& spawn, std::shared_ptr<io_loop> loop, process_spec spec,
                   port_options options, port_owner_ptr owner, opened done);

  os_port(const os_port&) = delete;
  os_port& operator=(const os_port&) = delete;
  os_port(os_port&&) = delete;
  os_port& operator=(os_port&&) = delete;
  ~os_port() override;

  [[nodiscard]] int os_pid() const override;
  [[nodiscard]] result<void, port_error> connect(const port_owner& from,
                                                 const port_owner_ptr& to) override;
  [[nodiscard]] result<payload, port_error> exchange(const port_owner& owner,
                                                     std::span<const std::byte> frame,
                                                     time_point deadline) override;
  void async_exchange(const port_owner_ptr& owner, std::vector<std::byte> frame,
                      time_point deadline, exchanged done) override;
  [[nodiscard]] bool probe(const port_owner& owner, std::span<const std::byte> frame,
                           answer_test is_answer) override;
  [[nodiscard]] probe_result probed(const port_owner& owner) override;
  void close() override;
  void kill() override;
  [[nodiscard]] std::optional<port_exit> wait_exited(time_point deadline) const override;
  [[nodiscard]] bool running() const override;
  [[nodiscard]] std::vector<std::string> stderr_lines() const override;
  [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const override;

 private:
  class impl;

  explicit os_port(std::unique_ptr<impl> state);
  static result<std::shared_ptr<port>, spawn_error> adopt_process(
      const std::shared_ptr<io_loop>& loop, internal::launched_process process,
      port_options options, const port_owner_ptr& owner);
  [[nodiscard]] std::shared_ptr<os_port> self();
  void owner_down(const port_owner& ended) override;

  std::unique_ptr<impl> impl_;
};

/// Starts processes of the machine and watches them on `loop`, which it stops when it is stopped.
class os_port_source final : public port_source {
 public:
  explicit os_port_source(std::shared_ptr<io_loop> loop);
  os_port_source(const os_port_source&) = delete;
  os_port_source& operator=(const os_port_source&) = delete;
  os_port_source(os_port_source&&) = delete;
  os_port_source& operator=(os_port_source&&) = delete;
  ~os_port_source() override;

  void open(process_spec spec, port_options options, port_owner_ptr owner,
            port::opened done) override;
  void stop() override;

 private:
  std::shared_ptr<io_loop> loop_;
  std::unique_ptr<spawner> spawner_;
};

}  // namespace slipway
