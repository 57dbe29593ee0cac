// slipway/harness/replay_file.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_plan_toml.hpp>
#include <slipway/harness/replay_file.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace slipway::harness {
namespace {

constexpr std::string_view first_fault = "[[fault]]";

// The value of a line `key = …`, without quotes.
std::optional<std::string_view> value_of(std::string_view head, std::string_view key) {
  while (!head.empty()) {
    const auto line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(" = ")) {
      continue;
    }
    auto value = line.substr(key.size() + 3);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace

replay replay_of(const scenario& what, const run_result& run) {
  return {what.name, run.setup.seed, run.setup.steps ? *run.setup.steps : run.chosen,
          run.setup.plan.value_or(fault_plan{})};
}

std::string to_text(const replay& again) {
  std::string text = "scenario = \"" + again.scenario + "\"\nseed = " + std::to_string(again.seed) +
                     "\nsteps = \"" + again.steps.to_text() + "\"\n";
  if (!again.plan.rules.empty()) {
    text += "\n" + to_toml(again.plan);
  }
  return text;
}

result<replay, std::string> read_replay(std::string_view text, const std::string& file) {
  const auto head = text.substr(0, text.find(first_fault));
  const auto name = value_of(head, "scenario");
  const auto seed = value_of(head, "seed");
  const auto steps = value_of(head, "steps");
  if (!name || !seed || !steps) {
    return failure(file + ": lines `scenario = …`, `seed = …` and `steps = …` are expected");
  }
  replay read;
  read.scenario = *name;
  const auto number = std::from_chars(seed->data(), seed->data() + seed->size(), read.seed);
  if (number.ec != std::errc{} || number.ptr != seed->data() + seed->size()) {
    return failure(file + ": seed: found " + std::string(*seed) + ", expected a whole number");
  }
  read.steps = schedule::from_text(*steps);
  auto plan = read_fault_plan_text(text.substr(head.size()), file);
  if (!plan) {
    std::string wrong;
    for (const auto& each : plan.error()) {
      wrong += (wrong.empty() ? "" : "\n") + to_string(each);
    }
    return failure(std::move(wrong));
  }
  read.plan = std::move(*plan);
  return read;
}

}  // namespace slipway::harness
