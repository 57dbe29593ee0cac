// slipway/actors/internal/bridge_answers_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/bridge_answers_core.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

namespace slipway::internal {
namespace {

std::optional<std::string> text(const value& map, std::string_view name) {
  const auto found = map.find(name);
  if (!found) {
    return std::nullopt;
  }
  const auto given = found->as<std::string>();
  return given ? std::optional(*given) : std::nullopt;
}

// FNV-1a: the same on every machine, so that a session's worker can be told beforehand.
std::size_t hash(std::string_view key) {
  std::uint64_t sum = 14695981039346656037U;
  for (const char byte : key) {
    sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  return static_cast<std::size_t>(sum);
}

constexpr std::array for_all{"ping",    "list_programs", "get_stats",
                             "cleanup", "reset_state",   "configure_lm"};

/// What the result of each command must have.
const std::map<std::string_view, std::vector<const char*>>& shapes() {
  static const std::map<std::string_view, std::vector<const char*>> table{
      {"ping", {"status", "worker_id"}},
      {"create_program", {"program_id", "status"}},
      {"execute_program", {"program_id", "outputs"}},
      {"list_programs", {"programs", "total_count"}},
      {"get_program_info", {"id", "signature", "created_at", "executions"}},
      {"delete_program", {"program_id", "status"}},
      {"get_stats", {"programs_count"}},
      {"cleanup_session", {"session_id", "programs_removed"}},
      {"cleanup", {"status", "programs_removed"}},
      {"reset_state", {"status", "programs_removed"}},
      {"configure_lm", {"status", "model"}},
  };
  return table;
}

std::optional<std::string> flaw(std::string_view command, const value& answer) {
  const auto shape = shapes().find(command);
  if (shape == shapes().end()) {
    return std::nullopt;
  }
  for (const char* name : shape->second) {
    if (!answer.find(name)) {
      return "the result lacks `" + std::string(name) + "`: " + answer.to_text();
    }
  }
  return std::nullopt;
}

result<std::uint64_t, std::string> sum(const std::vector<value>& answers, const char* name) {
  std::uint64_t total = 0;
  for (const auto& answer : answers) {
    const auto number = answer.find(name)->as<std::uint64_t>();
    if (!number) {
      return failure("`" + std::string(name) + "` is no count: " + answer.to_text());
    }
    total += *number;
  }
  return total;
}

result<value, std::string> listed(const std::vector<value>& answers) {
  std::vector<value> all;
  for (const auto& answer : answers) {
    const auto programs = answer.find("programs")->as<std::vector<value>>();
    if (!programs) {
      return failure("`programs` is no list: " + answer.to_text());
    }
    all.insert(all.end(), programs->begin(), programs->end());
  }
  std::stable_sort(all.begin(), all.end(), [](const value& left, const value& right) {
    return std::tuple(text(left, "id"), text(left, "session_id")) <
           std::tuple(text(right, "id"), text(right, "session_id"));
  });
  return value::map({{"programs", value(all)}, {"total_count", value(all.size())}});
}

}  // namespace

bridge_route route(std::string_view command, const value& args, std::size_t workers,
                   std::size_t turn) {
  if (const auto session = text(args, "session_id"); session && command != "configure_lm") {
    return {hash(*session) % workers, 1};
  }
  if (std::find(for_all.begin(), for_all.end(), command) != for_all.end()) {
    return {0, workers};
  }
  if (const auto program = text(args, command == "create_program" ? "id" : "program_id")) {
    return {hash(*program) % workers, 1};
  }
  return {turn % workers, 1};
}

result<value, std::string> merge(std::string_view command, const std::vector<value>& answers) {
  for (const auto& answer : answers) {
    if (auto lacking = flaw(command, answer)) {
      return failure(std::move(*lacking));
    }
  }
  if (command == "list_programs") {
    return listed(answers);
  }
  if (command == "get_stats") {
    return sum(answers, "programs_count").map([&](std::uint64_t total) {
      return value::map({{"programs_count", value(total)}, {"workers", value(answers)}});
    });
  }
  if (command == "cleanup" || command == "reset_state") {
    return sum(answers, "programs_removed").map([&](std::uint64_t total) {
      return value::map(
          {{"status", *answers.front().find("status")}, {"programs_removed", value(total)}});
    });
  }
  return answers.front();
}

}  // namespace slipway::internal
