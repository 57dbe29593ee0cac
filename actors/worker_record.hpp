// slipway/actors/worker_record.hpp
//
// What is known of one Python worker: the states of its life and its health.
// Belongs here: bringing what happens on several threads to the two cores in one order.
// Does not: the rules (worker_lifecycle_core, health_core), checks (internal/health_checker).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/exit_status.hpp>
#include <slipway/actors/health_core.hpp>
#include <slipway/actors/health_options.hpp>
#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/port.hpp>
#include <slipway/actors/port_owner.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/actors/worker_lifecycle_core.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace slipway {

/// Thread: any. What comes too late, as the checkin of a worker whose process has ended, changes
/// nothing.
class worker_record {
 public:
  /// @param health  none: the worker is never degraded and never unfit.
  worker_record(worker_id id, std::string name, const std::optional<health_options>& health,
                time_point born);

  [[nodiscard]] worker_id id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Whether it should be given no new session. One load.
  [[nodiscard]] bool degraded() const { return degraded_.load(std::memory_order_acquire); }
  /// Why it should be removed; nothing while it may stay.
  [[nodiscard]] std::optional<exit_reason> unfit() const;
  [[nodiscard]] worker_lifecycle lifecycle() const;

  // -- its start ----------------------------------------------------------------------------------

  /// @param owner     who owns the process while the worker is idle.
  /// @param look_at   asks the pool to look at the worker, if it is idle.
  void ready(const std::shared_ptr<port>& process, const port_owner_ptr& owner,
             std::function<void()> look_at, time_point now);
  void start_failed(const exit_reason& reason, time_point now);
  void start_cancelled(time_point now);

  // -- its pool -----------------------------------------------------------------------------------

  void checked_out(time_point now);
  [[nodiscard]] health_step checked_in(lease_end how, time_point now);
  void removed(const exit_reason& reason, time_point now);

  // -- its process --------------------------------------------------------------------------------

  void exited(const exit_status& status, time_point now);
  /// What it writes while it starts is not counted: importing may be noisy.
  [[nodiscard]] health_step flooded();

  // -- its checks, on one thread ------------------------------------------------------------------

  /// True: it is idle and the ping is on its way.
  [[nodiscard]] bool ping(std::span<const std::byte> frame, port::answer_test is_answer);
  [[nodiscard]] health_step look_for_answer(time_point now);

  /// Has the pool act on what it should know.
  void tell_pool() const;

 private:
  // All with the lock held.
  void move(lifecycle_state to, lifecycle_cause by, time_point now, std::string detail = {});
  void publish();

  const worker_id id_;
  const std::string name_;
  std::atomic<bool> degraded_{false};
  std::atomic<bool> unfit_{false};
  mutable std::mutex mutex_;
  worker_lifecycle lifecycle_;
  std::optional<health_core> health_;
  // A port holds what its start holds, and that this.
  std::weak_ptr<port> process_;
  std::weak_ptr<port_owner> owner_;
  std::function<void()> look_at_;
};

}  // namespace slipway
