// tests/protocol/wire_error_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/wire_error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace slipway {
namespace {

TEST(wire_errors, every_code_has_its_own_name) {
  std::set<std::string_view> names;
  constexpr int count = static_cast<int>(wire_errc::not_representable) + 1;
  for (int code = 0; code < count; ++code) {
    names.insert(to_string(static_cast<wire_errc>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_FALSE(names.contains("unknown wire_errc"));
}

TEST(wire_errors, the_text_says_code_field_place_reason_and_bytes) {
  const wire_error error{.code = wire_errc::wrong_type,
                         .message = "expected string, found map",
                         .field = "command",
                         .offset = 12,
                         .first_bytes = "80 |.|"};
  EXPECT_EQ(to_string(error),
            "wrong_type in field 'command' at byte 12: expected string, found map (begins 80 |.|)");
}

TEST(wire_errors, the_text_leaves_out_what_is_not_known) {
  const wire_error error{.code = wire_errc::empty_payload,
                         .message = "nothing there",
                         .field = {},
                         .offset = 0,
                         .first_bytes = {}};
  EXPECT_EQ(to_string(error), "empty_payload: nothing there");
}

TEST(quoted_bytes, show_hexadecimal_and_printable_ascii) {
  EXPECT_EQ(quote_bytes(test::hex("82 a2 69 64 00 7f ff")), "82 a2 69 64 00 7f ff |..id...|");
}

TEST(quoted_bytes, of_nothing_are_nothing) {
  EXPECT_EQ(quote_bytes({}), "");
}

TEST(quoted_bytes, end_after_thirty_two_with_three_dots) {
  const byte_buffer exact(quoted_bytes, std::byte{'a'});
  const byte_buffer longer(quoted_bytes + 1, std::byte{'a'});
  const std::string all_a = "|" + std::string(quoted_bytes, 'a') + "|";
  EXPECT_TRUE(quote_bytes(exact).ends_with(all_a));
  EXPECT_TRUE(quote_bytes(longer).ends_with(all_a + "..."));
}

}  // namespace
}  // namespace slipway
