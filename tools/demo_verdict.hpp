// slipway/tools/demo_verdict.hpp
//
// Counts what became of each request of the demo, and says whether that is what Slipway promises.
// Belongs here: the rule.
// Does not: making requests, killing workers. The promise: every request ends exactly once, in the
// right answer or in an error that names the kill; with retries in the right answer; and no worker
// process is left.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/tools/demo_chaos.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace slipway::tools {

/// How often each kind of outcome came. Value type.
struct demo_outcomes {
  std::uint64_t requests = 0;  ///< that were made
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  std::uint64_t killed = 0;       ///< worker_died by signal 9, effect unknown
  std::uint64_t frozen = 0;       ///< timeout after the request had been sent
  std::uint64_t unexplained = 0;  ///< any other error
  std::uint64_t none = 0;         ///< requests without an outcome
  std::uint64_t several = 0;      ///< requests with more than one
  std::uint64_t retries = 0;
  std::string first_unexplained{};
};

/// Thread: any.
class demo_tally {
 public:
  /// A request begins. @returns its number.
  [[nodiscard]] std::size_t begin();
  void answered(std::size_t request, bool right);
  void failed(std::size_t request, const call_error& error);
  void retried();

  [[nodiscard]] demo_outcomes outcomes() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint8_t> outcomes_of_;
  demo_outcomes counts_;
};

enum class demo_mode : std::uint8_t { plain, retry };
enum class processes_left : std::uint8_t { no, yes };

/// What does not hold, one sentence each; empty when the promise was kept.
[[nodiscard]] std::vector<std::string> broken_promises(const demo_outcomes& outcomes,
                                                       const chaos_counts& chaos, demo_mode mode,
                                                       processes_left left);

/// With what the demo ends when all held; three lines, the latter two indented by ten blanks.
[[nodiscard]] std::string proven_text(const demo_outcomes& outcomes, const chaos_counts& chaos,
                                      std::uint64_t replacements);

}  // namespace slipway::tools
