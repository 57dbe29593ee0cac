// tests/protocol/value_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/value.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace slipway {
namespace {

struct score_result {
  double score = 0;
  std::vector<std::string> labels;
  std::optional<int> rank;
  MSGPACK_DEFINE_MAP(score, labels, rank)
  friend bool operator==(const score_result&, const score_result&) = default;
};

struct holds_value {
  int version = 0;
  value payload;
  MSGPACK_DEFINE_MAP(version, payload)
};

struct point {
  int x = 0;
  int y = 0;
  MSGPACK_DEFINE(x, y)
  friend bool operator==(const point&, const point&) = default;
};

enum class colour { red, green };

}  // namespace
}  // namespace slipway

MSGPACK_ADD_ENUM(slipway::colour)

namespace slipway {
namespace {

// Converts there and back.
template <class T>
T again(const T& native) {
  return value(native).as<T>().value();
}

wire_error error_of(const auto& failed) {
  return failed ? wire_error() : failed.error();
}

TEST(value, is_nil_until_it_is_given_something) {
  const value nothing;
  EXPECT_TRUE(nothing.is_nil());
  EXPECT_EQ(nothing.type_name(), "nil");
  EXPECT_EQ(nothing.size(), 0U);
}

TEST(value, takes_in_and_gives_back_every_kind_of_cpp_type) {
  EXPECT_EQ(again(true), true);
  EXPECT_EQ(again(std::int8_t{-128}), -128);
  EXPECT_EQ(again(std::numeric_limits<std::int64_t>::min()),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(again(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(again(1.5F), 1.5F);
  EXPECT_EQ(again(0.1), 0.1);
  EXPECT_EQ(again(std::string("text")), "text");
  EXPECT_EQ(again(std::string()), "");
  EXPECT_EQ(again(std::vector<double>{0.5, 2}), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(again(std::vector<bool>{true, false}), (std::vector<bool>{true, false}));
  EXPECT_EQ(again(std::map<std::string, int>{{"a", 1}}), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(again(std::map<int, std::string>{{1, ""}}), (std::map<int, std::string>{{1, ""}}));
  EXPECT_EQ(again(std::optional<int>(3)), 3);
  EXPECT_EQ(again(std::optional<int>()), std::nullopt);
  EXPECT_EQ(again(std::tuple(1, std::string("b"))), std::tuple(1, std::string("b")));
  EXPECT_EQ(again(point{1, 2}), (point{1, 2}));
  EXPECT_EQ(again(colour::green), colour::green);
  const score_result result{0.25, {"a", ""}, 7};
  EXPECT_EQ(again(result), result);
}

TEST(value, takes_in_bytes_as_binary) {
  for (const byte_buffer& bytes : {test::hex("00 ff 80"), byte_buffer()}) {
    const value binary(bytes);
    EXPECT_EQ(binary.type_name(), "binary");
    EXPECT_EQ(binary.size(), bytes.size());
    EXPECT_EQ(binary.as<byte_buffer>().value(), bytes);
  }
}

TEST(value, takes_in_text_in_every_form_that_text_has) {
  const value expected(std::string("text"));
  const char* pointer = "text";
  EXPECT_EQ(value("text"), expected);
  EXPECT_EQ(value(pointer), expected);
  EXPECT_EQ(value(std::string_view("text")), expected);
  EXPECT_EQ(value(std::string_view()), value(""));
}

TEST(value, names_its_kind) {
  EXPECT_EQ(value(true).type_name(), "bool");
  EXPECT_EQ(value(1).type_name(), "integer");
  EXPECT_EQ(value(-1).type_name(), "integer");
  EXPECT_EQ(value(1.0).type_name(), "float");
  EXPECT_EQ(value(1.0F).type_name(), "float");
  EXPECT_EQ(value("").type_name(), "string");
  EXPECT_EQ(value::array({}).type_name(), "array");
  EXPECT_EQ(value::map({}).type_name(), "map");
  EXPECT_EQ(value::from_msgpack(test::hex("d4 05 00"))->type_name(), "extension");
}

TEST(value, lives_on_after_what_it_was_made_of) {
  value kept;
  {
    std::string text(1000, 'x');
    const value map = value::map({{"text", value(text)}});
    kept = *map.find("text");
  }
  EXPECT_EQ(kept.as<std::string>().value(), std::string(1000, 'x'));
}

TEST(value, builds_maps_and_arrays_from_values) {
  const value map = value::map({{"text", value("a")},
                                {"list", value::array({value(1), value(), value("")})},
                                {"empty", value::map({})}});
  EXPECT_EQ(map.size(), 3U);
  EXPECT_EQ(map.to_json().value(), R"({"text":"a","list":[1,null,""],"empty":{}})");
}

TEST(value, finds_entries_of_maps_by_key) {
  const value map = value::map({{"a", value(1)}, {"b", value("two")}, {"a", value(3)}});
  EXPECT_EQ(map.find("b"), value("two"));
  EXPECT_EQ(map.find("a"), value(1));
  EXPECT_EQ(map.find("c"), std::nullopt);
  EXPECT_EQ(value("a").find("a"), std::nullopt);
  EXPECT_EQ(value(std::map<int, int>{{1, 2}}).find("1"), std::nullopt);
}

TEST(value, gives_elements_of_arrays_by_index) {
  const value array = value::array({value(1), value("two")});
  EXPECT_EQ(array.at(1), value("two"));
  EXPECT_EQ(array.at(2), std::nullopt);
  EXPECT_EQ(value("text").at(0), std::nullopt);
}

TEST(value, can_be_a_part_of_other_types) {
  const holds_value held{2, value::array({value("x")})};
  EXPECT_EQ(value(held).to_json().value(), R"({"version":2,"payload":["x"]})");
  EXPECT_EQ(again(held).payload, held.payload);
  const std::vector<value> many{value(1), value(""), value::map({{"k", value()}})};
  EXPECT_EQ(again(many), many);
  const std::map<std::string, value> named{{"a", value(0.5)}};
  EXPECT_EQ(value(named), value::map({{"a", value(0.5)}}));
  EXPECT_EQ(test::msgpack_of(value(held)),
            test::joined(test::hex("82 a7"), test::bytes_of("version"), test::hex("02 a7"),
                         test::bytes_of("payload"), test::hex("91 a1 78")));
}

TEST(value, takes_out_what_msgpack_c_unpacked_even_with_empty_strings) {
  // msgpack-c marks an empty string by a null pointer, which its own copy hands to memcpy.
  const byte_buffer bytes = test::hex("93 a0 c4 00 81 a0 a0");
  const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const value copied(handle.get());
  EXPECT_EQ(copied, value::from_msgpack(bytes).value());
  EXPECT_EQ(test::msgpack_of(copied), bytes);
}

TEST(value_equality, compares_everything_that_is_held) {
  const value left = value::map({{"a", value::array({value(1), value(2.5)})}, {"b", value("x")}});
  EXPECT_EQ(left, value::map({{"a", value::array({value(1), value(2.5)})}, {"b", value("x")}}));
  EXPECT_NE(left, value::map({{"a", value::array({value(1), value(2.6)})}, {"b", value("x")}}));
  EXPECT_NE(left, value::map({{"a", value::array({value(1)})}, {"b", value("x")}}));
  EXPECT_NE(left, value::map({{"a", value::array({value(1), value(2.5)})}, {"b", value("y")}}));
  EXPECT_NE(left, value::map({{"a", value::array({value(1), value(2.5)})}, {"c", value("x")}}));
}

TEST(value_equality, keeps_kinds_apart_but_not_widths) {
  EXPECT_EQ(value(std::int8_t{1}), value(std::uint64_t{1}));
  EXPECT_EQ(value(1.5F), value(1.5));
  EXPECT_NE(value(1), value(1.0));
  EXPECT_NE(value(1), value(true));
  EXPECT_NE(value(), value(false));
  EXPECT_NE(value("a"), value(test::bytes_of("a")));
  EXPECT_NE(value(-1), value(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_NE(value::from_msgpack(test::hex("d4 05 00")), value::from_msgpack(test::hex("d4 06 00")));
}

TEST(value_equality, holds_between_a_value_and_its_copy_even_for_nan) {
  const value nan(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(nan, value(nan));
}

TEST(value_conversion, makes_a_double_of_an_integer_but_never_an_integer_of_a_fraction) {
  EXPECT_EQ(value(3).as<double>(), 3.0);
  EXPECT_EQ(value(-3).as<float>(), -3.0F);
  EXPECT_EQ(error_of(value(3.5).as<int>()).code, wire_errc::conversion_failed);
  EXPECT_EQ(error_of(value(3.0).as<int>()).code, wire_errc::conversion_failed);
}

TEST(value_conversion, refuses_an_integer_that_the_type_cannot_hold) {
  EXPECT_EQ(value(255).as<std::uint8_t>(), 255);
  EXPECT_EQ(error_of(value(256).as<std::uint8_t>()).message,
            "expected unsigned 8-bit integer, found integer 256");
  EXPECT_EQ(error_of(value(-1).as<unsigned>()).message,
            "expected unsigned 32-bit integer, found integer -1");
}

TEST(value_conversion, says_what_was_expected_and_what_was_found) {
  EXPECT_EQ(error_of(value("x").as<bool>()).message, "expected bool, found string \"x\"");
  EXPECT_EQ(error_of(value().as<std::string>()).message, "expected string, found nil nil");
  EXPECT_EQ(error_of(value(1).as<std::vector<double>>()).message,
            "expected array of number, found integer 1");
  EXPECT_EQ(error_of(value(true).as<std::map<std::string, int>>()).message,
            "expected map to 32-bit integer, found bool true");
  EXPECT_NE(error_of(value(1).as<score_result>()).message.find("score_result, found integer 1"),
            std::string::npos);
}

TEST(value_conversion, keeps_defaults_for_missing_fields_and_ignores_unknown_ones) {
  const value map = value::map({{"score", value(1)}, {"later", value("new")}});
  EXPECT_EQ(map.as<score_result>().value(), (score_result{1.0, {}, std::nullopt}));
}

TEST(value_conversion, turns_what_an_adaptor_throws_into_an_error) {
  EXPECT_EQ(error_of(value::map({{"score", value("high")}}).as<score_result>()).code,
            wire_errc::conversion_failed);
}

// msgpack-c packs a double without a fraction as an integer; a worker must receive what was sent.
TEST(value, is_packed_as_a_float_when_it_is_one_even_without_a_fraction) {
  EXPECT_EQ(test::msgpack_of(value(2.0)), test::hex("cb 40 00 00 00 00 00 00 00"));
  EXPECT_EQ(test::msgpack_of(value(-0.0)), test::hex("cb 80 00 00 00 00 00 00 00"));
  EXPECT_EQ(test::msgpack_of(value(18446744073709551616.0)),
            test::hex("cb 43 f0 00 00 00 00 00 00"));
  EXPECT_EQ(test::msgpack_of(value(2.0F)), test::hex("ca 40 00 00 00"));
  EXPECT_EQ(test::msgpack_of(value(std::vector<double>{1})),
            test::hex("91 cb 3f f0 00 00 00 00 00 00"));
}

TEST(value_json, keeps_integers_exact_and_floats_floats) {
  for (const char* text :
       {"0", "18446744073709551615", "-9223372036854775808", "1.0", "-0.0", "0.1", "1e+300",
        "5e-324", "1.7976931348623157e+308", "null", "true", "\"\"", "[]", "{}", "[[],{}]"}) {
    EXPECT_EQ(value::from_json(text)->to_json().value(), text);
  }
  EXPECT_EQ(value::from_json("1e2")->type_name(), "float");
  EXPECT_EQ(value::from_json("-1")->as<int>(), -1);
}

TEST(value_json, escapes_what_must_be_escaped_and_nothing_else) {
  const value text(std::string("\"\\/\b\n\r\t\x01\x7f\0é€😀", 19));
  EXPECT_EQ(text.to_json().value(), R"("\"\\/\u0008\n\r\t\u0001)"
                                    "\x7f"
                                    R"(\u0000é€😀")");
  EXPECT_EQ(value::from_json(text.to_json().value()).value(), text);
  EXPECT_EQ(value::from_json(R"("\ud83d\ude00")")->as<std::string>(), "😀");
}

struct unrepresentable_case {
  std::string name;
  value held;
  wire_errc code;
};

TEST(value_json, refuses_what_json_cannot_carry) {
  const std::vector<unrepresentable_case> cases = {
      {"binary", value(test::hex("00")), wire_errc::not_representable},
      {"extension", value::from_msgpack(test::hex("d4 05 00")).value(),
       wire_errc::not_representable},
      {"infinity", value(std::numeric_limits<double>::infinity()), wire_errc::not_representable},
      {"NaN", value(std::numeric_limits<float>::quiet_NaN()), wire_errc::not_representable},
      {"integer key", value(std::map<int, int>{{1, 2}}), wire_errc::non_string_key},
      {"array as key", value(std::map<std::vector<int>, int>{{{}, 2}}), wire_errc::non_string_key},
      {"text that is not UTF-8", value("a\xff"), wire_errc::invalid_utf8},
      {"key that is not UTF-8", value::map({{"\xc3", value()}}), wire_errc::invalid_utf8},
  };
  for (const unrepresentable_case& each : cases) {
    EXPECT_EQ(error_of(each.held.to_json()).code, each.code) << each.name;
    EXPECT_EQ(error_of(value::array({value(1), each.held, value(2)}).to_json()).code, each.code)
        << each.name << " within an array";
  }
}

TEST(value_text, prints_every_kind_in_printable_ascii) {
  const value all = value::array({value(), value(true), value(-1), value(0.5), value("a\"\\\n\xff"),
                                  value(test::hex("00 01")),
                                  value::from_msgpack(test::hex("d5 fe 00 00")).value(),
                                  value::map({{"k", value(1)}, {"l", value()}})});
  EXPECT_EQ(
      all.to_text(),
      R"([nil, true, -1, 0.5, "a\"\\\x0a\xff", binary(2 bytes), extension(type -2, 2 bytes), )"
      R"({"k": 1, "l": nil}])");
}

TEST(value_text, ends_with_three_dots_at_the_bound) {
  EXPECT_EQ(value("abcdefgh").to_text(5), "\"abcd...");
  EXPECT_EQ(value("abc").to_text(5), "\"abc\"");
  const value great(std::vector<int>(1000000, 7));
  EXPECT_EQ(great.to_text(10), "[7, 7, 7, ...");
}

TEST(value_walks, need_no_stack_for_depth) {
  const byte_buffer deep = test::joined(test::repeated(200000, test::hex("91")), test::hex("c0"));
  const msgpack::unpack_limit none;
  const auto handle = msgpack::unpack(reinterpret_cast<const char*>(deep.data()), deep.size(),
                                      nullptr, nullptr, none);
  const value first(handle.get());
  const value second = value::array({*first.at(0)});
  EXPECT_EQ(first, second);
  EXPECT_EQ(test::msgpack_of(second), deep);
  EXPECT_EQ(second.to_json()->size(), 2 * 200000 + 4U);
  EXPECT_EQ(second.to_text(3), "[[[...");
}

}  // namespace
}  // namespace slipway
