// slipway/actors/health_options.hpp
//
// When a worker counts as sick, and when as lost.
// Belongs here: the options and their defaults. Does not: acting on them (health_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace slipway {

/// How much standard error is a flood.
struct stderr_limit {
  std::size_t bytes = std::size_t{1024} * 1024;
  duration window = std::chrono::seconds(1);

  friend bool operator==(const stderr_limit&, const stderr_limit&) = default;
};

struct health_options {
  /// How often idle workers are checked; at least a millisecond.
  duration interval = std::chrono::seconds(5);
  /// After which time the answer is looked at, and the check has failed without one. No longer than
  /// the interval: a longer one counts as that.
  duration timeout = std::chrono::seconds(1);
  /// So many failed checks in a row, or slow calls in a row, and the worker is removed.
  std::uint32_t failures = 3;
  /// Who holds a worker for longer has met a slow one; none: no call is too slow.
  std::optional<duration> slow_call{};
  /// A worker that writes more to its standard error is removed; none: it may.
  std::optional<stderr_limit> max_stderr = stderr_limit{};

  friend bool operator==(const health_options&, const health_options&) = default;
};

}  // namespace slipway
