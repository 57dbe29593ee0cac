// slipway/tools/call_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/call_command.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/event_line.hpp>
#include <slipway/tools/preflight.hpp>
#include <slipway/tools/running_tree.hpp>

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

/// Leaves the one pool in the configuration that the call goes to, with one worker: more would only
/// take longer to start.
result<run_config, std::string> only_pool(run_config config, const std::string& name) {
  const auto wanted = std::find_if(config.pools.begin(), config.pools.end(),
                                   [&](const auto& pool) { return pool.name == name; });
  if (name.empty() ? config.pools.size() > 1 : wanted == config.pools.end()) {
    std::string names;
    for (const auto& pool : config.pools) {
      names += (names.empty() ? "" : ", ") + pool.name;
    }
    return failure((name.empty() ? "--pool is missing" : "there is no pool " + name) + "; " +
                   config.file + " has: " + names);
  }
  python_pool_options chosen = name.empty() ? config.pools.front() : *wanted;
  chosen.size = 1;
  chosen.lazy = false;
  config.pools = {std::move(chosen)};
  return config;
}

exit_code print(const result<value, call_error>& outcome, console& screen) {
  if (!outcome) {
    const call_error& error = outcome.error();
    std::string text = to_string(error);
    if (error.remote && !error.remote->traceback.empty()) {
      text += "\n" + error.remote->traceback;
      text.erase(text.find_last_not_of('\n') + 1);
    }
    for (const auto& line : error.stderr_tail) {
      text += "\n  | " + line;
    }
    screen.line(text);
    return exit_code::some_failed;
  }
  const auto json = outcome->to_json();
  if (!json) {
    screen.line("the result has no JSON form: " + to_string(json.error()) + ": " +
                outcome->to_text());
    return exit_code::some_failed;
  }
  std::puts(json->c_str());
  return exit_code::ok;
}

exit_code call(const call_settings& wanted, const value& args, const running_tree& tree,
               console& screen) {
  tree.wait_ready(1, stop_request());
  if (const auto end = tree.given_up()) {
    screen.line(end->text() + stderr_text(end->reason));
    return exit_code::environment;
  }
  const client& pool = tree.pool(tree.pool_names().front());
  return print(wanted.timeout ? pool.call(wanted.command, args, *wanted.timeout)
                              : pool.call(wanted.command, args),
               screen);
}

}  // namespace

exit_code perform(const call_settings& wanted) {
  console screen = console::on(STDERR_FILENO);
  const auto args = value::from_json(wanted.args);
  if (!args || !args->is_map()) {
    screen.line("the arguments must be one JSON object, as in '{\"text\": \"to be\"}'" +
                (args ? ", not " + std::string(args->type_name()) + " " + args->to_text()
                      : ": " + to_string(args.error())));
    return exit_code::usage;
  }
  auto config = load_config(wanted.config, screen);
  if (!config) {
    return config.error();
  }
  const auto chosen = only_pool(std::move(*config), wanted.pool);
  if (!chosen) {
    screen.line(chosen.error());
    return exit_code::usage;
  }
  if (const exit_code checked = check_interpreters(*chosen, screen); checked != exit_code::ok) {
    return checked;
  }
  const auto tree = running_tree::start(*chosen, wanted.log_file);
  if (!tree) {
    screen.line(tree.error());
    return exit_code::environment;
  }
  return call(wanted, *args, **tree, screen);
}

}  // namespace slipway::tools
