// slipway/actors/pool_load.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_load.hpp>

#include <algorithm>
#include <chrono>

namespace slipway {

pool_load load_of(const pool_core& core, time_point now) {
  pool_load load;
  load.pool_size = core.options().pool_size;
  load.starting = core.starting_count();
  load.handshaking = core.handshaking_count();
  load.idle = core.idle_count();
  load.checked_out = core.ready_count() - core.idle_count();
  load.queue_length = core.queue_length();
  if (const auto oldest = core.oldest_wait()) {
    load.oldest_wait = now - *oldest;
  }
  return load;
}

std::string to_string(const pool_load& load) {
  std::string text = std::to_string(load.workers()) + " of " + std::to_string(load.pool_size) +
                     " workers (" + std::to_string(load.idle) + " idle, " +
                     std::to_string(load.checked_out) + " checked out, " +
                     std::to_string(load.starting) + " starting), " +
                     std::to_string(load.queue_length) + " queued";
  if (load.oldest_wait) {
    using std::chrono::milliseconds;
    text += ", oldest waits " +
            std::to_string(std::chrono::duration_cast<milliseconds>(*load.oldest_wait).count()) +
            " ms";
  }
  return text;
}

void pool_gauges::publish(const pool_core& core) {
  constexpr auto relaxed = std::memory_order_relaxed;
  pool_size_.store(core.options().pool_size, relaxed);
  starting_.store(core.starting_count(), relaxed);
  handshaking_.store(core.handshaking_count(), relaxed);
  idle_.store(core.idle_count(), relaxed);
  workers_.store(core.workers().size(), relaxed);
  queue_length_.store(core.queue_length(), relaxed);
  const auto oldest = core.oldest_wait();
  oldest_arrival_.store(oldest ? oldest->time_since_epoch().count() : 0, relaxed);
}

pool_load pool_gauges::read(time_point now) const {
  constexpr auto relaxed = std::memory_order_relaxed;
  pool_load load;
  load.pool_size = pool_size_.load(relaxed);
  load.starting = starting_.load(relaxed);
  load.handshaking = handshaking_.load(relaxed);
  load.idle = idle_.load(relaxed);
  const std::size_t others = load.starting + load.idle;
  const std::size_t workers = workers_.load(relaxed);
  load.checked_out = workers > others ? workers - others : 0;
  load.queue_length = queue_length_.load(relaxed);
  if (load.queue_length != 0) {
    const time_point arrived{duration(oldest_arrival_.load(relaxed))};
    load.oldest_wait = std::max(duration::zero(), now - arrived);
  }
  return load;
}

}  // namespace slipway
