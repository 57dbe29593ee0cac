// Learn: to have many calls under way at once from one thread, and what a worker's death means to
// one.
//
//     gather_futures [PYTHON]        run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/system.hpp>

#include <chrono>
#include <cstdio>
#include <future>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using slipway::value;

int main(int argc, char** argv) {
  auto system = slipway::system::start({.name = "example"});
  if (!system) {
    return std::puts(system.error().message.c_str()), 1;
  }
  auto licences = (*system)->start_pool({
      .name = "licences",
      .size = 4,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/licences.py",
  });
  if (!licences) {
    return std::puts(licences.error().message.c_str()), 1;
  }

  // Calls that find no idle worker wait in the pool's queue, first come, first served.
  const std::vector<std::string> texts{"to be", "or not to be", "that is", "the question"};
  std::vector<std::future<slipway::client::reply<double>>> answers;
  for (const auto& text : texts) {
    const value args = value::map({{"left", value(text)}, {"right", value("to be or not to be")}});
    answers.push_back(licences->async_call<double>("similarity", args, 10s));
  }

  // Each future gets its one outcome, also when workers die meanwhile.
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = answers[i].get();
    if (answer) {
      std::printf("%-14s %.3f\n", texts[i].c_str(), *answer);
    } else if (answer.error().effect == slipway::call_effect::not_sent) {
      std::printf("%-14s not sent, may be called again: %s\n", texts[i].c_str(),
                  answer.error().message.c_str());
    } else {
      std::printf("%-14s may have run: %s\n", texts[i].c_str(), answer.error().message.c_str());
    }
    if (!answer) {
      return 1;
    }
  }
  return 0;
}
