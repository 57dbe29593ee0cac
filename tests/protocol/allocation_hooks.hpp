// tests/protocol/allocation_hooks.hpp
//
// Counts what the program allocates. Linking allocation_hooks.cpp replaces operator new, and the
// linker must be told --wrap=malloc --wrap=realloc, because msgpack-c calls these two directly.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace slipway::test {

/// Requests for memory; what was given back does not count.
struct allocation_count {
  std::size_t calls = 0;
  std::size_t bytes = 0;
  std::size_t greatest = 0;
};

/// What was requested since the program began or `restart_counting` was called.
[[nodiscard]] allocation_count allocations_so_far();
void restart_counting();

}  // namespace slipway::test
