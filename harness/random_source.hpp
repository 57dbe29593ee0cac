// slipway/harness/random_source.hpp
//
// Numbers that look random and follow from a seed: the same on every machine and compiler.
// Belongs here: the generator and the few draws that are needed. Does not: distributions of the
// standard library, whose results differ from one library to the next.
// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway::harness {

/// A value: a copy goes on from where it was copied.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}

  /// Any number.
  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  /// From 0 up to and without `bound`, each as likely as any other.
  /// @param bound  above 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    // What lies beyond the last whole multiple of `bound` would favour the small numbers.
    const std::uint64_t beyond = (~std::uint64_t{0} % bound + 1) % bound;
    for (;;) {
      const std::uint64_t drawn = next();
      if (drawn <= ~std::uint64_t{0} - beyond) {
        return drawn % bound;
      }
    }
  }

  /// Whether something of this probability happens; at 0 or less never, at 1 or more always.
  [[nodiscard]] bool chance(double probability) {
    constexpr double step = 1.0 / 9007199254740992.0;  // 2^-53, so that each result is exact
    return static_cast<double>(next() >> 11U) * step < probability;
  }

  /// A source of its own, whose numbers tell nothing of this one's.
  /// @param stream  which one.
  [[nodiscard]] random_source split(std::uint64_t stream) const {
    random_source mixer(state_ ^ (stream + 1) * 0xd1342543de82ef95U);
    return random_source(mixer.next());
  }

  friend bool operator==(const random_source&, const random_source&) = default;

 private:
  std::uint64_t state_;
};

}  // namespace slipway::harness
