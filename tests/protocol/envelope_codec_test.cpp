// tests/protocol/envelope_codec_test.cpp
//
// Sound envelopes in both codecs; what is malformed is in malformed_payload_test.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/envelope_codec.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace slipway {
namespace {

using test::must;
using test::payload_of;

std::string name_of(const testing::TestParamInfo<codec>& tested) {
  return std::string(to_string(tested.param));
}

class envelope : public testing::TestWithParam<codec> {
 protected:
  // Encodes, checks that the frame is complete, and decodes.
  request again(const request& sent) {
    must(encode_request(GetParam(), sent, frame_));
    return decode_request(GetParam(), whole_payload()).value();
  }
  response again(const response& sent) {
    must(encode_response(GetParam(), sent, frame_));
    return decode_response(GetParam(), whole_payload()).value();
  }
  result<response, wire_error> response_from(std::string_view json) {
    return decode_response(
        GetParam(), GetParam() == codec::json ? test::bytes_of(json) : test::msgpack_of_json(json));
  }
  result<request, wire_error> request_from(std::string_view json) {
    return decode_request(
        GetParam(), GetParam() == codec::json ? test::bytes_of(json) : test::msgpack_of_json(json));
  }

  byte_buffer frame_;

 private:
  std::span<const std::byte> whole_payload() {
    decoder_.feed(frame_);
    const auto payload = decoder_.next().value();
    EXPECT_TRUE(payload.has_value());
    EXPECT_EQ(decoder_.buffered(), 0U);
    return *payload;
  }

  frame_decoder decoder_;
};

INSTANTIATE_TEST_SUITE_P(both, envelope, testing::Values(codec::msgpack, codec::json), name_of);

TEST_P(envelope, carries_a_request) {
  const request sent{.id = std::numeric_limits<std::uint64_t>::max(),
                     .command = "score é",
                     .args = value::map({{"text", value("a")}, {"n", value(-2)}}),
                     .timestamp = "2025-03-01T12:00:00Z"};
  EXPECT_EQ(again(sent), sent);
}

TEST_P(envelope, carries_a_request_without_timestamp) {
  const request sent{.id = 0, .command = "ping", .args = value::map({}), .timestamp = {}};
  EXPECT_EQ(again(sent), sent);
}

TEST_P(envelope, writes_nil_arguments_as_an_empty_map) {
  const request sent{.id = 1, .command = "ping", .args = value(), .timestamp = {}};
  EXPECT_EQ(again(sent).args, value::map({}));
}

TEST_P(envelope, carries_a_result) {
  const response sent{
      .id = 7, .outcome = value::array({value(0.5), value(), value("")}), .timestamp = "now"};
  EXPECT_EQ(again(sent), sent);
}

TEST_P(envelope, carries_an_error_with_type_and_traceback) {
  const response sent{.id = 7,
                      .outcome = failure(remote_error{"ValueError", "bad", "line 1\nline 2"}),
                      .timestamp = {}};
  EXPECT_EQ(again(sent), sent);
}

TEST_P(envelope, carries_an_error_that_is_a_text_only) {
  const response sent{.id = 7, .outcome = failure(remote_error{"", "bad", ""}), .timestamp = {}};
  EXPECT_EQ(again(sent), sent);
}

TEST_P(envelope, reads_a_request_whose_arguments_are_missing) {
  EXPECT_EQ(request_from(R"({"id":1,"command":"ping"})")->args, value::map({}));
}

TEST_P(envelope, reads_a_success_without_result_as_nil) {
  EXPECT_EQ(response_from(R"({"id":1,"success":true})")->outcome, value());
}

TEST_P(envelope, reads_an_error_map_that_has_a_message_only) {
  const auto read = response_from(R"({"id":1,"success":false,"error":{"message":"bad"}})");
  EXPECT_EQ(read->outcome.error(), (remote_error{"", "bad", ""}));
}

TEST_P(envelope, ignores_keys_that_it_does_not_know) {
  const auto read = response_from(
      R"({"x":[{}],"id":1,"x":2,"success":true,"result":3,"error":null,"":{"id":4},"error.type":5})");
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->outcome, value(3));
}

TEST_P(envelope, takes_the_fields_in_any_order) {
  const auto read = request_from(R"({"args":{"a":1},"command":"c","timestamp":"t","id":9})");
  EXPECT_EQ(read.value(), (request{9, "c", value::map({{"a", value(1)}}), "t"}));
}

TEST_P(envelope, reads_the_response_to_one_certain_request) {
  must(encode_response(GetParam(), {.id = 7, .outcome = value(1), .timestamp = {}}, frame_));
  EXPECT_TRUE(decode_response_to(GetParam(), 7, payload_of(frame_)));
  const auto other = decode_response_to(GetParam(), 8, payload_of(frame_));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, wire_errc::id_mismatch);
  EXPECT_EQ(other.error().message, "expected the response to request 8, found the one to 7");
}

TEST_P(envelope, reuses_the_buffer_whatever_it_held_before) {
  frame_ = test::bytes_of("left over from before");
  EXPECT_EQ(again(request{1, "ping", value::map({}), {}}).command, "ping");
}

TEST_P(envelope, accepts_a_frame_of_exactly_the_limit_and_refuses_one_byte_more) {
  const request sent{.id = 1, .command = "c", .args = value(), .timestamp = {}};
  must(encode_request(GetParam(), sent, frame_));
  const std::size_t length = payload_of(frame_).size();
  EXPECT_TRUE(encode_request(GetParam(), sent, frame_, length));
  const auto refused = encode_request(GetParam(), sent, frame_, length - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, wire_errc::frame_too_long);
  EXPECT_TRUE(frame_.empty());
}

struct unsendable_case {
  std::string name;
  request sent;
  wire_errc code;
  std::string field;
};

TEST_P(envelope, refuses_a_request_that_the_other_side_would_refuse) {
  const std::vector<unsendable_case> cases = {
      {"empty command", {1, "", value(), {}}, wire_errc::empty_command, "command"},
      {"command that is not UTF-8", {1, "\xff", value(), {}}, wire_errc::invalid_utf8, "command"},
      {"timestamp that is not UTF-8",
       {1, "c", value(), "\xff"},
       wire_errc::invalid_utf8,
       "timestamp"},
      {"array as arguments", {1, "c", value::array({}), {}}, wire_errc::wrong_type, "args"},
  };
  for (const unsendable_case& each : cases) {
    const auto refused = encode_request(GetParam(), each.sent, frame_);
    ASSERT_FALSE(refused) << each.name;
    EXPECT_EQ(refused.error().code, each.code) << each.name;
    EXPECT_EQ(refused.error().field, each.field) << each.name;
    EXPECT_TRUE(frame_.empty()) << each.name;
  }
}

TEST_P(envelope, refuses_a_response_whose_texts_are_not_utf8) {
  const std::vector<std::pair<std::string, response>> cases = {
      {"error.type", {1, failure(remote_error{"\xff", "m", "t"}), {}}},
      {"error.message", {1, failure(remote_error{"", "\xff", ""}), {}}},
      {"error.traceback", {1, failure(remote_error{"", "m", "\xff"}), {}}},
      {"timestamp", {1, value(1), "\xff"}},
  };
  for (const auto& [field, sent] : cases) {
    const auto refused = encode_response(GetParam(), sent, frame_);
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(refused.error().code, wire_errc::invalid_utf8) << field;
    EXPECT_EQ(refused.error().field, field);
    EXPECT_TRUE(frame_.empty()) << field;
  }
}

struct features {
  std::string text;
  std::vector<double> weights;
  MSGPACK_DEFINE_MAP(text, weights)
};

struct unpackable {
  template <class Packer>
  void msgpack_pack(Packer& /*to*/) const {
    throw std::runtime_error("no form of it");
  }
  [[noreturn]] void msgpack_object(msgpack::object* /*to*/, msgpack::zone& /*zone*/) const {
    throw std::runtime_error("no form of it");
  }
};

TEST_P(envelope, packs_typed_arguments_as_it_packs_the_same_value) {
  const features typed{"a", {0.5, 2}};
  byte_buffer frame_of_value;
  must(encode_request(GetParam(), 3, "score", value(typed), frame_of_value));
  must(encode_request(GetParam(), 3, "score", typed, frame_));
  EXPECT_EQ(frame_, frame_of_value);
  must(encode_request(GetParam(), 3, "score", std::map<std::string, int>{{"n", 1}}, frame_));
  EXPECT_EQ(decode_request(GetParam(), payload_of(frame_))->args, value::map({{"n", value(1)}}));
}

TEST_P(envelope, refuses_typed_arguments_that_are_no_map) {
  for (const auto& refused : {encode_request(GetParam(), 3, "score", std::vector<int>{1}, frame_),
                              encode_request(GetParam(), 3, "score", 17, frame_),
                              encode_request(GetParam(), 3, "score", "text", frame_)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, wire_errc::wrong_type);
    EXPECT_EQ(refused.error().field, "args");
  }
  EXPECT_TRUE(frame_.empty());
}

TEST_P(envelope, turns_what_an_adaptor_throws_into_an_error) {
  const auto refused = encode_request(GetParam(), 3, "score", unpackable(), frame_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, wire_errc::conversion_failed);
  EXPECT_NE(refused.error().message.find("no form of it"), std::string::npos);
  EXPECT_TRUE(frame_.empty());
}

TEST(msgpack_envelope, carries_what_json_cannot) {
  const response sent{.id = 1,
                      .outcome = value::array({value(test::hex("00 ff")),
                                               value(std::numeric_limits<double>::infinity()),
                                               value(std::map<int, int>{{1, 2}})}),
                      .timestamp = {}};
  byte_buffer frame;
  must(encode_response(codec::msgpack, sent, frame));
  EXPECT_EQ(decode_response(codec::msgpack, payload_of(frame)).value(), sent);
  const auto refused = encode_response(codec::json, sent, frame);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, wire_errc::not_representable);
  EXPECT_TRUE(frame.empty());
}

TEST(json_envelope, is_written_as_compact_text) {
  byte_buffer frame;
  must(encode_request(codec::json, 5, "a\"b", value::map({{"n", value(1)}}), frame));
  EXPECT_EQ(byte_buffer(frame.begin() + 4, frame.end()),
            test::bytes_of(R"({"id":5,"command":"a\"b","args":{"n":1}})"));
  must(encode_response(codec::json, {5, failure(remote_error{"T", "m", ""}), "t"}, frame));
  EXPECT_EQ(
      byte_buffer(frame.begin() + 4, frame.end()),
      test::bytes_of(R"({"id":5,"success":false,)"
                     R"("error":{"type":"T","message":"m","traceback":""},"timestamp":"t"})"));
}

TEST(remote_errors, print_as_type_and_message) {
  EXPECT_EQ(to_string(remote_error{"ValueError", "bad", "trace"}), "ValueError: bad");
  EXPECT_EQ(to_string(remote_error{"", "bad", ""}), "bad");
}

}  // namespace
}  // namespace slipway
