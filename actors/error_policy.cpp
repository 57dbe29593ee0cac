// slipway/actors/error_policy.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/error_policy.hpp>

namespace slipway {
namespace {

using enum error_category;
using enum error_severity;
using enum recovery_strategy;
using enum circuit_outcome;

// In the order of error_kind. docs/errors.md says why each is as it is.
constexpr std::array<error_class, error_kinds> default_rows{{
    {resource, minor, immediate_retry, abandoned},              // queue_timeout
    {error_category::timeout, major, failover, failed},         // answer_timeout
    {connection, major, failover, failed},                      // worker_died
    {python, minor, abandon, succeeded},                        // remote_exception
    {error_category::system, minor, backoff_retry, abandoned},  // pool_stopped
    {error_category::system, critical, backoff_retry, failed},  // pool_exited
    {initialization, critical, circuit_break, failed},          // init_failed
    {resource, minor, backoff_retry, abandoned},                // overloaded
    {communication, major, failover, failed},                   // protocol_error
    {error_category::system, minor, abandon, abandoned},        // invalid_argument
    {resource, minor, circuit_break, abandoned},                // circuit_open
    {resource, minor, backoff_retry, abandoned},                // worker_busy
    {session, major, abandon, abandoned},                       // session_lost
    {session, minor, abandon, abandoned},                       // session_ended
    {communication, minor, abandon, succeeded},                 // unexpected_result
}};

}  // namespace

const char* to_string(error_kind kind) {
  switch (kind) {
    case error_kind::queue_timeout:
      return "queue_timeout";
    case error_kind::answer_timeout:
      return "answer_timeout";
    case error_kind::worker_died:
      return "worker_died";
    case error_kind::remote_exception:
      return "remote_exception";
    case error_kind::pool_stopped:
      return "pool_stopped";
    case error_kind::pool_exited:
      return "pool_exited";
    case error_kind::init_failed:
      return "init_failed";
    case error_kind::overloaded:
      return "overloaded";
    case error_kind::protocol_error:
      return "protocol_error";
    case error_kind::invalid_argument:
      return "invalid_argument";
    case error_kind::circuit_open:
      return "circuit_open";
    case error_kind::worker_busy:
      return "worker_busy";
    case error_kind::session_lost:
      return "session_lost";
    case error_kind::session_ended:
      return "session_ended";
    case error_kind::unexpected_result:
      break;
  }
  return "unexpected_result";
}

error_kind kind_of(const call_error& error) {
  switch (error.code) {
    case call_errc::timeout:
      return error.effect == call_effect::not_sent ? error_kind::queue_timeout
                                                   : error_kind::answer_timeout;
    case call_errc::worker_died:
      return error_kind::worker_died;
    case call_errc::remote_exception:
      return error_kind::remote_exception;
    case call_errc::pool_stopped:
      return error_kind::pool_stopped;
    case call_errc::pool_exited:
      return error.pool_exit && error.pool_exit->type == "init_failed" ? error_kind::init_failed
                                                                       : error_kind::pool_exited;
    case call_errc::overloaded:
      return error_kind::overloaded;
    case call_errc::protocol_error:
      return error_kind::protocol_error;
    case call_errc::invalid_argument:
      return error_kind::invalid_argument;
    case call_errc::circuit_open:
      return error_kind::circuit_open;
    case call_errc::worker_busy:
      return error_kind::worker_busy;
    case call_errc::session_lost:
      return error_kind::session_lost;
    case call_errc::session_ended:
      return error_kind::session_ended;
    case call_errc::unexpected_result:
      break;
  }
  return error_kind::unexpected_result;
}

call_errc code_of(error_kind kind) {
  switch (kind) {
    case error_kind::queue_timeout:
    case error_kind::answer_timeout:
      return call_errc::timeout;
    case error_kind::worker_died:
      return call_errc::worker_died;
    case error_kind::remote_exception:
      return call_errc::remote_exception;
    case error_kind::pool_stopped:
      return call_errc::pool_stopped;
    case error_kind::pool_exited:
    case error_kind::init_failed:
      return call_errc::pool_exited;
    case error_kind::overloaded:
      return call_errc::overloaded;
    case error_kind::protocol_error:
      return call_errc::protocol_error;
    case error_kind::invalid_argument:
      return call_errc::invalid_argument;
    case error_kind::circuit_open:
      return call_errc::circuit_open;
    case error_kind::worker_busy:
      return call_errc::worker_busy;
    case error_kind::session_lost:
      return call_errc::session_lost;
    case error_kind::session_ended:
      return call_errc::session_ended;
    case error_kind::unexpected_result:
      break;
  }
  return call_errc::unexpected_result;
}

error_policy::error_policy() : rows_(default_rows) {}

const error_class& error_policy::of(error_kind kind) const {
  return rows_.at(static_cast<std::size_t>(kind));
}

error_policy& error_policy::set(error_kind kind, error_class row) {
  rows_.at(static_cast<std::size_t>(kind)) = row;
  return *this;
}

}  // namespace slipway
