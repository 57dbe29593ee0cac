// slipway/supervision/restart_backoff.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/restart_backoff.hpp>

#include <algorithm>
#include <cmath>

namespace slipway {

std::chrono::milliseconds restart_backoff::delay(std::uint64_t failures, double chance) const {
  if (is_off()) {
    return std::chrono::milliseconds{0};
  }
  const auto before = static_cast<double>(std::max<std::uint64_t>(failures, 1) - 1);
  // Infinity, after very many failures, is capped like any other length.
  const double whole = std::min(static_cast<double>(first.count()) * std::pow(factor, before),
                                static_cast<double>(cap.count()));
  return std::chrono::milliseconds{std::llround(whole * (1 - jitter * chance))};
}

}  // namespace slipway
