// slipway/actors/recycle_core.hpp
//
// Decides which workers are to be replaced for what they have done or have become.
// Belongs here: the limits of each worker, their order of urgency, how many at one time.
// Does not: measuring, replacing (pool_core), timers.
// Invariants: (1) a worker's limits are drawn once and stay as long as it is looked at;
//             (2) no more are ordered than `at_once` less those that are being replaced.
// Source: max_requests and max_requests_jitter of gunicorn, in a pool that replaces first.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/recycle_options.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace slipway {

/// What is known of one ready worker.
struct worker_vitals {
  worker_id worker{};
  std::uint64_t served = 0;
  duration age{};                                 ///< since it was ready
  std::optional<duration> idle{};                 ///< none: a client holds it
  std::optional<std::uint64_t> resident_bytes{};  ///< none: unknown
  bool retiring = false;                          ///< being replaced already
};

/// `{shutdown, "max_requests: 953 of 950"}`: the limit, what was found, this worker's own limit.
struct recycle_order {
  worker_id worker;
  exit_reason reason;
};

/// Value type; one thread at a time.
class recycle_core {
 public:
  explicit recycle_core(const recycle_options& options) : options_(options) {}

  /// Looks at all ready workers of a pool.
  /// @param workers  all of them: whoever is not among them is forgotten.
  /// @param chance   from [0, 1); asked once for each worker.
  /// @returns        whom to replace: memory before requests before age before idle time, and the
  ///                 longest-serving first.
  [[nodiscard]] std::vector<recycle_order> look(const std::vector<worker_vitals>& workers,
                                                const std::function<double()>& chance);

 private:
  recycle_options options_;
  std::map<worker_id, double> lowered_by_;  // the part of each limit that is taken off
};

}  // namespace slipway
