// slipway/actors/stderr_meter.hpp
//
// Tells a flood of standard error from what a process may write.
// Belongs here: counting bytes within a window. Does not: reading them, what becomes of the process.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/health_options.hpp>
#include <slipway/actors/time.hpp>

#include <cstddef>

namespace slipway {

/// Windows follow each other; each begins with the first bytes after the one before. Value type, one
/// thread at a time.
class stderr_meter {
 public:
  explicit stderr_meter(stderr_limit limit) : limit_(limit) {}

  /// So much was read now. True once a window: with this its limit is exceeded.
  [[nodiscard]] bool feed(std::size_t bytes, time_point now) {
    if (now - begun_ >= limit_.window || !counting_) {
      counting_ = true;
      begun_ = now;
      within_ = 0;
    }
    const bool exceeded_before = exceeded();
    within_ += bytes;
    return !exceeded_before && exceeded();
  }

  /// Whether what came last was beyond the limit of its window.
  [[nodiscard]] bool exceeded() const { return within_ > limit_.bytes; }
  [[nodiscard]] const stderr_limit& limit() const { return limit_; }

 private:
  stderr_limit limit_;
  bool counting_ = false;
  time_point begun_{};
  std::size_t within_ = 0;
};

}  // namespace slipway
