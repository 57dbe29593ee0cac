// slipway/actors/internal/health_checker.hpp
//
// Pings the idle workers of one pool, in turns.
// Belongs here: the timer, the pings, what is reported.
// Does not: what an answer or its absence means (health_core).
// Invariants: (1) a worker is never checked out for a check, and no checkout waits for one;
//             (2) a pool has one timer: a ping, after the timeout a look, after the interval a ping.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/health_core.hpp>
#include <slipway/actors/health_options.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/python_worker.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/worker_record.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace slipway::internal {

/// Reports what followed. `pool`, `worker`: their names.
void report(runtime& shared, const std::string& pool, const std::string& worker,
            const health_step& step);

/// Everything runs on the I/O thread. It ends with its pool.
class health_checker : public std::enable_shared_from_this<health_checker> {
 public:
  /// @param held  the pool's hold on the runtime: without it the runtime is not touched.
  health_checker(runtime& shared, std::weak_ptr<void> held, const std::shared_ptr<pool_slot>& slot,
                 const std::shared_ptr<python_pool>& pool, const health_options& options);

  /// The first check is after one interval.
  void start();

 private:
  using turn = void (health_checker::*)(pool_slot&);

  void later(duration delay, turn next);
  void check(pool_slot& slot);
  void look(pool_slot& slot);
  [[nodiscard]] bool ping(pool_slot& slot, worker_record& worker) const;

  runtime& runtime_;
  std::weak_ptr<void> held_;
  std::weak_ptr<pool_slot> slot_;
  std::weak_ptr<python_pool> pool_;
  duration timeout_;
  duration rest_;  // from the look to the next ping
  std::vector<std::shared_ptr<worker_record>> pinged_;
};

}  // namespace slipway::internal
