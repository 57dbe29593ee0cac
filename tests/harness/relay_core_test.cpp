// slipway/tests/harness/relay_core_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/relay_core.hpp>
#include <slipway/harness/internal/relay_message.hpp>
#include <slipway/harness/internal/relay_process.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace slipway::harness::internal {
namespace {

using testing::IsEmpty;
using namespace std::chrono_literals;

const time_point start{1h};

relay_bytes answer_to(std::uint64_t id, codec spoken = codec::msgpack) {
  byte_buffer frame;
  EXPECT_TRUE(encode_response(spoken, {id, value("done"), std::nullopt}, frame));
  return frame;
}

std::span<const std::byte> payload_of(const relay_bytes& frame) {
  return std::span(frame).subspan(frame_header_bytes);
}

// All that has become due, one after the other.
relay_bytes passed(relay_core& core, time_point now) {
  relay_bytes all;
  while (const auto bytes = core.take_due(now)) {
    all.insert(all.end(), bytes->begin(), bytes->end());
  }
  return all;
}

relay_bytes after(relay_deed deed, const relay_bytes& answer, std::uint64_t amount = 0) {
  relay_core core;
  static_cast<void>(core.obey({amount, deed}));
  core.answer(answer, start);
  return passed(core, start);
}

TEST(relay_core, an_answer_passes_untouched_without_orders) {
  relay_core core;
  core.answer(answer_to(7), start);
  EXPECT_EQ(passed(core, start), answer_to(7));
  EXPECT_EQ(core.next_due(), std::nullopt);
}

TEST(relay_core, a_delayed_answer_comes_at_its_time_and_nothing_overtakes_it) {
  relay_core core;
  static_cast<void>(core.obey({std::chrono::nanoseconds(2s).count(), relay_deed::delay}));
  core.answer(answer_to(1), start);
  core.answer(answer_to(2), start + 1s);
  EXPECT_THAT(passed(core, start + 1999ms), IsEmpty());
  EXPECT_EQ(core.next_due(), start + 2s);
  relay_bytes both = answer_to(1);
  const relay_bytes second = answer_to(2);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(passed(core, start + 2s), both);
}

TEST(relay_core, a_hanging_worker_answers_no_more_and_forgets_what_was_delayed) {
  relay_core core;
  static_cast<void>(core.obey({1, relay_deed::delay}));
  core.answer(answer_to(1), start);
  static_cast<void>(core.obey({0, relay_deed::hang}));
  core.answer(answer_to(2), start);
  EXPECT_TRUE(core.hangs());
  EXPECT_THAT(passed(core, start + 1h), IsEmpty());
}

TEST(relay_core, half_an_answer_is_its_first_half_and_then_nothing) {
  const relay_bytes whole = answer_to(1);
  relay_core core;
  static_cast<void>(core.obey({0, relay_deed::half_frame}));
  core.answer(whole, start);
  core.answer(answer_to(2), start);
  const relay_bytes half(whole.begin(),
                         whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
  EXPECT_EQ(passed(core, start), half);
}

TEST(relay_core, garbage_is_a_whole_frame_and_an_envelope_in_no_codec) {
  frame_cutter cut;
  cut.feed(after(relay_deed::garbage, answer_to(1)));
  const auto frame = cut.next();
  ASSERT_TRUE(frame);
  EXPECT_FALSE(decode_response(codec::msgpack, payload_of(*frame)));
  EXPECT_FALSE(decode_response(codec::json, payload_of(*frame)));
  EXPECT_THAT(cut.rest(), IsEmpty());
}

TEST(relay_core, an_overlong_header_is_beyond_every_limit) {
  EXPECT_EQ(after(relay_deed::overlong, answer_to(1)),
            relay_bytes(frame_header_bytes, std::byte{0xff}));
}

TEST(relay_core, a_wrong_id_is_the_same_answer_to_another_request_in_either_codec) {
  for (const codec spoken : {codec::msgpack, codec::json}) {
    const relay_bytes frame = after(relay_deed::wrong_id, answer_to(7, spoken));
    const auto answer = decode_response(spoken, payload_of(frame));
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->id, 7U);
    EXPECT_EQ(answer->outcome, value("done"));
  }
}

TEST(relay_core, a_duplicate_holds_for_one_answer) {
  relay_core core;
  static_cast<void>(core.obey({0, relay_deed::duplicate}));
  core.answer(answer_to(1), start);
  EXPECT_EQ(passed(core, start).size(), 2 * answer_to(1).size());
  core.answer(answer_to(2), start);
  EXPECT_EQ(passed(core, start), answer_to(2));
}

TEST(relay_core, what_is_to_be_done_at_once_is_said_at_once) {
  relay_core core;
  EXPECT_EQ(core.obey({3, relay_deed::exit}).exit, 3);
  EXPECT_TRUE(core.obey({0, relay_deed::close_stdout}).close_stdout);
  EXPECT_TRUE(core.obey({0, relay_deed::close_stdin}).close_stdin);
  EXPECT_EQ(core.obey({80, relay_deed::flood}).flood_bytes, 80U);
  EXPECT_EQ(core.obey({90, relay_deed::grow}).grow_bytes, 90U);
}

TEST(frame_cutter, gives_whole_frames_however_the_stream_is_cut_and_keeps_the_rest) {
  relay_bytes stream = answer_to(1);
  const relay_bytes second = answer_to(2);
  stream.insert(stream.end(), second.begin(), second.end());
  stream.push_back(std::byte{0});
  frame_cutter cut;
  std::vector<relay_bytes> frames;
  for (const std::byte each : stream) {
    cut.feed({&each, 1});
    while (auto frame = cut.next()) {
      frames.push_back(std::move(*frame));
    }
  }
  EXPECT_THAT(frames, testing::ElementsAre(answer_to(1), second));
  EXPECT_EQ(cut.rest(), relay_bytes(1, std::byte{0}));
}

TEST(request_facts, are_command_and_session_in_either_codec) {
  for (const codec spoken : {codec::msgpack, codec::json}) {
    byte_buffer frame;
    const value args = value::map({{"session_id", value("alice")}});
    ASSERT_TRUE(encode_request(spoken, 1, "count", args, frame));
    EXPECT_EQ(facts_of(frame).command, "count");
    EXPECT_EQ(facts_of(frame).session, "alice");
  }
  EXPECT_EQ(facts_of(relay_bytes(frame_header_bytes)).command, "");
}

TEST(relay_message, packets_are_read_as_they_were_written) {
  const auto report =
      unpack_report(pack({.token = 3, .bytes = 9, .when = relay_moment::reply}, "alice"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.token, 3U);
  EXPECT_EQ(report->report.when, relay_moment::reply);
  EXPECT_EQ(report->session, "alice");
  const auto orders = unpack_orders(pack({true, {{4, relay_deed::exit}, {5, relay_deed::flood}}}));
  ASSERT_TRUE(orders);
  EXPECT_TRUE(orders->answers);
  ASSERT_EQ(orders->orders.size(), 2U);
  EXPECT_EQ(orders->orders[1].amount, 5U);
  EXPECT_EQ(unpack_report("x"), std::nullopt);
  EXPECT_EQ(unpack_orders("x123"), std::nullopt);
}

TEST(relay_arguments, are_address_token_and_command) {
  const auto parsed = parse_relay_arguments({"name", "12", "/bin/echo", "a"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->address, "name");
  EXPECT_EQ(parsed->token, 12U);
  EXPECT_THAT(parsed->command, testing::ElementsAre("/bin/echo", "a"));
  EXPECT_FALSE(parse_relay_arguments({"name", "12"}));
  EXPECT_FALSE(parse_relay_arguments({"name", "twelve", "/bin/echo"}));
}

}  // namespace
}  // namespace slipway::harness::internal
