// tests/protocol/fuzz_corpus_test.cpp
//
// Replays the fuzzers' seed corpus, so that every compiler and every run of the tests checks what a
// fuzzer once needed.
//
// SPDX-License-Identifier: Apache-2.0
#include "../fuzz/envelope_invariants.hpp"
#include "../fuzz/frame_invariants.hpp"
#include "byte_helpers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace slipway {
namespace {

// Gives every file to `check`, which aborts the program when an invariant does not hold.
void replay(const std::string& corpus, void (*check)(std::span<const std::byte>)) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(SLIPWAY_FUZZ_CORPUS) / corpus)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    check(test::bytes_of(input));
    ++files;
  }
  EXPECT_GT(files, 0) << "no corpus in " << SLIPWAY_FUZZ_CORPUS;
}

TEST(fuzz_corpus, holds_the_invariants_of_frames) {
  replay("frames", fuzz::check_frames);
}

TEST(fuzz_corpus, holds_the_invariants_of_envelopes) {
  replay("envelopes", fuzz::check_envelopes);
}

}  // namespace
}  // namespace slipway
