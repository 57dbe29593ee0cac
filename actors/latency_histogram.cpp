// slipway/actors/latency_histogram.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/latency_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace slipway {
namespace {

// 64 parts of a power of two: the next part begins at most 1/64 higher.
constexpr unsigned part_bits = 6;
constexpr std::uint64_t parts = std::uint64_t{1} << part_bits;

}  // namespace

std::size_t latency_histogram::bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < parts) {
    return static_cast<std::size_t>(nanoseconds);
  }
  const auto shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - part_bits;
  return static_cast<std::size_t>((std::uint64_t{shift} << part_bits) + (nanoseconds >> shift));
}

std::uint64_t latency_histogram::upper_end(std::size_t bucket) {
  if (bucket < parts) {
    return bucket;
  }
  const std::uint64_t shift = (bucket >> part_bits) - 1;
  const std::uint64_t part = bucket - (shift << part_bits);
  return ((part + 1) << shift) - 1;
}

void latency_histogram::add(duration length) {
  const duration counted = std::max(length, duration::zero());
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(counted).count();
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(nanoseconds));
  if (bucket >= buckets_.size()) {
    buckets_.resize(bucket + 1);
  }
  ++buckets_[bucket];
  ++count_;
  greatest_ = std::max(greatest_, counted);
  sum_s_ += std::chrono::duration<double>(counted).count();
}

std::uint64_t latency_histogram::count_below(unsigned exponent) const {
  const std::size_t end = std::min(bucket_of(std::uint64_t{1} << exponent), buckets_.size());
  return std::accumulate(buckets_.begin(), buckets_.begin() + static_cast<std::ptrdiff_t>(end),
                         std::uint64_t{0});
}

duration latency_histogram::percentile(double fraction) const {
  if (count_ == 0) {
    return duration::zero();
  }
  const auto rank = static_cast<std::uint64_t>(std::clamp(
      std::ceil(fraction * static_cast<double>(count_)), 1.0, static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) {
      const auto end = std::chrono::nanoseconds(static_cast<std::int64_t>(upper_end(bucket)));
      return std::min<duration>(end, greatest_);
    }
  }
  return greatest_;
}

}  // namespace slipway
