// slipway/tools/chaos_log.hpp
//
// What happened in a run under faults, as a value: the base of its reports.
// Belongs here: the values. Does not: collecting them (chaos_record), showing them (chaos_report).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/latency_histogram.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/tools/tree_counts.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

// All instants are counted from the start of the tree.

struct worker_span {
  std::string_view state;  ///< "starting", "ready", "degraded" or "ending"
  duration from{};
  duration to{};
};

/// One process. `end` is in words; empty while it runs.
struct worker_track {
  std::string name;
  std::string pool;
  std::vector<worker_span> spans{};
  std::string end{};
};

struct fault_mark {
  duration at{};
  std::string kind;  ///< "kill"
  std::string text;  ///< "stop for 300 ms"
  std::string who;   ///< empty: nobody in particular
  std::string rule;
  duration lasts{};  ///< zero: it is done at once
};

/// Something of a pool or of the supervisor.
struct chaos_moment {
  duration at{};
  std::string text;
};

struct failed_call {
  duration at{};  ///< when it ended
  duration took{};
  std::string code;
  std::string worker;  ///< empty: none had it
};

using outcome_counts = std::map<std::string, std::uint64_t>;

/// The calls that ended within one short time.
struct call_bin {
  outcome_counts outcomes{};
  duration slowest{};
};

/// What was to happen.
struct chaos_setting {
  std::string config{};
  std::string plan_file{};
  std::string plan{};  ///< as TOML
  std::uint64_t seed = 0;
  std::string command{};
  std::string echo{};  ///< the field that answers must repeat; empty: they are not checked
  std::size_t concurrency = 0;
  duration length{};
};

struct chaos_log {
  static constexpr std::size_t most_failures = 5'000;
  /// The outcome of a call that got an answer which is not its own.
  static constexpr const char* wrong_answer = "wrong_answer";

  chaos_setting setting{};
  duration elapsed{};
  std::uint64_t calls_begun = 0;
  std::uint64_t calls_ended = 0;
  std::uint64_t calls_overdue = 0;  ///< that did not end within their time and much more
  /// What the tree says of the same calls.
  std::uint64_t tree_began = 0;
  std::uint64_t tree_ended = 0;
  outcome_counts outcomes{};
  std::string first_wrong_answer{};  ///< what was wrong with it
  latency_histogram latency{};
  tree_counts tree{};
  std::map<std::string, std::uint64_t> faults_by_kind{};
  std::vector<std::string> left{};  ///< processes, threads and descriptors: one sentence each
  std::string gave_up{};            ///< why; empty: the tree lived to the end
  /// Of a simulation: the same seed gives the same. Nothing: the run was real.
  std::optional<std::uint64_t> trace_hash{};

  std::vector<worker_track> workers{};
  std::vector<fault_mark> faults{};
  std::vector<chaos_moment> moments{};
  duration bin_width{};
  std::vector<call_bin> bins{};
  std::vector<failed_call> failures{};  ///< the first `most_failures`
};

}  // namespace slipway::tools
