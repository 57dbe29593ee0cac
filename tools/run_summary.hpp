// slipway/tools/run_summary.hpp
//
// What a run has done so far: how many requests ended how, and how long they took.
// Belongs here: counting and the text at the end.
// Does not: workers and restarts (tree_watch).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/latency_histogram.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/tools/tree_counts.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace slipway::tools {

/// The figures at one moment. Value type.
struct run_figures {
  std::uint64_t ok = 0;
  std::map<std::string, std::uint64_t> failed_by_code{};
  std::uint64_t attempts = 0;     ///< calls made, retries included
  std::uint64_t input_bytes = 0;  ///< of the lines that have been taken
  latency_histogram latency{};    ///< of requests that were called, however they ended

  [[nodiscard]] std::uint64_t failed() const;
  [[nodiscard]] std::uint64_t requests() const { return ok + failed(); }
};

/// Thread: any.
class run_statistics {
 public:
  /// @param code      "ok", or the code of the error.
  /// @param attempts  calls made; 0 for a line that was no request.
  void finished(const std::string& code, unsigned attempts, duration took);
  void taken(std::uint64_t input_bytes);

  [[nodiscard]] run_figures figures() const;

 private:
  mutable std::mutex mutex_;
  run_figures figures_;
};

/// Several lines: requests, latency, throughput, workers.
/// @param elapsed  from the first request to the last result.
[[nodiscard]] std::string summary_text(const run_figures& figures, const tree_counts& tree,
                                       duration elapsed);

}  // namespace slipway::tools
