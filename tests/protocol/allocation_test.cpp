// tests/protocol/allocation_test.cpp
//
// What decoders allocate, measured: nothing for what is only announced, nothing in the steady
// state.
//
// SPDX-License-Identifier: Apache-2.0
#include "allocation_hooks.hpp"
#include "byte_helpers.hpp"
#include <slipway/protocol/envelope_codec.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace slipway {
namespace {

using test::bytes_of;
using test::hex;
using test::joined;
using test::must;

// What `measured` allocates.
template <class Function>
test::allocation_count allocations_of(Function measured) {
  test::restart_counting();
  measured();
  return test::allocations_so_far();
}

TEST(allocations, are_seen_from_operator_new_and_from_malloc) {
  EXPECT_GE(allocations_of([] { std::string text(5000, 'x'); }).greatest, 5000U);
  EXPECT_GE(allocations_of([] { msgpack::zone zone(7000); }).greatest, 7000U);
}

TEST(allocations, follow_the_bytes_received_and_not_the_length_announced) {
  const byte_buffer header = hex("04 00 00 00");  // 64 MiB, exactly the limit
  const byte_buffer piece(1000);
  const auto seen = allocations_of([&] {
    frame_decoder decoder;
    decoder.feed(header);
    EXPECT_FALSE(decoder.next().value());
    for (int i = 0; i < 100; ++i) {
      decoder.feed(piece);
      EXPECT_FALSE(decoder.next().value());
    }
  });
  EXPECT_LE(seen.greatest, std::size_t{2} * 100 * piece.size() + 4096);
}

TEST(allocations, are_small_when_a_header_is_above_the_limit) {
  const byte_buffer header = hex("ff ff ff ff");
  const auto seen = allocations_of([&] {
    frame_decoder decoder;
    decoder.feed(header);
    EXPECT_FALSE(decoder.next());
  });
  EXPECT_LE(seen.greatest, 4096U);
}

TEST(allocations, are_small_when_a_payload_announces_what_is_not_there) {
  const byte_buffer x = hex("81 a1 78");
  for (const byte_buffer& payload :
       {joined(x, hex("dd ff ff ff ff")), joined(x, hex("dd 00 7f ff ff 01")),
        joined(x, hex("df 00 3f ff ff 01")), joined(x, hex("db ff ff ff ff")),
        joined(x, hex("c6 ff ff ff ff")), joined(x, hex("c9 ff ff ff ff 00")),
        hex("df ff ff ff ff"), joined(x, test::repeated(100, hex("dd 00 00 00 20")))}) {
    const auto seen = allocations_of([&] {
      EXPECT_FALSE(decode_request(codec::msgpack, payload));
      EXPECT_FALSE(decode_response(codec::msgpack, payload));
      EXPECT_FALSE(value::from_msgpack(payload));
    });
    EXPECT_LE(seen.greatest, 1024U) << quote_bytes(payload);
  }
}

TEST(allocations, stay_within_a_few_times_the_payload_when_json_nests_or_lies) {
  for (const byte_buffer& payload :
       {test::repeated(100000, bytes_of("[")), test::repeated(100000, bytes_of("{\"x\":")),
        bytes_of("[\"" + std::string(100000, 'x')), test::repeated(100000, bytes_of("[],"))}) {
    const auto seen = allocations_of([&] { EXPECT_FALSE(decode_request(codec::json, payload)); });
    EXPECT_LE(seen.greatest, 4 * payload.size());
  }
}

TEST(allocations, do_not_happen_for_small_frames_in_the_steady_state) {
  const byte_buffer frame = test::frame_of(byte_buffer(100, std::byte{7}));
  frame_decoder decoder;
  const auto pass_one_frame = [&] {
    auto room = decoder.writable(4096);
    std::copy(frame.begin(), frame.end(), room.begin());
    decoder.commit(frame.size());
    EXPECT_TRUE(decoder.next().value().has_value());
  };
  pass_one_frame();
  const auto seen = allocations_of([&] {
    for (int i = 0; i < 1000; ++i) {
      pass_one_frame();
    }
  });
  EXPECT_EQ(seen.calls, 0U);
}

struct arguments {
  int n = 0;
  double x = 0;
  MSGPACK_DEFINE_MAP(n, x)
};

TEST(allocations, do_not_happen_when_a_request_is_encoded_again_into_the_same_buffer) {
  byte_buffer out;
  const value args = value::map({{"n", value(1)}, {"x", value(0.5)}});
  // msgpack-c's walk over an object keeps its place in a vector; typed arguments need no walk.
  constexpr std::size_t calls_of_a_walk = 1;
  ASSERT_TRUE(encode_request(codec::msgpack, 1, "echo", args, out));
  const auto for_value =
      allocations_of([&] { EXPECT_TRUE(encode_request(codec::msgpack, 2, "echo", args, out)); });
  EXPECT_LE(for_value.calls, calls_of_a_walk);
  const arguments typed{1, 0.5};
  ASSERT_TRUE(encode_request(codec::msgpack, 1, "echo", typed, out));
  const auto for_typed =
      allocations_of([&] { EXPECT_TRUE(encode_request(codec::msgpack, 2, "echo", typed, out)); });
  EXPECT_LE(for_typed.calls, 2U);  // MSGPACK_DEFINE_MAP copies each name into a string
}

TEST(allocations, for_a_small_response_are_few_and_small) {
  byte_buffer frame;
  must(encode_response(codec::msgpack, {1, value::map({{"text", value("a")}}), {}}, frame));
  const auto seen = allocations_of(
      [&] { EXPECT_TRUE(decode_response(codec::msgpack, test::payload_of(frame))); });
  EXPECT_LE(seen.calls, 6U);
  EXPECT_LE(seen.bytes, 2048U);
}

}  // namespace
}  // namespace slipway
