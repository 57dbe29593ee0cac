// slipway/tools/tree_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/console.hpp>
#include <slipway/tools/event_line.hpp>
#include <slipway/tools/preflight.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/tree_command.hpp>

#include <cstdio>
#include <limits>
#include <unistd.h>

namespace slipway::tools {
namespace {

std::string formatted(const tree_node& picture, tree_format format) {
  switch (format) {
    case tree_format::json:
      return to_json(picture) + "\n";
    case tree_format::dot:
      return to_dot(picture);
    case tree_format::text:
      break;
  }
  return to_text(picture);
}

}  // namespace

exit_code perform(const tree_settings& wanted) {
  console screen = console::on(STDERR_FILENO);
  const auto config = load_config(wanted.config, screen);
  if (!config) {
    return config.error();
  }
  if (const exit_code checked = check_interpreters(*config, screen); checked != exit_code::ok) {
    return checked;
  }
  const auto tree = running_tree::start(*config, wanted.log_file);
  if (!tree) {
    screen.line(tree.error());
    return exit_code::environment;
  }
  constexpr auto all_workers = std::numeric_limits<std::size_t>::max();
  (*tree)->wait_ready(all_workers, stop_request());
  std::fputs(formatted((*tree)->picture(), wanted.format).c_str(), stdout);
  if (const auto end = (*tree)->given_up()) {
    screen.line(end->text() + stderr_text(end->reason));
    return exit_code::environment;
  }
  return exit_code::ok;
}

}  // namespace slipway::tools
