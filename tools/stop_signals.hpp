// slipway/tools/stop_signals.hpp
//
// SIGINT and SIGTERM as a stop request. The command may do this; the library never does.
// Belongs here: receiving them on a thread of their own.
// Does not: what stopping means.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/unique_fd.hpp>
#include <slipway/tools/stop_request.hpp>

#include <csignal>
#include <thread>

namespace slipway::tools {

/// Blocks both signals in the thread that makes it and in all that are started later, so make it
/// first. The first signal asks to stop; the second ends the process at once. Worker processes then
/// end with it.
class stop_signals {
 public:
  explicit stop_signals(stop_request& request);
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  stop_signals(stop_signals&&) = delete;
  stop_signals& operator=(stop_signals&&) = delete;
  ~stop_signals();

 private:
  void watch();

  stop_request& request_;
  stop_request over_;
  sigset_t before_{};
  unique_fd signals_;
  std::thread thread_;
};

}  // namespace slipway::tools
