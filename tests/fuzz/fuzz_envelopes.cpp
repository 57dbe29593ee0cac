// tests/fuzz/fuzz_envelopes.cpp
//
// libFuzzer's entry to envelope_invariants.hpp.
//
// SPDX-License-Identifier: Apache-2.0
#include "envelope_invariants.hpp"

#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::check_envelopes(std::as_bytes(std::span(data, size)));
  return 0;
}
