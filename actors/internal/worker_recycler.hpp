// slipway/actors/internal/worker_recycler.hpp
//
// Looks at the workers of one Python pool from time to time and has those replaced that have passed
// a limit.
// Belongs here: the timer, measuring. Does not: deciding (recycle_core), replacing (pool_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/port.hpp>
#include <slipway/actors/python_worker.hpp>
#include <slipway/actors/recycle_core.hpp>
#include <slipway/actors/runtime.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace slipway::internal {

/// One a run of a pool. Everything but `stop` and what the pool is asked runs on the I/O thread.
class worker_recycler : public std::enable_shared_from_this<worker_recycler> {
 public:
  worker_recycler(runtime& shared, std::string pool_name, const recycle_options& options);

  /// To be called once, when the pool has started.
  void begin(const std::shared_ptr<python_pool>& pool);
  /// The pool has ended: the runtime is not touched any more. Thread: any.
  void stop();

 private:
  struct subject {
    worker_vitals vitals;
    std::shared_ptr<port> process;
  };
  using worker_states = std::unordered_map<worker_id, python_worker::worker_state>;

  using token = std::shared_ptr<void>;  // points to nothing
  [[nodiscard]] std::optional<token> hold_unless_stopped();
  void look_later();
  void ask_pool();
  [[nodiscard]] std::vector<subject> subjects_in(const pool_core& pool,
                                                 const worker_states& states) const;
  void look_at(const std::vector<subject>& subjects);

  runtime& runtime_;
  const std::string pool_name_;
  const recycle_options options_;
  std::weak_ptr<python_pool> pool_;
  recycle_core core_;
  std::mt19937_64 random_;
  std::mutex mutex_;
  std::optional<token> holds_runtime_;  // until the pool has ended
};

}  // namespace slipway::internal
