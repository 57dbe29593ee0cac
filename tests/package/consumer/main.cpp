// The least that a program has to do to call Python through an installed Slipway.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/system.hpp>

#include <map>
#include <string>

int main(int /*argc*/, char** argv) {
  auto system = slipway::system::start();
  auto sums = (*system)->start_pool({.size = 1, .python = argv[1], .module = argv[2]});
  auto sum = sums->call<int>("add", std::map<std::string, int>{{"left", 2}, {"right", 3}});
  return sum && *sum == 5 ? 0 : 1;
}
