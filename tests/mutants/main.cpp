// slipway/tests/mutants/main.cpp
//
// Hunts one mutant: `slipway-mutants MUTANT HUNTER SEEDS` lives the seeds 1 to SEEDS and stops at the
// first that finds it. Each seed is announced before it is lived, so that who waits for a life without
// end knows which it was. `slipway-mutants` alone lists mutants and hunters.
//
// SPDX-License-Identifier: Apache-2.0
#include "hunters.hpp"
#include "mutant_switch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace {

struct mutant_row {
  int number;
  const char* name;
  const char* file;
};

#include <mutant_rows.inc>

std::string first_lines_of(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, 300);
}

int list() {
  for (const auto& row : mutant_rows) {
    std::cout << "mutant\t" << row.number << '\t' << row.file << '\t' << row.name << '\n';
  }
  for (const auto& each : slipway::mutants::hunters()) {
    std::cout << "hunter\t" << each.name << '\n';
  }
  return 0;
}

int hunt(int mutant, const std::string& name, unsigned seeds) {
  const auto all = slipway::mutants::hunters();
  const auto with =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  if (with == all.end()) {
    std::cerr << "no hunter is called '" << name << "'\n";
    return 2;
  }
  slipway::mutants::chosen = mutant;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    std::cout << "seed " << seed << std::endl;
    if (const auto broken = with->hunt(seed)) {
      std::cout << "found " << first_lines_of(*broken) << std::endl;
      return 0;
    }
  }
  std::cout << "survived" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc == 1) {
    return list();
  }
  if (argc != 4) {
    std::cerr << "usage: slipway-mutants [MUTANT HUNTER SEEDS]\n";
    return 2;
  }
  try {
    return hunt(std::stoi(argv[1]), argv[2], static_cast<unsigned>(std::stoul(argv[3])));
  } catch (const std::exception& e) {
    std::cerr << "usage: slipway-mutants [MUTANT HUNTER SEEDS]: " << e.what() << '\n';
    return 2;
  }
}
