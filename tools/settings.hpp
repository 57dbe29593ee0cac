// slipway/tools/settings.hpp
//
// What the command line asks for, one type for each subcommand.
// Belongs here: the values and their defaults.
// Does not: reading them (command_line), doing it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/tools/result_sink.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace slipway::tools {

struct run_settings {
  std::string config;
  std::string input = "-";
  std::string output = "-";
  std::optional<std::size_t> concurrency{};  ///< none: as many as there are workers
  result_order order = result_order::of_requests;
  unsigned retries = 0;
  /// After the first signal, how long requests under way may still take.
  duration grace = std::chrono::seconds(10);
  std::string log_file{};
  std::optional<std::uint16_t> metrics_port{};  ///< 0: any that is free
  std::string trace_file{};                     ///< empty: none
};

struct call_settings {
  std::string config;
  std::string command;
  std::string args = "{}";
  std::string pool{};  ///< may be empty when there is one
  std::optional<duration> timeout{};
  std::string log_file{};
};

struct doctor_settings {
  std::string config{};  ///< empty: what holds without one
};

enum class tree_format : unsigned char { text, json, dot };

struct tree_settings {
  std::string config;
  tree_format format = tree_format::text;
  std::string log_file{};
};

enum class failed_calls : unsigned char { stand, are_retried };

struct demo_settings {
  failed_calls on_failure = failed_calls::stand;
  duration length = std::chrono::seconds(6);
  duration kill_every = std::chrono::milliseconds(300);
  std::string python{};  ///< empty: the first that has all it needs
  std::string log_file{};
};

struct chaos_settings {
  std::string config;
  std::string plan;
  std::uint64_t seed = 1;
  duration length = std::chrono::seconds(60);
  std::string command = "ping";
  std::string args = "{}";
  std::string echo{};                        ///< a field that answers repeat; empty: none
  std::string pool{};                        ///< empty: all in turn
  bool simulate = false;                     ///< with simulated processes, on a virtual clock
  std::optional<std::size_t> concurrency{};  ///< none: as many as there are workers
  duration timeout = std::chrono::seconds(2);
  std::string report_file{};  ///< JSON; empty: none
  std::string html_file{};    ///< empty: none
  std::string log_file{};
};

struct explore_settings {
  std::string scenario{};  ///< empty: all of pool_scenarios
  std::uint64_t first_seed = 1;
  std::size_t seeds = 10'000;
  std::string replay_file = "broken.replay";
};

struct replay_settings {
  std::string file;
};

using settings = std::variant<run_settings, call_settings, doctor_settings, tree_settings,
                              demo_settings, chaos_settings, explore_settings, replay_settings>;

}  // namespace slipway::tools
