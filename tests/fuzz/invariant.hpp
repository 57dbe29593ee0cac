// tests/fuzz/invariant.hpp
//
// How a fuzz target says that something is wrong.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace slipway::fuzz {

/// Ends the program when an invariant does not hold: the fuzzer keeps the input of a program that
/// aborts.
/// @param what  the invariant as a sentence.
inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "invariant broken: %s\n", what);
    std::abort();
  }
}

}  // namespace slipway::fuzz
