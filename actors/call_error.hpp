// slipway/actors/call_error.hpp
//
// How a call to a Python worker fails. Every call ends in a value or in one of these.
// Belongs here: the closed set of codes, what is known with each, their text.
// Does not: retrying, JSON (call_error_json.hpp), fmt (call_error_format.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/error_class.hpp>
#include <slipway/actors/exit_status.hpp>
#include <slipway/protocol/envelope.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

enum class call_errc : std::uint8_t {
  timeout,            ///< no answer before the deadline; a worker that was computing is replaced
  worker_died,        ///< the worker's process ended; `exit` and `stderr_tail` say how
  remote_exception,   ///< the command raised; `remote` has type, message and traceback; the worker
                      ///< lives
  pool_stopped,       ///< the pool was stopped, or has not been started
  pool_exited,        ///< the pool crashed and may be restarted; `pool_exit` says why
  overloaded,         ///< the pool's queue is full
  protocol_error,     ///< the worker's answer cannot be read; the worker is replaced
  invalid_argument,   ///< command or arguments cannot be written in the pool's codec
  circuit_open,       ///< a breaker lets no call through just now; the message says which, and when
  worker_busy,        ///< the worker that holds the session's state is busy (strict_fail_fast)
  session_lost,       ///< the session's state has gone with its worker; it begins anew
  session_ended,      ///< the session was ended, or its time to live is over
  unexpected_result,  ///< the answer is not of the type that was asked for
};

[[nodiscard]] const char* to_string(call_errc code);

/// What may be assumed of a call that failed.
enum class call_effect : std::uint8_t {
  not_sent,  ///< no worker has seen the command: it is safe to call again
  unknown,   ///< a worker may have carried it out, wholly or in part
};

[[nodiscard]] const char* to_string(call_effect effect);

struct call_error {
  call_errc code = call_errc::timeout;
  call_effect effect = call_effect::not_sent;
  std::string
      message;  ///< one sentence that names command, pool and worker as far as they are known
  std::optional<exit_status> exit;
  /// Last lines of the worker, oldest first; when the pool ended, of the worker for which it did.
  std::vector<std::string> stderr_tail;
  std::optional<remote_error> remote;
  std::optional<exit_reason> pool_exit;
  std::string worker{};       ///< "licences/3"; empty: none had the call
  std::string session{};      ///< empty: it belongs to none
  std::uint32_t attempt = 1;  ///< of how many it is the error, the first being 1
  /// By the pool's error_policy; nothing: made where no pool is known.
  std::optional<error_class> classified{};
  /// Of attempts before this one, oldest first; the latest few. They hold none themselves.
  std::vector<call_error> earlier{};

  friend bool operator==(const call_error&, const call_error&) = default;
};

/// "worker_died (effect unknown): …", one line. From the second attempt on "(effect unknown,
/// attempt 2)".
[[nodiscard]] std::string to_string(const call_error& error);

/// That line and all else that is known, each on a line of its own and indented: class, worker,
/// end of the process, traceback, standard error, end of the pool, earlier attempts. Without a line
/// end after the last.
[[nodiscard]] std::string describe(const call_error& error);

}  // namespace slipway
