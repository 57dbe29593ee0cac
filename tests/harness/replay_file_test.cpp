// slipway/tests/harness/replay_file_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/replay_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace slipway::harness {
namespace {

using testing::HasSubstr;

TEST(replay_file, makes_the_same_run_again) {
  const scenario pool = pool_scenarios().front();
  for (std::uint64_t seed = 1; seed != 100; ++seed) {
    const auto run = run_once(pool, {.seed = seed}, {});
    const auto read = read_replay(to_text(replay_of(pool, run)), "replay.toml");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->scenario, "pool");
    const auto again =
        run_once(pool, {.seed = read->seed, .plan = read->plan, .steps = read->steps}, {});
    EXPECT_EQ(again.hash, run.hash) << "seed " << seed;
  }
}

TEST(replay_file, tells_what_is_missing_or_wrong) {
  EXPECT_THAT(read_replay("seed = 1\nsteps = \"\"\n", "a.toml").error(), HasSubstr("scenario"));
  EXPECT_THAT(read_replay("scenario = \"pool\"\nseed = x\nsteps = \"\"\n", "a.toml").error(),
              HasSubstr("a.toml: seed: found x"));
  EXPECT_THAT(
      read_replay("scenario = \"pool\"\nseed = 1\nsteps = \"\"\n[[fault]]\nwhat = \"rot\"\n",
                  "a.toml")
          .error(),
      HasSubstr("a.toml"));
}

}  // namespace
}  // namespace slipway::harness
