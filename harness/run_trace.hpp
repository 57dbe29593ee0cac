// slipway/harness/run_trace.hpp
//
// What happened in a simulated run, in its order, and one number that stands for all of it.
// Belongs here: the lines and the hash. Does not: what is worth a line (simulation).
// Invariant: two runs with the same hash made the same steps at the same times.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {

/// One thread.
class run_trace {
 public:
  enum class detail : std::uint8_t { hash_only, lines };

  explicit run_trace(detail kept) : kept_(kept) {}

  /// @param who   who acts: "pool/3", "client 2".
  /// @param what  what it does, in a word or two.
  /// @param more  further words, or none.
  void add(time_point at, std::string_view who, std::string_view what, std::string_view more = {});

  /// FNV-1a of 64 bits over the bytes of all entries, a zero byte after each text, and over their
  /// times in nanoseconds, the least significant byte first.
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// "0.250000 pool/3 answers", oldest first; none with `hash_only`.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  void mix(std::string_view text);

  detail kept_;
  std::uint64_t hash_ = 0xcbf29ce484222325U;
  std::size_t size_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace slipway::harness
