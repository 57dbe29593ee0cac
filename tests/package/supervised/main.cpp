// What a user of slipway::harness_gtest writes; built and run against an installed tree.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/supervised_test.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace slipway::harness;
using slipway::value;

std::string& argument(int number) {
  static std::string arguments[2];
  return arguments[number];
}

class sums : public supervised_test {};

TEST_F(sums, are_lost_with_their_worker_and_made_by_the_next) {
  break_by({{{.when = fault_when::nth_request{1}, .what = fault_what::exit{7}}}});
  const auto calls = start_ready({.name = "sums",
                                  .size = 1,
                                  .python = argument(0),
                                  .module = argument(1),
                                  .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}}});
  EXPECT_FALSE(calls.call("add", value::map({{"left", value(1)}, {"right", value(2)}})));
  EXPECT_EQ(isolated().faults().size(), 1U);
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 3) {
    return 2;
  }
  argument(0) = argv[1];
  argument(1) = argv[2];
  return RUN_ALL_TESTS();
}
