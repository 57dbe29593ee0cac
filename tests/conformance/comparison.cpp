// tests/conformance/comparison.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <algorithm>
#include <utility>

namespace slipway::conformance {

namespace {

std::pair<std::string, int> parts_of(const std::string& name) {
  const auto at = name.rfind('#');
  if (at == std::string::npos) {
    return {name, 0};
  }
  return {name.substr(0, at), std::stoi(name.substr(at + 1))};
}

}  // namespace

bool name_before(const std::string& left, const std::string& right) {
  return parts_of(left) < parts_of(right);
}

side_by_side::side_by_side(const scenario& recorded)
    : all_(recorded.subject == "dynamic_supervisor") {
  note(recorded.options);
  for (const json& step : recorded.steps) {
    if (step.contains("options")) {
      note(step.at("options"));
    }
    if (step.contains("spec") && step.at("spec").is_object() && step.at("spec").contains("sup")) {
      note(step.at("spec").at("sup"));
    }
  }
}

// The ids of the templates in these options and below them.
void side_by_side::note(const json& options) {
  if (!options.is_object() || !options.contains("children")) {
    return;
  }
  const json flags = options.value("flags", json());
  const bool is_simple = options.value("strategy", json()) == "simple_one_for_one" ||
                         (flags.is_array() && !flags.empty() && flags[0] == "simple_one_for_one");
  for (const json& spec : options.at("children")) {
    if (!spec.is_object()) {
      continue;
    }
    if (is_simple && spec.contains("id")) {
      ids_.insert(spec.at("id").get<std::string>());
    }
    if (spec.contains("sup")) {
      note(spec.at("sup"));
    }
  }
}

bool side_by_side::is_end(const json& event) const {
  if (event.at(0) != "stopping" && event.at(0) != "exit") {
    return false;
  }
  const auto& name = event.at(1).get_ref<const std::string&>();
  return name.find('#') != std::string::npos && (all_ || ids_.contains(parts_of(name).first));
}

void side_by_side::sort(const json& step, json& seen) const {
  const auto found = seen.find("sup");
  if (found == seen.end()) {
    return;
  }
  auto& events = found->get_ref<json::array_t&>();
  auto from = events.begin();
  const auto& what = step.at("do");
  const bool ended_by_step = what == "child_exit" || what == "child_kill";
  if (ended_by_step && from != events.end() && from->at(0) == "exit" &&
      from->at(1) == step.at("child")) {
    ++from;
  }
  while (from != events.end()) {
    const auto to =
        std::find_if_not(from, events.end(), [this](const json& event) { return is_end(event); });
    std::stable_sort(from, to, [](const json& left, const json& right) {
      return name_before(left.at(1).get<std::string>(), right.at(1).get<std::string>());
    });
    from = to == events.end() ? to : std::next(to);
  }
}

}  // namespace slipway::conformance
