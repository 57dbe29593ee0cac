// slipway/actors/error_policy.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/error_policy.hpp>

namespace slipway {
namespace {

using enum error_category;
using enum error_severity;
using enum recovery_strategy;

// In the order of error_kind. docs/errors.md says why each is as it is.
constexpr std::array<error_class, error_kinds> default_rows{{
    {resource, minor, immediate_retry},                 // queue_timeout
    {error_category::timeout, major, failover},         // answer_timeout
    {connection, major, failover},                      // worker_died
    {python, minor, abandon},                           // remote_exception
    {error_category::system, minor, backoff_retry},     // pool_stopped
    {error_category::system, critical, backoff_retry},  // pool_exited
    {initialization, critical, circuit_break},          // init_failed
    {resource, minor, backoff_retry},                   // overloaded
    {communication, major, failover},                   // protocol_error
    {error_category::system, minor, abandon},           // invalid_argument
    {communication, minor, abandon},                    // unexpected_result
}};

}  // namespace

const char* to_string(error_category category) {
  switch (category) {
    case error_category::initialization:
      return "initialization";
    case error_category::connection:
      return "connection";
    case error_category::communication:
      return "communication";
    case error_category::timeout:
      return "timeout";
    case error_category::resource:
      return "resource";
    case error_category::health_check:
      return "health_check";
    case error_category::session:
      return "session";
    case error_category::python:
      return "python";
    case error_category::system:
      break;
  }
  return "system";
}

const char* to_string(error_severity severity) {
  switch (severity) {
    case error_severity::minor:
      return "minor";
    case error_severity::major:
      return "major";
    case error_severity::critical:
      break;
  }
  return "critical";
}

const char* to_string(recovery_strategy strategy) {
  switch (strategy) {
    case recovery_strategy::immediate_retry:
      return "immediate_retry";
    case recovery_strategy::backoff_retry:
      return "backoff_retry";
    case recovery_strategy::circuit_break:
      return "circuit_break";
    case recovery_strategy::failover:
      return "failover";
    case recovery_strategy::abandon:
      break;
  }
  return "abandon";
}

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
    case call_errc::unexpected_result:
      break;
  }
  return error_kind::unexpected_result;
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
