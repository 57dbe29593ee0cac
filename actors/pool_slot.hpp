// slipway/actors/pool_slot.hpp
//
// The place of a pool of Python workers.
// Belongs here: what all its restarts share, and starting one of them.
// Does not: restarting (supervisor).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_breakers.hpp>
#include <slipway/actors/event_outlet.hpp>
#include <slipway/actors/pool_place.hpp>
#include <slipway/actors/python_worker.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/actors/worker_roster.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace slipway {

namespace internal {
class session_table;
}  // namespace internal

/// One per configured pool; it outlives every restart. Thread: any.
class pool_slot : public pool_place<python_worker> {
 public:
  /// It may outlive `shared`; then nobody hears of it any more, and its timers are dropped.
  pool_slot(python_pool_options options, const runtime& shared);

  [[nodiscard]] const python_pool_options& options() const { return options_; }
  [[nodiscard]] time_point now() const { return time_->now(); }
  [[nodiscard]] const std::shared_ptr<timer_service>& timers() const { return timers_; }
  /// Null: nobody watches calls.
  [[nodiscard]] const std::shared_ptr<telemetry>& watch() const { return watch_; }
  /// Null: neither the pool nor its commands have breakers.
  [[nodiscard]] call_breakers* breakers() const { return breakers_.get(); }

  /// An event of a breaker or a retry.
  void report(const runtime_event& event) const { events_->report(event); }

  [[nodiscard]] const std::shared_ptr<internal::session_table>& sessions() const {
    return sessions_;
  }

  /// Lifecycle and health of each worker.
  [[nodiscard]] const std::shared_ptr<worker_roster>& workers() const { return workers_; }

  /// Never gives the same twice, so that an answer can be told from that to any other request.
  [[nodiscard]] std::uint64_t next_request_id() {
    return next_request_id_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  const python_pool_options options_;
  const std::shared_ptr<const clock> time_;
  const std::shared_ptr<timer_service> timers_;
  const std::shared_ptr<telemetry> watch_;
  const std::shared_ptr<event_outlet> events_;
  const std::unique_ptr<call_breakers> breakers_;
  const std::shared_ptr<internal::session_table> sessions_;
  const std::shared_ptr<worker_roster> workers_ = std::make_shared<worker_roster>();
  // Above the ids of handshake and shutdown.
  std::atomic<std::uint64_t> next_request_id_{16};
};

/// Starts the pool that `slot` describes, with its workers on `shared`, and puts it into the slot.
/// Does not wait for `min_ready`: whoever starts it does that in its own way.
/// @param on_exit  see pool::start.
[[nodiscard]] result<std::shared_ptr<python_pool>, pool_start_error> start_python_pool(
    runtime& shared, const std::shared_ptr<pool_slot>& slot,
    std::function<void(const exit_reason&)> on_exit = nullptr);

}  // namespace slipway
