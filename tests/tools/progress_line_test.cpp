// The line that shows how far a run is.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/progress_line.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr terminal_style plain{};

TEST(progress_line, in_a_log_it_is_a_line_without_bar) {
  EXPECT_EQ(progress_text({0.25, 30, 2, 4s}, 0, plain),
            " 25 %  30 ok, 2 failed  8/s  4.00 s, 12.0 s to go");
}

TEST(progress_line, on_a_wide_terminal_it_has_a_bar) {
  EXPECT_THAT(progress_text({0.5, 1, 0, 1s}, 100, plain),
              StartsWith("############............   50 %  "));
}

TEST(progress_line, it_fits_into_a_narrow_terminal) {
  EXPECT_EQ(progress_text({0.5, 1, 0, 1s}, 40, plain), " 50 %  1 ok, 0 failed");
}

TEST(progress_line, an_end_that_is_not_known_has_no_share) {
  EXPECT_EQ(progress_text({std::nullopt, 10, 0, 2s}, 100, plain), "10 ok, 0 failed  5/s  2.00 s");
}

TEST(progress_line, a_share_beyond_the_end_is_the_end) {
  EXPECT_THAT(progress_text({1.5, 1, 0, 1s}, 0, plain), StartsWith("100 %"));
}

TEST(log_pace, lines_become_rarer) {
  log_pace pace;
  std::vector<long> due;
  for (auto elapsed = 0s; elapsed < 300s; ++elapsed) {
    if (pace.due(elapsed)) {
      due.push_back(elapsed.count());
    }
  }
  EXPECT_THAT(due, testing::ElementsAre(2, 4, 8, 16, 32, 64, 124, 184, 244));
}

}  // namespace
}  // namespace slipway::tools
