// tests/conformance/scenario.hpp
//
// Recorded scenarios, as recordings/FORMAT.md describes them.
// Belongs here: finding and reading them.
// Does not: what their words mean (the drivers).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace slipway::conformance {

using nlohmann::json;

struct scenario {
  std::string name;
  std::string about;
  std::string subject;
  json options;
  json script;
  std::vector<json> steps;
};

/// Reads all scenarios in files and, recursively, in the .json files of folders, in the order of
/// their paths.
/// Errors  the first path that is missing or no recording, with the reason.
[[nodiscard]] result<std::vector<scenario>, std::string> read_scenarios(
    const std::vector<std::filesystem::path>& paths);

}  // namespace slipway::conformance
