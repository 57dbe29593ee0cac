// slipway/actors/exit_status.hpp
//
// How an OS process ended, as the kernel tells it.
// Belongs here: the value and its text.
// Does not: waiting for it, or why it was asked to end.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace slipway {

/// The end of an OS process. Source: wait(2).
struct exit_status {
  enum class kind : std::uint8_t {
    exited,    ///< by itself; `value` is the exit code, 0 to 255
    signaled,  ///< by a signal; `value` is its number
    unknown,   ///< reaped by somebody else (a host that ignores SIGCHLD); `value` is 0
  };

  kind how = kind::unknown;
  int value = 0;

  [[nodiscard]] bool success() const { return how == kind::exited && value == 0; }

  friend bool operator==(const exit_status&, const exit_status&) = default;
};

/// "exit code 3", "killed by signal 9 (Killed)", "exit status unknown".
[[nodiscard]] std::string to_string(const exit_status& status);

}  // namespace slipway
