// slipway/actors/latency_histogram.hpp
//
// Percentiles of any number of durations in little memory.
// Belongs here: counting and reading percentiles.
// Does not: clocks, locks, text.
// Invariants: (1) memory does not depend on how many were added;
//             (2) a percentile is at most 1.6 % above the true one and never below it, and never
//                 above the greatest duration that was added.
// Source: the bucket layout of HdrHistogram: powers of two, each cut into 64 equal parts.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway {

class latency_histogram {
 public:
  void add(duration length);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] duration greatest() const { return greatest_; }
  /// Of all that were added, in seconds.
  [[nodiscard]] double sum_s() const { return sum_s_; }
  /// How many took less than 2 to the power of `exponent` nanoseconds. Exact, since a power of two
  /// begins a bucket.
  [[nodiscard]] std::uint64_t count_below(unsigned exponent) const;

  /// The smallest duration that at least `fraction` of all do not exceed; 0 when there are none.
  /// @param fraction  from 0 to 1: 0.99 for the 99th percentile.
  [[nodiscard]] duration percentile(double fraction) const;

 private:
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t nanoseconds);
  [[nodiscard]] static std::uint64_t upper_end(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  duration greatest_{};
  double sum_s_ = 0;
};

}  // namespace slipway
