// slipway/actors/checkout_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/checkout_error.hpp>

#include <chrono>
#include <utility>

namespace slipway {
namespace {

std::string pool_text(const std::string& name, const pool_load& load) {
  return "pool '" + name + "': " + to_string(load);
}

}  // namespace

const char* to_string(checkout_errc code) {
  switch (code) {
    case checkout_errc::timeout:
      return "timeout";
    case checkout_errc::overloaded:
      return "overloaded";
    case checkout_errc::skipped:
      return "skipped";
    case checkout_errc::pool_stopped:
      return "pool_stopped";
    case checkout_errc::pool_exited:
      return "pool_exited";
    case checkout_errc::worker_busy:
      return "worker_busy";
    case checkout_errc::worker_gone:
      return "worker_gone";
    case checkout_errc::invalid_argument:
      break;
  }
  return "invalid_argument";
}

checkout_error checkout_timed_out(const std::string& name, duration timeout,
                                  const pool_load& load) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  return {checkout_errc::timeout,
          "no worker came free within " + std::to_string(waited) + " ms; " + pool_text(name, load),
          {},
          load,
          timeout};
}

checkout_error queue_full(const std::string& name, const pool_load& load) {
  return {checkout_errc::overloaded, "the queue is full; " + pool_text(name, load), {}, load, {}};
}

checkout_error worker_is_busy(const std::string& name) {
  return {checkout_errc::worker_busy,
          "pool '" + name + "': the worker that is wanted is busy",
          {},
          {},
          {}};
}

checkout_error worker_is_gone(const std::string& name, std::optional<exit_reason> reason) {
  checkout_error error{checkout_errc::worker_gone,
                       "pool '" + name + "': the worker that is wanted has gone" +
                           (reason ? ": " + to_string(*reason) : std::string()),
                       {},
                       {},
                       {}};
  error.worker_exit = std::move(reason);
  return error;
}

checkout_error pool_gone(const std::string& name, const exit_reason& reason) {
  return {reason.is_abnormal() ? checkout_errc::pool_exited : checkout_errc::pool_stopped,
          "pool '" + name + "' has ended: " + to_string(reason),
          reason,
          {},
          {}};
}

}  // namespace slipway
