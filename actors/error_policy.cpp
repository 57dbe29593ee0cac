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

constexpr std::array<const char*, 9> category_names{"initialization", "connection", "communication",
                                                    "timeout",        "resource",   "health_check",
                                                    "session",        "python",     "system"};
constexpr std::array<const char*, 3> severity_names{"minor", "major", "critical"};
constexpr std::array<const char*, 5> strategy_names{"immediate_retry", "backoff_retry",
                                                    "circuit_break", "failover", "abandon"};
constexpr std::array<const char*, error_kinds> kind_names{
    "queue_timeout",  "answer_timeout",   "worker_died",      "remote_exception",
    "pool_stopped",   "pool_exited",      "init_failed",      "overloaded",
    "protocol_error", "invalid_argument", "unexpected_result"};

template <class Names, class Enum>
const char* name_in(const Names& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

const char* to_string(error_category category) {
  return name_in(category_names, category);
}
const char* to_string(error_severity severity) {
  return name_in(severity_names, severity);
}
const char* to_string(recovery_strategy strategy) {
  return name_in(strategy_names, strategy);
}
const char* to_string(error_kind kind) {
  return name_in(kind_names, kind);
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
