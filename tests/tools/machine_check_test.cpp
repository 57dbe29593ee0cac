// What the machine's limits mean.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/machine_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using testing::HasSubstr;

constexpr machine_limits roomy{1'000'000, 1'000'000, true, true};

TEST(machine_check, this_machine_can_be_read) {
  const auto limits = read_machine_limits();
  EXPECT_GT(limits.open_files, 0U);
  EXPECT_TRUE(limits.has_pidfd);
}

TEST(machine_check, a_roomy_machine_is_well) {
  EXPECT_EQ(worst(judge_machine(roomy, 64)), finding_level::ok);
}

TEST(machine_check, too_few_open_files_for_the_workers_is_a_failure) {
  auto limits = roomy;
  limits.open_files = 256;
  EXPECT_EQ(worst(judge_machine(limits, 16)), finding_level::ok);
  EXPECT_EQ(worst(judge_machine(limits, 64)), finding_level::fail);
}

TEST(machine_check, few_processes_are_a_warning) {
  auto limits = roomy;
  limits.processes = 100;
  EXPECT_EQ(worst(judge_machine(limits, 16)), finding_level::warn);
}

TEST(machine_check, a_kernel_without_pidfd_is_a_failure) {
  auto limits = roomy;
  limits.has_pidfd = false;
  EXPECT_EQ(worst(judge_machine(limits, 1)), finding_level::fail);
}

TEST(finding, the_table_has_a_line_for_each_and_one_for_each_line_of_a_remedy) {
  EXPECT_EQ(findings_text({{finding_level::ok, "python", "3.11"},
                           {finding_level::fail, "msgpack", "not there", "do this\nor that"}},
                          {}),
            "  ok    python          3.11\n"
            "  FAIL  msgpack         not there\n"
            "                        -> do this\n"
            "                        -> or that\n");
}

}  // namespace
}  // namespace slipway::tools
