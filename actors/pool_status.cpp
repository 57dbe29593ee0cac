// slipway/actors/pool_status.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_status.hpp>

#include <algorithm>
#include <chrono>

namespace slipway {

pool_status describe(const std::string& name, const pool_core& core, time_point now) {
  pool_status status;
  status.name = name;
  status.pool_size = core.options().pool_size;
  for (const auto& [id, worker] : core.workers()) {
    status.workers.push_back({id, worker.status, now - worker.since});
  }
  status.idle = core.idle_count();
  status.queue_length = core.queue_length();
  if (const auto oldest = core.oldest_wait()) {
    status.oldest_wait = now - *oldest;
  }
  status.counters = core.counters();
  status.ended = core.ended();
  return status;
}

std::string counts_text(const pool_status& status) {
  const auto busy = static_cast<std::size_t>(std::count_if(
      status.workers.begin(), status.workers.end(),
      [](const worker_info& worker) { return worker.status == worker_status::checked_out; }));
  std::string text = std::to_string(status.workers.size()) + " of " +
                     std::to_string(status.pool_size) + " workers (" + std::to_string(status.idle) +
                     " idle, " + std::to_string(busy) + " checked out, " +
                     std::to_string(status.workers.size() - status.idle - busy) + " starting), " +
                     std::to_string(status.queue_length) + " queued";
  if (status.oldest_wait) {
    using std::chrono::milliseconds;
    text += ", oldest waits " +
            std::to_string(std::chrono::duration_cast<milliseconds>(*status.oldest_wait).count()) +
            " ms";
  }
  return text;
}

std::string to_string(const pool_status& status) {
  return "pool '" + status.name + "': " + counts_text(status) +
         (status.ended ? ", ended: " + to_string(*status.ended) : std::string());
}

}  // namespace slipway
