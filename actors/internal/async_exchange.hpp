// slipway/actors/internal/async_exchange.hpp
//
// One exchange of frames on the I/O thread, by Asio.
// Belongs here: waiting.
// Does not: what is read and written (exchange_progress), who may (port).
// Invariants: (1) the completion runs exactly once;
//             (2) between two exchanges no pipe is registered with the reactor, so that answers to
//                 blocking clients do not wake the I/O thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/blocking_exchange.hpp>
#include <slipway/actors/internal/exchange_progress.hpp>
#include <slipway/actors/port_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace slipway::internal {

/// Every member runs on the I/O thread.
class async_exchange : public std::enable_shared_from_this<async_exchange> {
 public:
  using completion = std::function<void(result<std::span<const std::byte>, port_error>)>;

  async_exchange(boost::asio::io_context& context, incoming_frames& incoming, int command_fd,
                 int response_fd, std::vector<std::byte> frame, completion done);
  async_exchange(const async_exchange&) = delete;
  async_exchange& operator=(const async_exchange&) = delete;
  async_exchange(async_exchange&&) = delete;
  async_exchange& operator=(async_exchange&&) = delete;
  ~async_exchange();

  /// @param patience  how long the end of a process that closed its pipes is waited for.
  void start(time_point deadline, duration patience);

  /// The process has been reaped: what it left in the pipe is its last chance to have answered.
  void process_ended(const port_exit& exit);

 private:
  void write();
  void wait_for_answer();
  void look();
  void wait_for_process_end();
  void finish(exchange_end end, std::optional<port_exit> exit);
  void release_pipes();

  std::vector<std::byte> frame_;
  exchange_progress progress_;
  boost::asio::posix::stream_descriptor command_;
  boost::asio::posix::stream_descriptor response_;
  boost::asio::steady_timer timer_;
  duration patience_{};
  completion done_;
};

}  // namespace slipway::internal
