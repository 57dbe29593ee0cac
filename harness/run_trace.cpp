// slipway/harness/run_trace.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/run_trace.hpp>

#include <array>
#include <cstdio>

namespace slipway::harness {
namespace {

constexpr std::uint64_t fnv_prime = 0x100000001b3U;

}  // namespace

void run_trace::mix(std::string_view text) {
  for (const char each : text) {
    hash_ = (hash_ ^ static_cast<unsigned char>(each)) * fnv_prime;
  }
  hash_ *= fnv_prime;  // as a zero byte does
}

void run_trace::add(time_point at, std::string_view who, std::string_view what,
                    std::string_view more) {
  ++size_;
  mix(who);
  mix(what);
  mix(more);
  const auto nanoseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count());
  for (unsigned shift = 0; shift != 64; shift += 8) {
    hash_ = (hash_ ^ ((nanoseconds >> shift) & 0xffU)) * fnv_prime;
  }
  if (kept_ == detail::lines) {
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.6f ",
                  std::chrono::duration<double>(at.time_since_epoch()).count());
    std::string line = seconds.data();
    line.append(who).append(" ").append(what);
    if (!more.empty()) {
      line.append(" ").append(more);
    }
    lines_.push_back(std::move(line));
  }
}

}  // namespace slipway::harness
