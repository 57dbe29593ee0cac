// slipway/actors/backoff.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>

#include <algorithm>
#include <utility>

namespace slipway {
namespace {

// `unit * factor`, at most `longest`; both lengths are positive.
duration times(duration unit, std::uint64_t factor, duration longest) {
  const auto fits = static_cast<std::uint64_t>(longest / unit);
  return factor > fits ? longest : unit * static_cast<duration::rep>(factor);
}

duration doubled(duration unit, std::uint64_t how_often, duration longest) {
  constexpr std::uint64_t too_often = 63;  // 2^63 is more nanoseconds than a duration holds
  return how_often >= too_often ? longest : times(unit, std::uint64_t{1} << how_often, longest);
}

duration fibonacci(duration unit, std::uint64_t n, duration longest) {
  const auto fits = static_cast<std::uint64_t>(longest / unit);
  std::uint64_t before = 0;
  std::uint64_t number = 1;
  // The number stays below 2^64: it is at most the sum of two of which neither passes 2^63.
  for (std::uint64_t i = 1; i < n && number <= fits; ++i) {
    before = std::exchange(number, number + before);
  }
  return times(unit, number, longest);
}

// AWS: sleep = min(cap, random_between(base, sleep * 3)), where the first sleep is taken for base.
// The cap comes last, so that a delay which has reached it stays there more often than not.
duration decorrelated(duration low, duration previous, double chance, duration longest) {
  const duration high = times(previous, 3, duration::max());
  const double drawn = chance * static_cast<double>((high - low).count());
  if (drawn >= static_cast<double>((longest - low).count())) {
    return longest;
  }
  return low + duration(static_cast<duration::rep>(drawn));
}

// A number that is none is taken for zero.
double between_zero_and_one(double chance) {
  return chance > 0 ? std::min(chance, 1.0) : 0.0;
}

}  // namespace

const char* to_string(backoff_kind kind) {
  switch (kind) {
    case backoff_kind::constant:
      return "constant";
    case backoff_kind::linear:
      return "linear";
    case backoff_kind::exponential:
      return "exponential";
    case backoff_kind::fibonacci:
      return "fibonacci";
    case backoff_kind::decorrelated_jitter:
      break;
  }
  return "decorrelated_jitter";
}

duration backoff::delay(std::uint64_t n, duration previous, double chance) const {
  const duration unit = std::min(first, longest);
  if (unit <= duration::zero()) {
    return duration::zero();
  }
  const std::uint64_t number = std::max<std::uint64_t>(n, 1);
  switch (kind) {
    case backoff_kind::constant:
      break;
    case backoff_kind::linear:
      return times(unit, number, longest);
    case backoff_kind::exponential:
      return doubled(unit, number - 1, longest);
    case backoff_kind::fibonacci:
      return fibonacci(unit, number, longest);
    case backoff_kind::decorrelated_jitter:
      return decorrelated(unit, number == 1 ? unit : std::clamp(previous, unit, longest),
                          between_zero_and_one(chance), longest);
  }
  return unit;
}

std::optional<std::string> flaw_of(const backoff& rule) {
  if (rule.first < duration::zero()) {
    return "first must not be negative";
  }
  if (rule.longest < rule.first) {
    return "longest must be at least first";
  }
  return std::nullopt;
}

}  // namespace slipway
