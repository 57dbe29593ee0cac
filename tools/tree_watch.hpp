// slipway/tools/tree_watch.hpp
//
// Keeps what happens in a tree until somebody has time to look: counts, and the latest events.
// Belongs here: collecting on the tree's threads, which must not wait.
// Does not: words (event_line).
// Invariants: (1) every event is counted, also those that are dropped because nobody looked in
//                 time;
//             (2) a pool has failed to start when it ended abnormally before any worker of it was
//                 ready.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/runtime_event.hpp>
#include <slipway/tools/event_line.hpp>
#include <slipway/tools/tree_counts.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace slipway::tools {

struct noted_event {
  time_point at;
  runtime_event event;
  event_role role = event_role::first;
};

/// After which nothing is to be expected of a pool.
struct pool_end {
  enum class kind : unsigned char { never_ready, gave_up };

  std::string pool;
  exit_reason reason;
  kind how = kind::gave_up;

  /// One sentence, without what stderr said.
  [[nodiscard]] std::string text() const {
    return (how == kind::never_ready
                ? "pool '" + pool + "' cannot start"
                : "the tree gave up: pool '" + pool + "' ended too often, last") +
           stage_text(reason);
  }
};

/// Thread: any.
class tree_watch {
 public:
  static constexpr std::size_t most_kept = 10'000;

  /// For system_options::on_event. Brief; never calls the tree.
  void take(const runtime_event& event, time_point now);

  /// The events since the last call, oldest first.
  [[nodiscard]] std::vector<noted_event> drain();

  [[nodiscard]] tree_counts counts() const;
  [[nodiscard]] bool has_been_ready(const std::string& pool) const;
  /// Workers of a pool that became ready so far.
  [[nodiscard]] std::uint64_t ready_count(const std::string& pool) const;
  /// The first pool that could not be started.
  [[nodiscard]] std::optional<pool_end> start_failure() const;
  /// The latest abnormal end of a pool.
  [[nodiscard]] std::optional<pool_end> last_pool_end() const;

 private:
  struct pool_record {
    std::uint64_t starts = 0;
    std::uint64_t ready = 0;
    std::uint64_t unreplaced = 0;
    /// Workers whose loss counts already, for their replacements come first.
    std::set<std::string> recycled{};
    /// Workers that did not get as far as ready and whose process has not ended yet.
    std::set<std::string> failed_to_start{};
  };

  event_role note(const runtime_event& event);

  mutable std::mutex mutex_;
  std::map<std::string, pool_record> pools_;
  tree_counts counts_;
  std::optional<pool_end> start_failure_;
  std::optional<pool_end> last_pool_end_;
  std::vector<noted_event> kept_;
};

}  // namespace slipway::tools
