// Durations as people write and read them.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/duration_text.hpp>

#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;

TEST(duration_text, a_number_with_a_unit_is_read) {
  EXPECT_EQ(duration_from("500ms"), 500ms);
  EXPECT_EQ(duration_from("5s"), 5s);
  EXPECT_EQ(duration_from("0.5s"), 500ms);
  EXPECT_EQ(duration_from("2m"), 2min);
  EXPECT_EQ(duration_from("1h"), 1h);
}

TEST(duration_text, anything_else_is_none) {
  for (const char* text :
       {"", "5", "s", "-1s", "0s", "5 s", "5sec", "nan s", "nans", "infs", "1e300h", "5s5"}) {
    EXPECT_FALSE(duration_from(text)) << text;
  }
}

TEST(duration_text, three_digits_are_written_with_the_unit_that_suits) {
  EXPECT_EQ(to_text(870us), "870 µs");
  EXPECT_EQ(to_text(1500ns), "1.50 µs");
  EXPECT_EQ(to_text(999700ns), "1.00 ms");
  EXPECT_EQ(to_text(12345us), "12.3 ms");
  EXPECT_EQ(to_text(6214ms), "6.21 s");
  EXPECT_EQ(to_text(119s), "119 s");
  EXPECT_EQ(to_text(243s), "4 min 03 s");
}

}  // namespace
}  // namespace slipway::tools
