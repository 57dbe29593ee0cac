// slipway/actors/io_loop.hpp
//
// The one I/O thread of a runtime: an Asio io_context of its own, or the host's.
// Belongs here: running the loop, posting to it, timers.
// Does not: what is read or written on it (port).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace slipway {

/// Runs Asio for ports and timers.
class io_loop final : public timer_service {
 public:
  /// Starts a thread of its own that runs until destruction.
  io_loop();
  /// Uses the host's context. The host runs it, on one thread at a time, from before the first
  /// process is started until the runtime has been destroyed.
  explicit io_loop(boost::asio::io_context& host);
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;
  io_loop(io_loop&&) = delete;
  io_loop& operator=(io_loop&&) = delete;
  ~io_loop() override;

  [[nodiscard]] boost::asio::io_context& context();

  /// Ends the thread of its own. What is posted afterwards is dropped. Not to be called on that
  /// thread.
  void stop();

  /// Runs `task` soon on the I/O thread. It must not throw. Thread: any.
  void post(std::function<void()> task);

  void run_after(duration delay, std::function<void()> task) override;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway
