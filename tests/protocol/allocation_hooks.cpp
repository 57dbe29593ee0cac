// tests/protocol/allocation_hooks.cpp
//
// A file of its own, so that no compiler inlines the replaced operators into code which then seems
// to pair operator new with free.
//
// SPDX-License-Identifier: Apache-2.0
#include "allocation_hooks.hpp"

#include <cstdlib>
#include <new>

namespace {

// Only the thread of the running test allocates, so plain numbers do.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): allocators know no other
slipway::test::allocation_count counted;

void count(std::size_t size) {
  ++counted.calls;
  counted.bytes += size;
  counted.greatest = size > counted.greatest ? size : counted.greatest;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_realloc(void* memory, std::size_t size);

void* __wrap_malloc(std::size_t size) {
  count(size);
  return __real_malloc(size);
}

void* __wrap_realloc(void* memory, std::size_t size) {
  count(size);
  return __real_realloc(memory, size);
}
}
// NOLINTEND(readability-identifier-naming)

void* operator new(std::size_t size) {
  count(size);
  void* memory = __real_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace slipway::test {

allocation_count allocations_so_far() {
  return counted;
}

void restart_counting() {
  counted = {};
}

}  // namespace slipway::test
