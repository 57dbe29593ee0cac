// tests/conformance/runner.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include "comparison.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace slipway::conformance {

namespace {

// A run during which the machine stood still says nothing; it is made again, so often.
constexpr int most_disturbed_runs = 5;

std::string difference(const scenario& recorded, std::size_t index, const json& expected,
                       const json& seen) {
  std::string text = "step " + std::to_string(index + 1) + " of " +
                     std::to_string(recorded.steps.size()) + " differs\n";
  json done = recorded.steps[index];
  done.erase("then");
  text += "  step      " + done.dump() + "\n";
  json observers = expected;
  observers.update(seen);
  for (const auto& [observer, ignored] : observers.items()) {
    const json left = expected.value(observer, json::array());
    const json right = seen.value(observer, json::array());
    if (left != right) {
      text += "  observer  " + observer + "\n    expected  " + left.dump() + "\n    seen      " +
              right.dump() + "\n";
    }
  }
  return text;
}

verdict run_once(const scenario& recorded, scenario_run& run) {
  const side_by_side order(recorded);
  for (std::size_t i = 0; i < recorded.steps.size(); ++i) {
    const json& step = recorded.steps[i];
    json expected = step.at("then");
    json seen = run.step(step);
    order.sort(step, expected);
    order.sort(step, seen);
    if (expected != seen) {
      return {outcome::failed, difference(recorded, i, expected, seen)};
    }
  }
  return {outcome::passed, {}};
}

}  // namespace

verdict run_scenario(const scenario& recorded, const start_run& start) {
  if (!start) {
    return {outcome::not_run, {}};
  }
  verdict last;
  for (int i = 0; i < most_disturbed_runs; ++i) {
    try {
      const auto run = start(recorded);
      last = run_once(recorded, *run);
      if (last.how == outcome::passed || !run->disturbed()) {
        return last;
      }
    } catch (const std::exception& error) {
      return {outcome::failed, std::string("cannot be driven: ") + error.what() + "\n"};
    }
  }
  last.text +=
      "  The machine was too slow in each of " + std::to_string(most_disturbed_runs) + " runs.\n";
  return last;
}

std::vector<verdict> run_all(const std::vector<scenario>& recorded,
                             const std::function<start_run(const scenario&)>& driver_of,
                             std::size_t at_once) {
  std::vector<verdict> verdicts(recorded.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < recorded.size(); i = next++) {
      verdicts[i] = run_scenario(recorded[i], driver_of(recorded[i]));
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min(at_once, recorded.size()); ++i) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& each : others) {
    each.join();
  }
  return verdicts;
}

}  // namespace slipway::conformance
