// slipway/actors/port_error.hpp
//
// How an operation on a port fails.
// Belongs here: the closed set of reasons and what is known with them.
// Does not: what a pool or a client makes of them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/exit_status.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// Source of the first three: erlang:port_connect/2 and its badarg cases.
enum class port_errc : std::uint8_t {
  port_closed,      ///< the process has ended, or closed its pipes, or is being closed
  owner_not_alive,  ///< hand-over to an owner that has ended
  not_owner,        ///< the caller does not own the port
  timeout,          ///< the deadline passed before the whole answer was there
  protocol_error,   ///< the bytes that came are no frames, or a frame that nobody asked for
  io_error,         ///< the system refused a read or a write
};

[[nodiscard]] const char* to_string(port_errc code);

/// Whether the process can have seen the request: it acts only upon a whole frame.
enum class frame_sent : std::uint8_t { no, yes };

/// The end of a port's process and its last words.
struct port_exit {
  exit_status status;
  std::vector<std::string> stderr_tail;  ///< oldest first, at most 50 lines
  bool asked = false;                    ///< the host had asked it to end, or killed it
};

struct port_error {
  port_errc code = port_errc::io_error;
  std::string message;  ///< one sentence
  frame_sent sent = frame_sent::no;
  std::optional<port_exit> exit;  ///< set when the process is known to have ended
  /// With `timeout`: how far an answer had come that stopped in the middle; nothing: none had begun.
  std::optional<std::string> unfinished_answer{};
};

}  // namespace slipway
