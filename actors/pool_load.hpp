// slipway/actors/pool_load.hpp
//
// How busy a pool is, in a few numbers that can be read at any time without asking the pool: it may
// be in a callback that takes long, which is when one wants to know.
// Belongs here: the numbers, where the pool leaves them, their text.
// Does not: the single workers (pool_status).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

namespace slipway {

struct pool_load {
  std::size_t pool_size = 0;
  std::size_t starting = 0;  ///< handshaking ones included
  std::size_t handshaking = 0;
  std::size_t idle = 0;
  std::size_t checked_out = 0;
  std::size_t queue_length = 0;
  std::optional<duration> oldest_wait;  ///< of a request that is queued

  [[nodiscard]] std::size_t workers() const { return starting + idle + checked_out; }

  friend bool operator==(const pool_load&, const pool_load&) = default;
};

[[nodiscard]] pool_load load_of(const pool_core& core, time_point now);

/// "4 of 4 workers (0 idle, 4 checked out, 0 starting), 7 queued, oldest waits 230 ms".
[[nodiscard]] std::string to_string(const pool_load& load);

/// Where a pool leaves its load after each event. Thread: one writes, any reads; the numbers of one
/// reading may come from two events that follow each other.
class pool_gauges {
 public:
  void publish(const pool_core& core);
  [[nodiscard]] pool_load read(time_point now) const;

 private:
  std::atomic<std::size_t> pool_size_{0};
  std::atomic<std::size_t> starting_{0};
  std::atomic<std::size_t> handshaking_{0};
  std::atomic<std::size_t> idle_{0};
  std::atomic<std::size_t> workers_{0};
  std::atomic<std::size_t> queue_length_{0};
  std::atomic<duration::rep> oldest_arrival_{0};
};

}  // namespace slipway
