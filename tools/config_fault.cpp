// slipway/tools/config_fault.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/config_fault.hpp>

namespace slipway::tools {

std::string to_string(const config_fault& fault) {
  std::string text = fault.file;
  if (fault.line > 0) {
    text.append(1, ':').append(std::to_string(fault.line));
    text.append(1, ':').append(std::to_string(fault.column));
  }
  text += ": ";
  if (!fault.key.empty()) {
    text += fault.key + ": ";
  }
  return text + "found " + fault.found + ", expected " + fault.expected;
}

std::string to_string(const std::vector<config_fault>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    text += to_string(fault) + "\n";
  }
  return text;
}

}  // namespace slipway::tools
