// tests/conformance/driven_pool.hpp
//
// A real pool of scripted workers, whichever callbacks these have.
// Belongs here: choosing the behaviour's type by what is implemented, and hiding it.
// Does not: when which call is made (pool_run).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pool_script.hpp"
#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/clock.hpp>
#include <slipway/actors/pool_start_error.hpp>
#include <slipway/actors/pool_ticket.hpp>
#include <slipway/protocol/result.hpp>

#include <functional>
#include <memory>
#include <string>

namespace slipway::conformance {

/// A lease.
class driven_lease {
 public:
  driven_lease() = default;
  driven_lease(const driven_lease&) = delete;
  driven_lease& operator=(const driven_lease&) = delete;
  driven_lease(driven_lease&&) = delete;
  driven_lease& operator=(driven_lease&&) = delete;
  virtual ~driven_lease() = default;

  [[nodiscard]] virtual std::string& state() = 0;
  virtual void update(std::string message) = 0;
  virtual void checkin() = 0;
  virtual void cancel(exit_reason reason) = 0;
  virtual void client_down(exit_reason reason) = 0;
};

/// A `slipway::pool`; what is missing is said there.
class driven_pool {
 public:
  using ticket = pool_ticket<std::string, std::string>;
  using checkout_result = result<std::shared_ptr<driven_lease>, checkout_error>;

  driven_pool() = default;
  driven_pool(const driven_pool&) = delete;
  driven_pool& operator=(const driven_pool&) = delete;
  driven_pool(driven_pool&&) = delete;
  driven_pool& operator=(driven_pool&&) = delete;
  virtual ~driven_pool() = default;

  virtual std::shared_ptr<ticket> checkout(std::string command, duration timeout,
                                           std::function<void(checkout_result)> done) = 0;
  virtual void client_down(const std::shared_ptr<ticket>& of, exit_reason reason) = 0;
  virtual void checkin(request_id request, std::string state) = 0;
  virtual void update(request_id request, std::string message) = 0;
  virtual void cancel(request_id request, exit_reason reason) = 0;
  virtual void send_info(json message) = 0;
  virtual void stop(exit_reason reason) = 0;
  virtual void kill() = 0;
  virtual void inspect(std::function<void()> look) = 0;
};

using driven_start = result<std::shared_ptr<driven_pool>, pool_start_error>;

/// Starts a pool whose behaviour has the callbacks that the script implements. `script`, `time` and
/// `timers` outlive it.
[[nodiscard]] driven_start start_driven_pool(pool_script& script, const pool_core_options& options,
                                             const clock& time, timer_service& timers,
                                             std::function<void(const exit_reason&)> on_exit);

}  // namespace slipway::conformance
