// slipway/harness/internal/relay_process.hpp
//
// The process that stands between a pool and a worker, and is the worker as far as the pool can see:
// it starts the real one as its child and passes on what comes, unless its harness orders otherwise.
// Belongs here: pipes, signals, the child, asking the harness. Does not: what becomes of a frame
// (relay_core), when anything is to go wrong (fault_server).
// Invariants: (1) it never outlives its child, nor its child it;
//             (2) it ends as its child ended, with that exit code or by that signal;
//             (3) without orders the host cannot tell it from its child, but for the pid, for a
//                 program that cannot be started (exit code 127) and for halves of frames, which
//                 come when the rest does or the child ends.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/unique_fd.hpp>
#include <slipway/harness/internal/relay_core.hpp>
#include <slipway/harness/internal/relay_message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness::internal {

struct relay_invocation {
  std::string address;  ///< of the harness: the name of an abstract Unix socket
  std::uint64_t token = 0;
  std::vector<std::string> command;  ///< the program and its arguments
};

/// `slipway-fault-relay ADDRESS TOKEN PROGRAM [ARGUMENT...]`; nothing when it is not that.
[[nodiscard]] std::optional<relay_invocation> parse_relay_arguments(
    const std::vector<std::string>& arguments);

/// One for the life of its process, whose standard streams and signals it takes.
class relay_process {
 public:
  explicit relay_process(relay_invocation invocation);

  /// Passes on until the child has ended, and ends this process as the child ended.
  [[noreturn]] void run();

 private:
  void take_signals();
  void start_child();
  [[noreturn]] void become_child(const unique_fd& input, const unique_fd& output) const;

  void pass_on();
  void read_host();
  void read_child();
  void from_host(relay_bytes frame);
  void from_child(relay_bytes frame);
  void write_host();
  void write_child();
  void host_is_deaf();
  void signalled();
  void closing();
  void child_ended();

  void report(relay_moment when, std::size_t bytes = 0, bool handshake = false,
              std::string_view session = {});
  std::optional<relay_orders> receive_orders();
  void obey(const std::vector<relay_order>& orders);
  void flood();

  [[nodiscard]] bool done() const;
  [[nodiscard]] int patience_ms() const;
  void kill_child();
  [[noreturn]] void end_as_child();

  relay_invocation invocation_;
  steady_clock time_;
  relay_core core_;
  frame_cutter requests_;
  frame_cutter answers_;

  unique_fd harness_;
  unique_fd signals_;
  unique_fd host_in_;
  unique_fd host_out_;
  unique_fd child_in_;
  unique_fd child_out_;
  unique_fd child_;  // a pidfd
  int child_pid_ = 0;
  bool child_gone_ = false;
  int child_code_ = 0;  // as siginfo_t has them
  int child_status_ = 0;

  relay_bytes to_host_;
  relay_bytes to_child_;
  bool no_more_for_child_ = false;
  bool handshake_asked_ = false;
  bool handshake_answered_ = false;
  bool closing_ = false;
  bool terminated_ = false;

  unique_fd flood_;
  std::uint64_t flood_left_ = 0;
  std::vector<std::vector<char>> hoard_;
};

}  // namespace slipway::harness::internal
