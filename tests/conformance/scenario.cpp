// tests/conformance/scenario.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <algorithm>
#include <fstream>

namespace slipway::conformance {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> recordings_below(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return {path};
  }
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

scenario parsed(const json& from) {
  scenario read;
  read.name = from.at("name").get<std::string>();
  read.about = from.value("about", "");
  read.subject = from.at("subject").get<std::string>();
  read.options = from.value("options", json::object());
  read.script = from.value("script", json::object());
  for (const json& step : from.at("steps")) {
    static_cast<void>(step.at("do").get<std::string>());
    static_cast<void>(step.at("then").get<json::object_t>());
    read.steps.push_back(step);
  }
  return read;
}

}  // namespace

result<std::vector<scenario>, std::string> read_scenarios(const std::vector<fs::path>& paths) {
  std::vector<scenario> all;
  for (const fs::path& path : paths) {
    if (!fs::exists(path)) {
      return failure(path.string() + ": there is no such file or folder");
    }
    for (const fs::path& file : recordings_below(path)) {
      try {
        std::ifstream stream(file);
        const json content = json::parse(stream);
        for (const json& each : content.is_array() ? content : json::array({content})) {
          all.push_back(parsed(each));
        }
      } catch (const json::exception& error) {
        return failure(file.string() + ": no recording: " + error.what());
      }
    }
  }
  return all;
}

}  // namespace slipway::conformance
