// slipway/actors/pool_options.hpp
//
// What a pool is started with, beside its behaviour.
// Belongs here: the options of the shell around the core's. Does not: those of Python workers
// (python_pool_options).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace slipway {

struct pool_options {
  std::string name = "pool";
  pool_core_options core{};
  /// `start` returns when so many workers are ready, or fails after `start_timeout`. A lazy pool
  /// starts these at once. Zero, as NimblePool: it returns when all have begun.
  std::size_t min_ready = 0;
  duration start_timeout = std::chrono::seconds(10);
  /// What a callback threw, by the callback's name; within the pool: brief, and it must not throw.
  /// NimblePool logs it.
  std::function<void(const char* callback, const exit_reason& reason)> on_callback_error{};
};

/// What is wrong with the options; nothing if they are good.
[[nodiscard]] inline std::optional<std::string> flaw_of(const pool_options& options) {
  if (options.min_ready > options.core.pool_size) {
    return "min_ready is " + std::to_string(options.min_ready) + ", pool_size only " +
           std::to_string(options.core.pool_size);
  }
  return flaw_of(options.core);
}

}  // namespace slipway
