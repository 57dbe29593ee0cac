// slipway/actors/error_class.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/error_class.hpp>

namespace slipway {

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

}  // namespace slipway
