// slipway/harness/toml_fault.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/toml_fault.hpp>

namespace slipway::harness {

std::string to_string(const toml_fault& wrong) {
  std::string text = wrong.file;
  if (wrong.line > 0) {
    text.append(1, ':').append(std::to_string(wrong.line));
    text.append(1, ':').append(std::to_string(wrong.column));
  }
  text += ": ";
  if (!wrong.key.empty()) {
    text += wrong.key + ": ";
  }
  return text + "found " + wrong.found + ", expected " + wrong.expected;
}

std::string to_string(const std::vector<toml_fault>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    text += to_string(fault) + "\n";
  }
  return text;
}

}  // namespace slipway::harness
