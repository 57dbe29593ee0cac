// tests/protocol/msgpack_scan_test.cpp
//
// Every format of the MessagePack specification, once.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/internal/msgpack_scan.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::internal {
namespace {

using test::hex;

struct format_case {
  std::string name;
  std::string bytes;
  msgpack_kind kind;
  std::uint64_t number;
};

constexpr std::uint64_t minus(std::int64_t number) {
  return static_cast<std::uint64_t>(-number);
}

const std::vector<format_case>& formats() {
  static const std::vector<format_case> cases = {
      {"positive fixint", "7f", msgpack_kind::unsigned_integer, 127},
      {"negative fixint", "e0", msgpack_kind::negative_integer, minus(32)},
      {"nil", "c0", msgpack_kind::nil, 0},
      {"false", "c2", msgpack_kind::boolean, 0},
      {"true", "c3", msgpack_kind::boolean, 1},
      {"fixmap", "81 01 02", msgpack_kind::map, 1},
      {"fixarray", "92 01 02", msgpack_kind::array, 2},
      {"fixstr", "a2 68 69", msgpack_kind::string, 2},
      {"empty fixstr", "a0", msgpack_kind::string, 0},
      {"bin 8", "c4 01 00", msgpack_kind::binary, 1},
      {"bin 16", "c5 00 01 00", msgpack_kind::binary, 1},
      {"bin 32", "c6 00 00 00 01 00", msgpack_kind::binary, 1},
      {"ext 8", "c7 02 05 00 00", msgpack_kind::extension, 3},
      {"ext 16", "c8 00 00 05", msgpack_kind::extension, 1},
      {"ext 32", "c9 00 00 00 01 05 00", msgpack_kind::extension, 2},
      {"float 32", "ca 3f c0 00 00", msgpack_kind::floating, 0x3fc00000},
      {"float 64", "cb 3f f8 00 00 00 00 00 00", msgpack_kind::floating, 0x3ff8000000000000},
      {"uint 8", "cc ff", msgpack_kind::unsigned_integer, 0xff},
      {"uint 16", "cd ff fe", msgpack_kind::unsigned_integer, 0xfffe},
      {"uint 32", "ce ff ff ff fe", msgpack_kind::unsigned_integer, 0xfffffffe},
      {"uint 64", "cf ff ff ff ff ff ff ff fe", msgpack_kind::unsigned_integer, 0xfffffffffffffffe},
      {"int 8", "d0 80", msgpack_kind::negative_integer, minus(128)},
      {"int 8 that is positive", "d0 7f", msgpack_kind::unsigned_integer, 127},
      {"int 16", "d1 ff fe", msgpack_kind::negative_integer, minus(2)},
      {"int 32", "d2 ff ff ff fd", msgpack_kind::negative_integer, minus(3)},
      {"int 64", "d3 ff ff ff ff ff ff ff fc", msgpack_kind::negative_integer, minus(4)},
      {"int 64 that is positive", "d3 00 00 00 00 00 00 00 07", msgpack_kind::unsigned_integer, 7},
      {"fixext 1", "d4 05 00", msgpack_kind::extension, 2},
      {"fixext 2", "d5 05 00 00", msgpack_kind::extension, 3},
      {"fixext 4", "d6 05 00 00 00 00", msgpack_kind::extension, 5},
      {"fixext 8", "d7 05 00 00 00 00 00 00 00 00", msgpack_kind::extension, 9},
      {"fixext 16", "d8 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
       msgpack_kind::extension, 17},
      {"str 8", "d9 01 61", msgpack_kind::string, 1},
      {"str 16", "da 00 01 61", msgpack_kind::string, 1},
      {"str 32", "db 00 00 00 01 61", msgpack_kind::string, 1},
      {"array 16", "dc 00 01 c0", msgpack_kind::array, 1},
      {"array 32", "dd 00 00 00 01 c0", msgpack_kind::array, 1},
      {"map 16", "de 00 01 c0 c0", msgpack_kind::map, 1},
      {"map 32", "df 00 00 00 01 c0 c0", msgpack_kind::map, 1},
  };
  return cases;
}

TEST(msgpack_scan, reads_the_head_of_every_format) {
  for (const format_case& format : formats()) {
    const test::exact_bytes bytes(hex(format.bytes));
    const decode_limits limits;
    msgpack_scanner scanner(bytes.view(), limits);
    msgpack_token token;
    ASSERT_TRUE(scanner.read(token, 0)) << format.name;
    EXPECT_EQ(token.kind, format.kind) << format.name;
    EXPECT_EQ(token.number, format.number) << format.name;
  }
}

TEST(msgpack_scan, walks_over_every_format_to_its_last_byte) {
  for (const format_case& format : formats()) {
    const test::exact_bytes bytes(hex(format.bytes));
    const decode_limits limits;
    msgpack_scanner scanner(bytes.view(), limits);
    msgpack_extent extent;
    ASSERT_TRUE(scanner.skip(extent, 0)) << format.name;
    EXPECT_EQ(extent.end, bytes.view().size()) << format.name;
    EXPECT_TRUE(scanner.finish()) << format.name;
  }
}

TEST(msgpack_scan, calls_every_format_truncated_at_every_byte_before_its_last) {
  for (const format_case& format : formats()) {
    const byte_buffer whole = hex(format.bytes);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const test::exact_bytes bytes(std::span<const std::byte>(whole).first(length));
      const decode_limits limits;
      msgpack_scanner scanner(bytes.view(), limits);
      msgpack_extent extent;
      ASSERT_FALSE(scanner.skip(extent, 0)) << format.name << " cut to " << length;
      EXPECT_EQ(scanner.error().code, wire_errc::truncated_payload) << format.name;
    }
  }
}

TEST(msgpack_scan, agrees_with_msgpack_c_on_what_every_lead_byte_begins) {
  for (unsigned lead = 0; lead <= 0xff; ++lead) {
    const byte_buffer bytes =
        test::joined(byte_buffer{static_cast<std::byte>(lead)}, byte_buffer(40));
    const decode_limits limits;
    msgpack_scanner scanner(bytes, limits);
    msgpack_extent extent;
    if (lead == 0xc1) {
      EXPECT_FALSE(scanner.skip(extent, 0));
      EXPECT_EQ(scanner.error().code, wire_errc::malformed_msgpack);
      continue;
    }
    ASSERT_TRUE(scanner.skip(extent, 0)) << lead;
    std::size_t end = 0;
    const auto handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(), end);
    EXPECT_EQ(extent.end, end) << lead;
  }
}

TEST(msgpack_scan, counts_the_elements_of_all_containers_together) {
  const byte_buffer bytes =
      hex("92 92 01 02 81 03 04");  // 2 + 2 elements and one key with its value
  for (const std::size_t limit : {std::size_t{5}, std::size_t{6}}) {
    const decode_limits limits{.max_items = limit};
    msgpack_scanner scanner(bytes, limits);
    msgpack_extent extent;
    EXPECT_EQ(scanner.skip(extent, 0), limit == 6);
  }
}

TEST(msgpack_scan, ends_the_nesting_at_the_greatest_depth_whatever_the_limit_says) {
  const decode_limits limits{.max_depth = 1000000};
  msgpack_extent extent;
  const byte_buffer deepest =
      test::joined(test::repeated(greatest_max_depth, hex("91")), hex("c0"));
  msgpack_scanner fits(deepest, limits);
  EXPECT_TRUE(fits.skip(extent, 0));
  const byte_buffer deeper = test::joined(hex("91"), deepest);
  msgpack_scanner passes(deeper, limits);
  EXPECT_FALSE(passes.skip(extent, 0));
  EXPECT_EQ(passes.error().code, wire_errc::nested_too_deep);
}

}  // namespace
}  // namespace slipway::internal
