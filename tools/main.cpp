// slipway/tools/main.cpp
//
// The command `slipway`.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/call_command.hpp>
#include <slipway/tools/chaos_command.hpp>
#include <slipway/tools/command_line.hpp>
#include <slipway/tools/demo_command.hpp>
#include <slipway/tools/doctor_command.hpp>
#include <slipway/tools/explore_command.hpp>
#include <slipway/tools/replay_command.hpp>
#include <slipway/tools/run_command.hpp>
#include <slipway/tools/tree_command.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

int main(int argc, char** argv) {
  using namespace slipway::tools;
  // Whoever reads our output may go; a failed write then says so.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const auto wanted = read_command_line(std::vector<std::string>(argv + 1, argv + argc));
    if (!wanted) {
      const auto& [code, text] = wanted.error();
      std::fputs(text.c_str(), code == exit_code::ok ? stdout : stderr);
      return static_cast<int>(code);
    }
    return static_cast<int>(
        std::visit([](const auto& settings) { return perform(settings); }, *wanted));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "slipway: %s\n", error.what());
    return static_cast<int>(exit_code::environment);
  }
}
