// tests/protocol/utf8_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/utf8.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace slipway::internal {
namespace {

// Writes a code point with the number of bytes asked for, also where that is not allowed.
std::string sequence(std::uint32_t code_point, int length) {
  if (length == 1) {
    return {static_cast<char>(code_point)};
  }
  std::string text;
  for (int i = 1; i < length; ++i) {
    text.insert(text.begin(), static_cast<char>(0x80U | (code_point & 0x3fU)));
    code_point >>= 6U;
  }
  const std::uint32_t marker = 0xffU << static_cast<unsigned>(8 - length) & 0xffU;
  text.insert(text.begin(), static_cast<char>(marker | code_point));
  return text;
}

TEST(utf8, accepts_every_code_point_in_its_shortest_form) {
  for (std::uint32_t point = 0; point <= 0x10ffff; ++point) {
    if (point >= 0xd800 && point <= 0xdfff) {
      continue;
    }
    const int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    ASSERT_EQ(first_invalid_utf8(sequence(point, length)), std::nullopt) << point;
  }
}

TEST(utf8, refuses_every_overlong_form) {
  for (std::uint32_t point = 0; point < 0x80; ++point) {
    ASSERT_EQ(first_invalid_utf8(sequence(point, 2)), 0U) << point;
  }
  for (std::uint32_t point = 0; point < 0x800; ++point) {
    ASSERT_EQ(first_invalid_utf8(sequence(point, 3)), 0U) << point;
  }
  for (std::uint32_t point = 0; point < 0x10000; ++point) {
    ASSERT_EQ(first_invalid_utf8(sequence(point, 4)), 0U) << point;
  }
}

TEST(utf8, refuses_surrogates_and_what_lies_above_unicode) {
  for (std::uint32_t point = 0xd800; point <= 0xdfff; ++point) {
    ASSERT_EQ(first_invalid_utf8(sequence(point, 3)), 0U) << point;
  }
  EXPECT_EQ(first_invalid_utf8(sequence(0x110000, 4)), 0U);
}

TEST(utf8, names_the_byte_where_a_bad_sequence_begins) {
  EXPECT_EQ(first_invalid_utf8("ab\xff"), 2U);
  EXPECT_EQ(first_invalid_utf8("a\xc3\xa9\x80"), 3U);
  EXPECT_EQ(first_invalid_utf8("abc\xe2\x82"), 3U);
  EXPECT_EQ(first_invalid_utf8("\xe2(\xa1"), 0U);
  EXPECT_EQ(first_invalid_utf8("\xf0\x9f\x98 "), 0U);
}

TEST(utf8, accepts_nothing_at_all) {
  EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
}

}  // namespace
}  // namespace slipway::internal
