// slipway/supervision/exit_reason.hpp
//
// Why an actor ended, as a value: what monitors see, what supervisors decide upon, what logs print.
// Belongs here: the kinds, the rule which of them is abnormal, the text form.
// Does not: CAF's error type (exit_reason_caf.hpp), what a supervisor does about it.
// Invariants: (1) `type` is empty but for `error`, and for `shutdown_term` where it names a term
//                 that has parts (`failed_to_start_child`);
//             (2) `message` is the term of `shutdown_term`, the text of `error`, else empty;
//             (3) values are immutable in use: `cause` is shared, never changed.
// Source: OTP exit reasons; supervisor.erl do_restart/3 for the rule.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

/// What kind of end it was. The names are OTP's.
enum class exit_kind : std::uint8_t {
  normal,         ///< it had nothing more to do
  shutdown,       ///< it was asked to stop, or stopped as if it had been
  shutdown_term,  ///< OTP's `{shutdown, Term}`: a shutdown that says why
  killed,         ///< it was killed without being asked
  noproc,         ///< there was no such actor (any more)
  noconnection,   ///< the connection to its node was lost
  timeout,        ///< it waited too long for something
  error,          ///< anything else: a crash, with type and text
};

/// The name of a kind, as in OTP (`shutdown_term` for `{shutdown, Term}`).
[[nodiscard]] std::string_view to_string(exit_kind kind) noexcept;

/// Why an actor ended. Made by the factories below; a default-made one is `normal`.
///
///     exit_reason::error("port_crashed", "exit status 1").with_stderr_tail(lines)
struct exit_reason {
  exit_kind kind = exit_kind::normal;
  /// Class of an error, for programs: an exception's type, `port_crashed`, … One word where
  /// possible.
  std::string type;
  /// For humans: the text of an error, or the term of `{shutdown, Term}`.
  std::string message;
  /// The reason beneath this one; null when there is none.
  std::shared_ptr<const exit_reason> cause;
  /// Last lines that an OS process wrote to stderr, oldest first; empty when it was none.
  std::vector<std::string> stderr_tail;

  [[nodiscard]] static exit_reason normal() { return {}; }
  [[nodiscard]] static exit_reason shutdown();
  /// OTP's `{shutdown, Term}`: ends like `shutdown`, and says why.
  [[nodiscard]] static exit_reason shutdown(std::string term);
  [[nodiscard]] static exit_reason killed();
  [[nodiscard]] static exit_reason noproc();
  [[nodiscard]] static exit_reason noconnection();
  [[nodiscard]] static exit_reason timeout();
  [[nodiscard]] static exit_reason error(std::string type, std::string message);
  /// OTP's `{shutdown, {failed_to_start_child, Id, Reason}}`: how a supervisor ends whose own start
  /// failed. `message` is the id, `cause` the reason.
  [[nodiscard]] static exit_reason failed_to_start_child(std::string id, exit_reason reason);

  /// The same reason with another one beneath it.
  [[nodiscard]] exit_reason with_cause(exit_reason beneath) const;
  /// The same reason with the last lines of a process's stderr.
  [[nodiscard]] exit_reason with_stderr_tail(std::vector<std::string> lines) const;

  /// Tells whether a `transient` child that ended so is restarted: all but normal, shutdown and
  /// `{shutdown, _}`. This is the one place of that rule.
  /// OTP  supervisor.erl do_restart/3.
  [[nodiscard]] bool is_abnormal() const noexcept;

  /// Compares by value, causes included.
  friend bool operator==(const exit_reason& left, const exit_reason& right) noexcept;
};

/// One line: `normal`, `{shutdown, drained}`, `error port_crashed: exit status 1 (caused by …)`.
/// The stderr tail is not in it but for its last line, since that is what says what happened.
[[nodiscard]] std::string to_string(const exit_reason& reason);

/// Thrown by a callback to end with exactly this reason. OTP: exit/1.
class exit_exception final : public std::exception {
 public:
  explicit exit_exception(exit_reason reason)
      : reason_(std::move(reason)), text_(to_string(reason_)) {}

  [[nodiscard]] const exit_reason& reason() const noexcept { return reason_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  exit_reason reason_;
  std::string text_;
};

/// Turns a caught exception into an error reason with its demangled type and its text; an exception
/// nested in it (`std::throw_with_nested`) becomes the cause. An `exit_exception` gives its own.
/// @param caught  not null.
[[nodiscard]] exit_reason exit_reason_from(const std::exception_ptr& caught);

}  // namespace slipway
