// slipway/tools/explore_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/replay_file.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/explore_command.hpp>
#include <slipway/tools/output_file.hpp>
#include <slipway/tools/stop_request.hpp>
#include <slipway/tools/stop_signals.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

namespace slipway::tools {
namespace {

constexpr std::size_t runs_between_looks = 100;

std::string progress_of(const harness::scenario& what, std::size_t runs, std::size_t of) {
  return what.name + " " + std::to_string(runs) + " of " + std::to_string(of);
}

std::string report_line(const harness::scenario& what, const harness::exploration_report& report,
                        double seconds) {
  return fmt::format("{:<12}{} schedules, {} steps, {} calls, {:.0f} schedules/s, hash {:016x}: {}",
                     what.name, report.runs, report.steps, report.calls,
                     seconds > 0 ? static_cast<double>(report.runs) / seconds : 0, report.hash,
                     report.failure ? "broken" : "no rule broken");
}

exit_code keep(const harness::scenario& what, const harness::run_result& smallest,
               const explore_settings& wanted, console& screen) {
  std::fputs(to_text(what, smallest).c_str(), stdout);
  std::fputs(to_test(what, smallest, "slipway::harness::pool_scenario(\"" + what.name + "\", {…})")
                 .c_str(),
             stdout);
  constexpr int no_input = -1;
  auto file = output_file::open(wanted.replay_file, no_input);
  if (!file) {
    screen.line(file.error());
    return exit_code::environment;
  }
  if (const auto why = file->write(to_text(replay_of(what, smallest)))) {
    screen.line("cannot write " + wanted.replay_file + ": " + *why);
    return exit_code::environment;
  }
  screen.line("this run again: slipway replay " + wanted.replay_file);
  return exit_code::some_failed;
}

}  // namespace

exit_code perform(const explore_settings& wanted) {
  console screen = console::on(STDERR_FILENO);
  auto scenarios = harness::pool_scenarios();
  if (!wanted.scenario.empty()) {
    std::erase_if(scenarios, [&](const auto& each) { return each.name != wanted.scenario; });
    if (scenarios.empty()) {
      screen.line("there is no scenario '" + wanted.scenario + "'");
      return exit_code::usage;
    }
  }
  stop_request stop;
  const stop_signals signals(stop);
  const auto rules = harness::invariants::all();
  for (const auto& what : scenarios) {
    std::size_t runs = 0;
    const auto begun = std::chrono::steady_clock::now();
    const auto report =
        harness::explore(what, rules,
                         {.first_seed = wanted.first_seed,
                          .seeds = wanted.seeds,
                          .after_run = [&](const harness::run_result& /*run*/) {
                            if (++runs % runs_between_looks == 0 && screen.is_terminal()) {
                              screen.status(progress_of(what, runs, wanted.seeds));
                            }
                            return !stop.asked();
                          }});
    screen.status("");
    screen.line(report_line(
        what, report,
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count()));
    if (report.failure) {
      return keep(what, report.smallest ? *report.smallest : *report.failure, wanted, screen);
    }
    if (stop.asked()) {
      return stop.signal() == SIGTERM ? exit_code::terminated : exit_code::interrupted;
    }
  }
  return exit_code::ok;
}

}  // namespace slipway::tools
