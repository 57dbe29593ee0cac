// slipway/actors/error_class.hpp
//
// The words by which a failure is classified.
// Belongs here: category, severity, strategy, and a row of them.
// Does not: which failure has which (error_policy.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/circuit_outcome.hpp>

#include <cstdint>

namespace slipway {

/// Which part of the whole a failure belongs to.
enum class error_category : std::uint8_t {
  initialization,  ///< workers cannot start
  connection,      ///< the process is not there (any more)
  communication,   ///< what came over the pipes cannot be understood
  timeout,         ///< a worker took too long
  resource,        ///< there is not enough of something: workers, places in the queue
  health_check,    ///< a worker was found sick
  session,         ///< the state that a call needs is not there
  python,          ///< the command itself failed
  system,          ///< the tree is stopping or restarting, or the host made a mistake
};

[[nodiscard]] const char* to_string(error_category category);

/// Who should care.
enum class error_severity : std::uint8_t {
  minor,     ///< the caller alone
  major,     ///< it cost a worker
  critical,  ///< it cost a pool, or nothing will work until somebody mends it
};

[[nodiscard]] const char* to_string(error_severity severity);

/// What helps, as far as the failure can tell.
enum class recovery_strategy : std::uint8_t {
  immediate_retry,  ///< the same again at once
  backoff_retry,    ///< the same again after a delay that grows
  circuit_break,    ///< not calling for a while
  failover,         ///< another worker at once: this one has gone
  abandon,          ///< nothing: the request is at fault
};

[[nodiscard]] const char* to_string(recovery_strategy strategy);

/// What is to be known of a kind of failure.
struct error_class {
  error_category category = error_category::system;
  error_severity severity = error_severity::minor;
  recovery_strategy strategy = recovery_strategy::abandon;
  /// What it tells the breakers of its pool and command.
  circuit_outcome breaker = circuit_outcome::abandoned;

  friend bool operator==(const error_class&, const error_class&) = default;
};

}  // namespace slipway
