// slipway/actors/port.hpp
//
// One process: three pipes, one owner, its end and its last words.
// Belongs here: exchanging frames with the process, handing it over, ending it, learning that it
// ended; as an interface, so that a harness can put a simulated process behind it.
// Does not: how that is done with a process of the machine (os_port), what is in a frame, whether the
// process is worth replacing (pool, python_worker).
// Invariants: (1) exactly one owner, changed only by `connect`;
//             (2) at most one exchange at a time; the late answer to a probe is not taken for an
//                 answer to it;
//             (3) the process is reaped exactly once, after its group was killed, and only then is
//                 it reported as exited;
//             (4) no signal is sent to a pid that has been reaped.
// Source: Erlang ports ({packet, 4}, exit_status, port_connect).
// Differs: standard error has a pipe of its own, and the end is known from the process (pidfd),
//         never from end-of-file.
//
//     running --close, kill, owner's end--> closing --process ends--> exited
//     running --process ends--> exited
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/port_error.hpp>
#include <slipway/actors/port_owner.hpp>
#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/stderr_meter.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/frame_codec.hpp>
#include <slipway/protocol/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// How a port behaves; all callbacks run on the I/O thread, must be brief and must not throw.
struct port_options {
  /// A whole frame that asks the process to end; empty: none is sent.
  std::vector<std::byte> shutdown_frame{};
  /// How long the process may take after the shutdown frame, and again after SIGTERM.
  duration shutdown_grace = std::chrono::seconds(1);
  duration terminate_grace = std::chrono::seconds(1);
  std::size_t max_frame_bytes = default_max_frame_bytes;
  /// How long `exchange` looks for an answer without sleeping, as long as answers of this process
  /// usually come within that time; zero: never.
  duration busy_poll{};
  /// Each line of standard error, without its end.
  std::function<void(std::string_view)> on_stderr_line{};
  /// How much standard error is a flood; none: nothing is. Lines beyond it are kept for the tail but
  /// not handed on.
  std::optional<stderr_limit> max_stderr{};
  /// The limit is exceeded; once in each window of it.
  std::function<void()> on_stderr_flood{};
  /// Once, after the process has been reaped.
  std::function<void(const port_exit&)> on_exit{};
  /// Let go after `on_exit`, or after the start has failed: who waits for all processes counts
  /// these.
  std::shared_ptr<void> held_while_alive{};
};

/// What has come of a probe.
struct probe_result {
  enum class kind {
    answered,
    unanswered,
    overtaken,  ///< the port has another owner now, or an exchange is under way
    garbled,    ///< something else came than its answer; `what` says what
  };
  kind how = kind::unanswered;
  std::string what{};
};

/// A supervised process that speaks frames. Thread: any, unless a member says otherwise.
class port : public std::enable_shared_from_this<port> {
 public:
  using opened = std::function<void(result<std::shared_ptr<port>, spawn_error>)>;
  using payload = std::span<const std::byte>;
  using exchanged = std::function<void(result<payload, port_error>)>;
  using answer_test = std::function<bool(payload)>;

  port(const port&) = delete;
  port& operator=(const port&) = delete;
  port(port&&) = delete;
  port& operator=(port&&) = delete;
  virtual ~port() = default;

  [[nodiscard]] virtual int os_pid() const = 0;

  /// Hands the port from `from` to `to` in one step.
  /// Errors: port_closed, not_owner (`from` does not own it), owner_not_alive (`to` has ended).
  [[nodiscard]] virtual result<void, port_error> connect(const port_owner& from,
                                                         const port_owner_ptr& to) = 0;

  /// Writes one frame and reads one, on the calling thread, which blocks until `deadline` at the
  /// most. The payload is valid until the next exchange, of whatever thread: of threads that share
  /// an owner none may begin one while another still reads. Errors: port_closed, not_owner,
  /// timeout, protocol_error, io_error. After any error that says that the frame was sent, or was
  /// begun, the port is of no more use and should be closed.
  [[nodiscard]] virtual result<payload, port_error> exchange(const port_owner& owner,
                                                             std::span<const std::byte> frame,
                                                             time_point deadline) = 0;

  /// The same without blocking; `done` runs on the I/O thread, never before this returns. The frame
  /// must outlive the call.
  virtual void async_exchange(const port_owner_ptr& owner, std::vector<std::byte> frame,
                              time_point deadline, exchanged done) = 0;

  /// Writes one frame, of at most 4096 bytes, to a process with which nobody exchanges, and returns
  /// at once. An exchange that begins before `probed` was asked goes first: it discards the frame
  /// that `is_answer` accepts. While an earlier probe is unanswered nothing more is written, and
  /// that one goes on.
  /// @returns false when `owner` does not own the port, an exchange is under way, or the process
  ///          takes nothing.
  [[nodiscard]] virtual bool probe(const port_owner& owner, std::span<const std::byte> frame,
                                   answer_test is_answer) = 0;
  /// What has come of the last probe until now; does not block.
  [[nodiscard]] virtual probe_result probed(const port_owner& owner) = 0;

  /// Asks the process to end: shutdown frame, after a grace SIGTERM, after another SIGKILL.
  /// A process in the middle of an exchange gets no shutdown frame. Returns at once.
  virtual void close() = 0;

  /// Kills the process and its group. Returns at once.
  virtual void kill() = 0;

  /// Waits until the process has been reaped, at the latest until `deadline`.
  [[nodiscard]] virtual std::optional<port_exit> wait_exited(time_point deadline) const = 0;

  /// False once the process has been asked to end or has ended.
  [[nodiscard]] virtual bool running() const = 0;

  [[nodiscard]] virtual std::vector<std::string> stderr_lines() const = 0;

  /// The memory of the process that is in RAM; nothing when it has ended or cannot be measured.
  [[nodiscard]] virtual std::optional<std::uint64_t> resident_bytes() const = 0;

 protected:
  port() = default;

  // The owner's side of a change of owner, for those who implement a port: to be called with the
  // port's own lock held.
  [[nodiscard]] static bool adopt(port_owner& owner, const std::shared_ptr<port>& adopted) {
    return owner.adopt(adopted);
  }
  static void release(port_owner& owner, const port* released) { owner.release(released); }

 private:
  friend class port_owner;

  /// An owner has ended: the process is killed if it was the port's. Thread: any.
  virtual void owner_down(const port_owner& ended) = 0;
};

}  // namespace slipway
