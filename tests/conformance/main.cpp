// tests/conformance/main.cpp
//
// slipway-conformance [--real-clock] PATH…: runs recorded scenarios and says which pass.
//
// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"
#include "scenario.hpp"
#include "subject.hpp"

#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::conformance {
namespace {

constexpr const char* usage =
    "Usage: slipway-conformance [--real-clock] PATH...\n"
    "\n"
    "Runs the recorded scenarios in files and folders and prints the first step of each that\n"
    "differs. Without --real-clock the cores are driven with simulated processes on a virtual\n"
    "clock; with it real actors in real time, many scenarios at once.\n"
    "\n"
    "Exit status: 0 all passed, 1 some failed or were not run, 2 wrong use.\n";

// Scenarios on the real clock mostly wait, so many run at a time; each has an actor system.
constexpr std::size_t real_at_once = 24;

struct tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t not_run = 0;
};

bool print(const std::vector<scenario>& recorded, const std::vector<verdict>& verdicts) {
  std::map<std::string, tally> tallies;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    tally& count = tallies[recorded[i].subject];
    switch (verdicts[i].how) {
      case outcome::passed:
        ++count.passed;
        break;
      case outcome::failed:
        ++count.failed;
        std::cout << "FAILED " << recorded[i].name << " (" << recorded[i].about
                  << "): " << verdicts[i].text;
        break;
      case outcome::not_run:
        ++count.not_run;
    }
  }
  bool all_passed = true;
  for (const auto& [subject, count] : tallies) {
    const std::size_t run = count.passed + count.failed;
    if (run != 0) {
      std::cout << subject << ": passed " << count.passed << " of " << run << "\n";
    }
    if (count.not_run != 0) {
      std::cout << subject << ": " << count.not_run << " not run: there is no driver for it\n";
    }
    all_passed = all_passed && count.failed == 0 && count.not_run == 0;
  }
  return all_passed;
}

int run(const std::vector<std::string>& arguments) {
  bool real_clock = false;
  std::vector<std::filesystem::path> paths;
  for (const std::string& argument : arguments) {
    if (argument == "--help") {
      std::cout << usage;
      return 0;
    }
    if (argument == "--real-clock") {
      real_clock = true;
    } else if (argument.starts_with('-')) {
      std::cerr << "slipway-conformance: no option " << argument << "\n" << usage;
      return 2;
    } else {
      paths.emplace_back(argument);
    }
  }
  const auto recorded = read_scenarios(paths);
  if (!recorded || recorded->empty()) {
    std::cerr << "slipway-conformance: " << (recorded ? "no scenario given" : recorded.error())
              << "\n"
              << usage;
    return 2;
  }
  const auto driver_of = [real_clock](const scenario& each) -> start_run {
    const auto found = subjects().find(each.subject);
    if (found == subjects().end()) {
      return {};
    }
    return real_clock ? found->second.real_clock : found->second.virtual_clock;
  };
  const auto verdicts = run_all(*recorded, driver_of, real_clock ? real_at_once : 1);
  return print(*recorded, verdicts) ? 0 : 1;
}

}  // namespace
}  // namespace slipway::conformance

int main(int argc, char** argv) {
  try {
    return slipway::conformance::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "slipway-conformance: " << error.what() << "\n";
    return 2;
  }
}
