// slipway/actors/internal/bridge_workers.hpp
//
// What a bridge's back end is: workers in a row, each with its own programs.
// Belongs here: the interface and who makes one. Does not: which worker a command goes to (bridge).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/bridge.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace slipway::internal {

/// Thread: any.
class bridge_workers {
 public:
  bridge_workers() = default;
  bridge_workers(const bridge_workers&) = delete;
  bridge_workers& operator=(const bridge_workers&) = delete;
  bridge_workers(bridge_workers&&) = delete;
  bridge_workers& operator=(bridge_workers&&) = delete;
  virtual ~bridge_workers() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  /// @param worker  below `size()`.
  /// @param args    a map or nil.
  [[nodiscard]] virtual result<value, call_error> call(std::size_t worker,
                                                       const std::string& command,
                                                       const value& args, duration timeout) = 0;
  virtual void stop() = 0;
};

/// mock and loopback: one worker within this process.
[[nodiscard]] std::unique_ptr<bridge_workers> in_process_workers(const bridge_config& config);

/// single and pool: a supervised Python process for each.
/// Errors  `start_failed`.
[[nodiscard]] result<std::unique_ptr<bridge_workers>, bridge_error> python_workers(
    const bridge_config& config);

}  // namespace slipway::internal
