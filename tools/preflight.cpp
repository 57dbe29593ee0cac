// slipway/tools/preflight.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/config_reader.hpp>
#include <slipway/tools/install_layout.hpp>
#include <slipway/tools/interpreter_check.hpp>
#include <slipway/tools/preflight.hpp>

#include <utility>

namespace slipway::tools {

result<run_config, exit_code> load_config(const std::string& file, console& screen) {
  auto config = read_config(file, package_dir());
  if (!config) {
    std::string text = to_string(config.error());
    text.pop_back();
    screen.line(text);
    return failure(exit_code::usage);
  }
  return std::move(*config);
}

exit_code check_interpreters(const run_config& config, console& screen) {
  exit_code code = exit_code::ok;
  for (const auto& pool : config.pools) {
    const auto findings = check_interpreter(pool);
    if (any_failed(findings)) {
      std::string text = findings_text(findings, screen.style());
      text.pop_back();
      screen.line("pool '" + pool.name + "' of " + config.file + " cannot run here:\n" + text);
      code = exit_code::environment;
    }
  }
  return code;
}

}  // namespace slipway::tools
