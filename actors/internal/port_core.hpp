// slipway/actors/internal/port_core.hpp
//
// The rules of a port without its pipes: who may do what with it, in which of its states.
// Belongs here: the owner, the one exchange, closing, the end. Does not: bytes (incoming_frames), locks,
// signals and timers (os_port, and simulated ports).
// Invariants: (1) at most one exchange at a time;
//             (2) once reaped, always reaped: no signal may be sent, and nothing be exchanged.
// Source: Erlang ports, as port.hpp has them.
//
//     running --close, kill--> closing --reaped--> exited
//     running --reaped--> exited
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/incoming_frames.hpp>
#include <slipway/actors/port_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace slipway {

class port_owner;

}  // namespace slipway

namespace slipway::internal {

/// How long the end of a process that closed its pipes is waited for: between the two lie
/// microseconds; this is for a machine that is out of breath.
inline constexpr duration exit_report_patience = std::chrono::milliseconds(500);

/// How a process is made to end.
enum class close_step : std::uint8_t {
  none,       ///< it has been asked, or has ended
  ask,        ///< send the shutdown frame, and SIGTERM after a grace
  terminate,  ///< send SIGTERM
};

/// A value type: one thread at a time.
class port_core {
 public:
  // -- the owner ----------------------------------------------------------------------------------

  [[nodiscard]] bool owned_by(const port_owner& owner) const { return owner_.get() == &owner; }
  /// Null: to nobody.
  /// @returns whose it was until now.
  std::shared_ptr<port_owner> give_to(std::shared_ptr<port_owner> next);

  /// Errors  port_closed; not_owner.
  [[nodiscard]] result<void, port_error> check_usable(const port_owner& owner) const;

  // -- exchanges and probes -----------------------------------------------------------------------

  /// Errors  as check_usable; not_owner while an exchange is under way; protocol_error when the
  ///         process sent what nobody asked for.
  [[nodiscard]] result<void, port_error> begin_exchange(const port_owner& owner,
                                                        const incoming_frames& incoming);
  void end_exchange() { exchanging_ = false; }
  [[nodiscard]] bool may_probe(const port_owner& owner) const {
    return state_ == state::running && owned_by(owner) && !exchanging_;
  }

  // -- the end ------------------------------------------------------------------------------------

  /// False once the process has been asked to end or has ended.
  [[nodiscard]] bool running() const { return state_ == state::running; }
  /// Once reaped, its pid may be somebody else's.
  [[nodiscard]] bool may_signal() const { return state_ != state::exited; }

  /// A process in the middle of an exchange gets no shutdown frame.
  [[nodiscard]] close_step close(bool has_shutdown_frame);
  /// It is about to be killed.
  void kill();

  /// The end of a process with this status, without its last words.
  [[nodiscard]] port_exit end_by(exit_status status) const;
  /// It has been reaped. @returns its end, without its last words.
  port_exit reaped(exit_status status);
  /// The end with its last words, for who asks from now on.
  void report(port_exit end) { exit_ = std::move(end); }
  /// Nothing until it is reported.
  [[nodiscard]] const std::optional<port_exit>& exit() const { return exit_; }
  /// The same, or without last words once it has been reaped.
  [[nodiscard]] const std::optional<port_exit>& end() const { return exit_ ? exit_ : reaped_; }

 private:
  enum class state : std::uint8_t { running, closing, exited };

  state state_ = state::running;
  bool exchanging_ = false;
  std::shared_ptr<port_owner> owner_;
  std::optional<port_exit> reaped_;
  std::optional<port_exit> exit_;
};

/// A hand-over to an owner that has ended.
/// @param which  "the new owner".
[[nodiscard]] port_error owner_not_alive(const char* which);

}  // namespace slipway::internal
