// slipway/actors/pool_status.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_status.hpp>

#include <algorithm>

namespace slipway {

pool_status describe(const std::string& name, const pool_core& core, time_point now) {
  pool_status status;
  status.name = name;
  status.load = load_of(core, now);
  for (const auto& [id, worker] : core.workers()) {
    worker_info info{id, worker.status, now - worker.since, {}, {}};
    if (worker.handshaking) {
      info.handshaking_after = *worker.handshaking - worker.started;
    }
    if (worker.ready) {
      info.ready_after = *worker.ready - worker.started;
    }
    status.workers.push_back(info);
  }
  std::sort(status.workers.begin(), status.workers.end(),
            [](const worker_info& left, const worker_info& right) { return left.id < right.id; });
  status.counters = core.counters();
  status.last_init_failure = core.last_init_failure();
  status.ended = core.ended();
  return status;
}

std::string to_string(const pool_status& status) {
  return "pool '" + status.name + "': " + to_string(status.load) +
         (status.ended ? ", ended: " + to_string(*status.ended) : std::string());
}

}  // namespace slipway
