// tests/fuzz/fuzz_frames.cpp
//
// libFuzzer's entry to frame_invariants.hpp.
//
// SPDX-License-Identifier: Apache-2.0
#include "frame_invariants.hpp"

#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::check_frames(std::as_bytes(std::span(data, size)));
  return 0;
}
