// slipway/tools/replay_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/replay_file.hpp>
#include <slipway/tools/replay_command.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace slipway::tools {
namespace {

exit_code refuse(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return exit_code::usage;
}

}  // namespace

exit_code perform(const replay_settings& wanted) {
  std::ifstream file(wanted.file, std::ios::binary);
  if (!file) {
    return refuse(wanted.file + ": cannot be read");
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto again = harness::read_replay(text, wanted.file);
  if (!again) {
    return refuse(again.error());
  }
  const auto known = harness::pool_scenarios();
  const auto what = std::find_if(known.begin(), known.end(), [&](const harness::scenario& each) {
    return each.name == again->scenario;
  });
  if (what == known.end()) {
    return refuse(wanted.file + ": there is no scenario '" + again->scenario + "'");
  }
  const auto run = harness::run_once(*what,
                                     {.seed = again->seed,
                                      .plan = again->plan,
                                      .steps = again->steps,
                                      .trace = harness::run_trace::detail::lines},
                                     harness::invariants::all());
  std::fputs(to_text(*what, run).c_str(), stdout);
  return run.broken ? exit_code::some_failed : exit_code::ok;
}

}  // namespace slipway::tools
