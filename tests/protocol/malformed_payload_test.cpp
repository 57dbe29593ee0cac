// tests/protocol/malformed_payload_test.cpp
//
// Each way in which a payload can be wrong gives its own error. All payloads lie in allocations of
// exactly their size, so that the address sanitizer sees a read past their end.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/envelope_codec.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace slipway {
namespace {

using test::bytes_of;
using test::hex;
using test::joined;
using test::must;
using test::repeated;

enum class direction { request, response };

std::optional<wire_error> error_from(codec codec, direction direction, const byte_buffer& payload,
                                     const decode_limits& limits = {}) {
  const test::exact_bytes exact(payload);
  if (direction == direction::request) {
    auto read = decode_request(codec, exact.view(), limits);
    return read ? std::nullopt : std::optional(read.error());
  }
  auto read = decode_response(codec, exact.view(), limits);
  return read ? std::nullopt : std::optional(read.error());
}

// --- Envelopes of the wrong shape: the same table for both codecs, written as JSON ---

struct shape_case {
  direction read_as;
  std::string json;
  wire_errc code;
  std::string field;
};

const std::vector<shape_case>& shapes() {
  constexpr auto req = direction::request;
  constexpr auto res = direction::response;
  static const std::vector<shape_case> cases = {
      {req, R"([1,2])", wire_errc::not_a_map, ""},
      {req, R"("text")", wire_errc::not_a_map, ""},
      {req, R"(3)", wire_errc::not_a_map, ""},
      {req, R"(null)", wire_errc::not_a_map, ""},
      {req, R"({})", wire_errc::missing_field, "id"},
      {req, R"({"command":"c"})", wire_errc::missing_field, "id"},
      {req, R"({"id":1})", wire_errc::missing_field, "command"},
      {req, R"({"id":"1","command":"c"})", wire_errc::wrong_type, "id"},
      {req, R"({"id":1.0,"command":"c"})", wire_errc::wrong_type, "id"},
      {req, R"({"id":null,"command":"c"})", wire_errc::wrong_type, "id"},
      {req, R"({"id":true,"command":"c"})", wire_errc::wrong_type, "id"},
      {req, R"({"id":-1,"command":"c"})", wire_errc::id_out_of_range, "id"},
      {req, R"({"id":1,"command":7})", wire_errc::wrong_type, "command"},
      {req, R"({"id":1,"command":["c"]})", wire_errc::wrong_type, "command"},
      {req, R"({"id":1,"command":""})", wire_errc::empty_command, "command"},
      {req, R"({"id":1,"command":"c","args":[]})", wire_errc::wrong_type, "args"},
      {req, R"({"id":1,"command":"c","args":null})", wire_errc::wrong_type, "args"},
      {req, R"({"id":1,"command":"c","timestamp":3})", wire_errc::wrong_type, "timestamp"},
      {req, R"({"id":1,"command":"c","id":1})", wire_errc::duplicate_field, "id"},
      {req, R"({"id":1,"command":"c","command":"d"})", wire_errc::duplicate_field, "command"},
      {req, R"({"id":1,"command":"c","args":{},"args":{}})", wire_errc::duplicate_field, "args"},
      {res, R"([])", wire_errc::not_a_map, ""},
      {res, R"({"success":true})", wire_errc::missing_field, "id"},
      {res, R"({"id":1,"result":2})", wire_errc::missing_field, "success"},
      {res, R"({"id":1,"success":1})", wire_errc::wrong_type, "success"},
      {res, R"({"id":1,"success":"true"})", wire_errc::wrong_type, "success"},
      {res, R"({"id":-7,"success":true})", wire_errc::id_out_of_range, "id"},
      {res, R"({"id":1,"success":false})", wire_errc::missing_field, "error"},
      {res, R"({"id":1,"success":false,"error":null})", wire_errc::wrong_type, "error"},
      {res, R"({"id":1,"success":false,"error":5})", wire_errc::wrong_type, "error"},
      {res, R"({"id":1,"success":false,"error":{}})", wire_errc::missing_field, "error.message"},
      {res, R"({"id":1,"success":false,"error":{"message":1}})", wire_errc::wrong_type,
       "error.message"},
      {res, R"({"id":1,"success":false,"error":{"message":"m","type":1}})", wire_errc::wrong_type,
       "error.type"},
      {res, R"({"id":1,"success":false,"error":{"message":"m","traceback":[]}})",
       wire_errc::wrong_type, "error.traceback"},
      {res, R"({"id":1,"success":false,"error":{"message":"m","message":"n"}})",
       wire_errc::duplicate_field, "error.message"},
      {res, R"({"id":1,"success":true,"result":1,"result":2})", wire_errc::duplicate_field,
       "result"},
      {res, R"({"id":1,"success":true,"success":false})", wire_errc::duplicate_field, "success"},
      {res, R"({"id":1,"success":true,"timestamp":false})", wire_errc::wrong_type, "timestamp"},
  };
  return cases;
}

class malformed_envelope : public testing::TestWithParam<codec> {};

INSTANTIATE_TEST_SUITE_P(both, malformed_envelope, testing::Values(codec::msgpack, codec::json),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(malformed_envelope, gives_its_own_error_for_each_wrong_shape) {
  for (const shape_case& each : shapes()) {
    const auto error = error_from(
        GetParam(), each.read_as,
        GetParam() == codec::json ? bytes_of(each.json) : test::msgpack_of_json(each.json));
    ASSERT_TRUE(error) << each.json;
    EXPECT_EQ(error->code, each.code) << each.json << "\n" << to_string(*error);
    EXPECT_EQ(error->field, each.field) << each.json;
    EXPECT_FALSE(error->first_bytes.empty()) << each.json;
  }
}

TEST_P(malformed_envelope, names_what_was_expected_and_what_was_found) {
  const std::string json = R"({"id":1,"command":7})";
  const auto error =
      error_from(GetParam(), direction::request,
                 GetParam() == codec::json ? bytes_of(json) : test::msgpack_of_json(json));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "expected a value of kind string, found unsigned integer");
}

TEST_P(malformed_envelope, is_truncated_at_every_byte_before_its_last) {
  byte_buffer frame;
  const auto check = [&](direction read_as) {
    const auto whole = test::payload_of(frame);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto error =
          error_from(GetParam(), read_as,
                     {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
      ASSERT_TRUE(error) << length;
      EXPECT_EQ(error->code, length == 0 ? wire_errc::empty_payload : wire_errc::truncated_payload)
          << "cut to " << length << " bytes: " << to_string(*error);
    }
  };
  const value args = value::map({{"text", value("a \"quoted\"\n text")},
                                 {"numbers", value(std::vector<double>{0.5, -1e300})},
                                 {"more", value::map({{"k", value(true)}, {"l", value(-70000)}})}});
  must(encode_request(GetParam(), {300, "score", args, "now"}, frame));
  check(direction::request);
  must(encode_response(GetParam(), {300, args, "now"}, frame));
  check(direction::response);
  must(encode_response(GetParam(), {300, failure(remote_error{"T", "m", "t"}), {}}, frame));
  check(direction::response);
}

TEST_P(malformed_envelope, keeps_the_limits_to_the_last_one) {
  byte_buffer frame;
  // Three containers within each other; 6 + 2 + 2 elements.
  must(encode_request(GetParam(), 1, "c", value::map({{"a", value::array({value(1), value(2)})}}),
                      frame));
  const auto whole = test::payload_of(frame);
  const byte_buffer payload(whole.begin(), whole.end());
  const auto error_within = [&](const decode_limits& limits) {
    const auto error = error_from(GetParam(), direction::request, payload, limits);
    return error ? to_string(error->code) : "none";
  };
  EXPECT_EQ(error_within({.max_bytes = payload.size(), .max_depth = 3, .max_items = 10}), "none");
  EXPECT_EQ(error_within({.max_bytes = payload.size() - 1}), "frame_too_long");
  EXPECT_EQ(error_within({.max_depth = 2}), "nested_too_deep");
  EXPECT_EQ(error_within({.max_items = 9}), "too_many_items");
}

// --- Bytes that are wrong in one codec ---

struct payload_case {
  std::string name;
  byte_buffer payload;
  wire_errc code;
  std::optional<std::size_t> offset;
};

void expect_errors(codec codec, const std::vector<payload_case>& cases) {
  for (const payload_case& each : cases) {
    const auto error = error_from(codec, direction::request, each.payload);
    ASSERT_TRUE(error) << each.name;
    EXPECT_EQ(error->code, each.code) << each.name << ": " << to_string(*error);
    if (each.offset) {
      EXPECT_EQ(error->offset, *each.offset) << each.name << ": " << to_string(*error);
    }
  }
}

TEST(malformed_msgpack, gives_its_own_error_for_each_fault) {
  const byte_buffer sound = test::msgpack_of_json(R"({"id":1,"command":"c"})");
  const byte_buffer extra = hex("81 a1 78");  // {"x": whatever follows}
  expect_errors(
      codec::msgpack,
      {
          {"nothing", {}, wire_errc::empty_payload, 0},
          {"the byte that means nothing", hex("c1"), wire_errc::malformed_msgpack, 0},
          {"that byte inside", joined(extra, hex("92 01 c1")), wire_errc::malformed_msgpack, 5},
          {"a second value behind", joined(sound, hex("c0")), wire_errc::trailing_bytes,
           sound.size()},
          {"an integer as key", hex("81 01 02"), wire_errc::non_string_key, 1},
          {"nil as key", hex("81 c0 02"), wire_errc::non_string_key, 1},
          {"binary as key", hex("81 c4 02 69 64 01"), wire_errc::non_string_key, 1},
          {"a map as key", hex("81 80 01"), wire_errc::non_string_key, 1},
          {"a command that is not UTF-8",
           joined(hex("82 a2 69 64 01 a7"), bytes_of("command"), hex("a2 c3 28")),
           wire_errc::invalid_utf8, 13},
          {"an overlong zero in the command",
           joined(hex("82 a2 69 64 01 a7"), bytes_of("command"), hex("a2 c0 80")),
           wire_errc::invalid_utf8, 13},
          {"an array of 4 Gi elements",
           joined(extra, hex("dd ff ff ff ff")),
           wire_errc::too_many_items,
           {}},
          {"a map of 4 Gi entries",
           joined(extra, hex("df ff ff ff ff")),
           wire_errc::too_many_items,
           {}},
          {"the payload itself a map of 4 Gi entries",
           hex("df ff ff ff ff"),
           wire_errc::too_many_items,
           {}},
          {"an array of a million elements that are not there",
           joined(extra, hex("dd 00 0f 42 40 01")),
           wire_errc::truncated_payload,
           {}},
          {"a string of 4 Gi bytes",
           joined(extra, hex("db ff ff ff ff 61")),
           wire_errc::truncated_payload,
           {}},
          {"binary of 4 Gi bytes",
           joined(extra, hex("c6 ff ff ff ff 61")),
           wire_errc::truncated_payload,
           {}},
          {"an extension of 4 Gi bytes",
           joined(extra, hex("c9 ff ff ff ff 05")),
           wire_errc::truncated_payload,
           {}},
          {"arrays nested a thousand times",
           joined(extra, repeated(1000, hex("91")), hex("c0")),
           wire_errc::nested_too_deep,
           {}},
          {"maps nested as keys", repeated(1000, hex("81")), wire_errc::non_string_key, 1},
          {"maps nested as keys of an argument",
           joined(extra, repeated(1000, hex("81"))),
           wire_errc::nested_too_deep,
           {}},
          {"arrays nested a million times and cut off",
           joined(extra, repeated(1000000, hex("91"))),
           wire_errc::nested_too_deep,
           {}},
      });
}

TEST(malformed_json, gives_its_own_error_for_each_fault) {
  expect_errors(
      codec::json,
      {
          {"nothing", {}, wire_errc::empty_payload, 0},
          {"blanks only", bytes_of("  \n"), wire_errc::truncated_payload, {}},
          {"a second value behind", bytes_of(R"({"id":1,"command":"c"} {})"),
           wire_errc::trailing_bytes, 23},
          {"a bracket behind", bytes_of(R"({"id":1}})"), wire_errc::trailing_bytes, 8},
          {"a zero byte behind", joined(bytes_of(R"({"id":1,"command":"c"})"), hex("00")),
           wire_errc::malformed_json, 22},
          {"a zero byte and more behind",
           joined(bytes_of(R"({"id":1,"command":"c"})"), hex("00 7b")), wire_errc::malformed_json,
           22},
          {"text that was printed", bytes_of("Loading model..."), wire_errc::malformed_json, 0},
          {"an integer as key", bytes_of(R"({1:2})"), wire_errc::malformed_json, 1},
          {"single quotation marks", bytes_of(R"({'id':1})"), wire_errc::malformed_json, 1},
          {"a comma too many", bytes_of(R"({"id":1,})"), wire_errc::malformed_json, 8},
          {"no colon", bytes_of(R"({"id" 1})"), wire_errc::malformed_json, {}},
          {"mismatched brackets", bytes_of(R"({"a":[1}})"), wire_errc::malformed_json, 7},
          {"NaN", bytes_of(R"({"id":NaN})"), wire_errc::malformed_json, {}},
          {"a comment", bytes_of(R"({"id":1/*one*/})"), wire_errc::malformed_json, {}},
          {"a number that begins with zero",
           bytes_of(R"({"id":01})"),
           wire_errc::malformed_json,
           {}},
          {"a line break in a string",
           bytes_of("{\"command\":\"a\nb\"}"),
           wire_errc::malformed_json,
           {}},
          {"half a surrogate pair",
           bytes_of(R"({"command":"\ud800"})"),
           wire_errc::malformed_json,
           {}},
          {"a command that is not UTF-8", bytes_of("{\"id\":1,\"command\":\"\xc3(\"}"),
           wire_errc::invalid_utf8, 19},
          {"an argument that is not UTF-8", bytes_of("{\"args\":{\"a\":\"\xed\xa0\x80\"}}"),
           wire_errc::invalid_utf8, 14},
          {"an id above 64 bits",
           bytes_of(R"({"id":18446744073709551616})"),
           wire_errc::number_out_of_range,
           {}},
          {"an argument below 64 bits",
           bytes_of(R"({"args":{"a":-9223372036854775809}})"),
           wire_errc::number_out_of_range,
           {}},
          {"a number above every double",
           bytes_of(R"({"args":{"a":1e999}})"),
           wire_errc::number_out_of_range,
           {}},
          {"arrays nested a thousand times",
           joined(bytes_of(R"({"x":)"), repeated(1000, bytes_of("[")),
                  repeated(1000, bytes_of("]")), bytes_of("}")),
           wire_errc::nested_too_deep,
           {}},
          {"arrays nested a million times and cut off",
           joined(bytes_of(R"({"x":)"), repeated(1000000, bytes_of("["))),
           wire_errc::nested_too_deep,
           {}},
          {"maps nested a million times and cut off",
           repeated(1000000, bytes_of(R"({"x":)")),
           wire_errc::nested_too_deep,
           {}},
      });
}

TEST(malformed_json, quotes_the_text_as_it_came) {
  const auto error = error_from(codec::json, direction::request, bytes_of(R"({"id":1})"));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->first_bytes, R"(7b 22 69 64 22 3a 31 7d |{"id":1}|)");
}

TEST(malformed_json, gives_a_message_of_bounded_length_for_a_token_of_any_length) {
  const auto error =
      error_from(codec::json, direction::request,
                 joined(bytes_of("{\"a\" "), repeated(100000, bytes_of("x")), bytes_of("}")));
  ASSERT_TRUE(error);
  EXPECT_LT(to_string(*error).size(), 500U);
}

}  // namespace
}  // namespace slipway
