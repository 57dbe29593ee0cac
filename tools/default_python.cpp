// slipway/tools/default_python.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/default_python.hpp>
#include <slipway/tools/interpreter_check.hpp>

namespace slipway::tools {

std::vector<std::string> python_candidates() {
  return {"/usr/bin/python3", "python3"};
}

std::optional<std::string> find_python(python_pool_options options) {
  for (const auto& candidate : python_candidates()) {
    options.python = candidate;
    if (!any_failed(check_interpreter(options))) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace slipway::tools
