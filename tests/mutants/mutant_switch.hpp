// slipway/tests/mutants/mutant_switch.hpp
//
// Which of the deliberate breakages is on. Only the copies of the cores that make_mutants.py makes
// include it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway::mutants {

/// Set once, before anything runs; 0: none is on.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): no parameter reaches a core
inline int chosen = 0;

[[nodiscard]] inline bool on(int number) {
  return chosen == number;
}

}  // namespace slipway::mutants
