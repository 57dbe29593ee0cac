// slipway/actors/pool_status.hpp
//
// What a pool says of itself, asked of the pool and never guessed.
// Belongs here: the picture and its text.
// Does not: how it comes about.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/pool_load.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

struct worker_info {
  worker_id id{};
  worker_status status = worker_status::starting;
  duration in_status{};  ///< how long it has been in that status
  // Its init_state, as it was entered, counted from the start of its init_worker.
  std::optional<duration> handshaking_after{};
  std::optional<duration> ready_after{};
};

struct pool_status {
  std::string name;
  pool_load load;
  std::vector<worker_info> workers;  ///< in order of their start
  pool_counters counters;
  std::optional<exit_reason> last_init_failure;
  std::optional<exit_reason> ended;
};

/// Reads the picture off a core.
[[nodiscard]] pool_status describe(const std::string& name, const pool_core& core, time_point now);

/// "pool 'licences': 4 of 4 workers (0 idle, 4 checked out, 0 starting), 7 queued, oldest waits 230
/// ms".
[[nodiscard]] std::string to_string(const pool_status& status);

}  // namespace slipway
