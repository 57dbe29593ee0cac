// slipway/actors/recycle_options.hpp
//
// When the workers of a pool are replaced although nothing is wrong with them.
// Belongs here: the options and what is wrong with them.
// Does not: deciding (recycle_core), replacing (pool_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

/// A limit that is not given does not count.
struct recycle_options {
  /// How many requests a worker serves.
  std::optional<std::uint64_t> max_requests{};
  /// How long it lives from when it was ready.
  std::optional<duration> max_age{};
  /// How long it is idle without a break.
  std::optional<duration> max_idle{};
  /// How much memory its process holds, what it shares with others included.
  std::optional<std::uint64_t> max_resident_bytes{};
  /// Each worker has limits of its own, lower by up to this fraction, so that workers that started
  /// together do not reach them together. From 0 to below 1.
  double jitter = 0.1;
  /// How many workers of one pool are being replaced at one time.
  std::size_t at_once = 1;
  /// How often workers are looked at; they pass their limits by what happens in between.
  duration check_interval = std::chrono::seconds(1);

  friend bool operator==(const recycle_options&, const recycle_options&) = default;
};

/// Nothing if they are good.
[[nodiscard]] std::optional<std::string> flaw_of(const recycle_options& options);

}  // namespace slipway
