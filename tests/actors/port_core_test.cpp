// slipway/tests/actors/port_core_test.cpp
//
// Who may do what with a port, in which of its states; and what of a process's frames is passed over.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/incoming_frames.hpp>
#include <slipway/actors/internal/port_core.hpp>
#include <slipway/actors/port_owner.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::internal {
namespace {

using testing::ElementsAre;

constexpr exit_status killed{exit_status::kind::signaled, SIGKILL};

std::string name_of(const result<void, port_error>& outcome) {
  return outcome ? "done" : std::string(to_string(outcome.error().code));
}

class port_rules : public testing::Test {
 protected:
  port_rules() { core.give_to(owner); }

  void feed(std::string_view text) {
    byte_buffer frame;
    begin_frame(frame);
    for (const char each : text) {
      frame.push_back(static_cast<std::byte>(each));
    }
    ASSERT_TRUE(finish_frame(frame));
    incoming.bytes().feed(frame);
  }

  std::string next() {
    const auto frame = incoming.next();
    if (!frame) {
      return to_string(frame.error());
    }
    std::string text(frame->has_value() ? (*frame)->size() : 0, ' ');
    if (frame->has_value()) {
      std::transform((*frame)->begin(), (*frame)->end(), text.begin(),
                     [](std::byte each) { return static_cast<char>(each); });
    }
    return frame->has_value() ? text : "nothing";
  }

  // Accepts exactly this.
  static incoming_frames::answer_test is(const std::string& wanted) {
    return [wanted](incoming_frames::payload given) {
      return std::equal(
          given.begin(), given.end(), wanted.begin(), wanted.end(),
          [](std::byte left, char right) { return left == static_cast<std::byte>(right); });
    };
  }

  const std::shared_ptr<port_owner> owner = std::make_shared<port_owner>();
  const std::shared_ptr<port_owner> other = std::make_shared<port_owner>();
  port_core core;
  incoming_frames incoming{1024};
};

TEST_F(port_rules, nobody_but_the_owner_may_use_a_port) {
  EXPECT_EQ(name_of(core.check_usable(*owner)), "done");
  EXPECT_EQ(name_of(core.check_usable(*other)), "not_owner");
  EXPECT_FALSE(core.may_probe(*other));
}

TEST_F(port_rules, a_port_that_was_given_away_is_the_next_ones_alone) {
  EXPECT_EQ(core.give_to(other), owner);
  EXPECT_EQ(name_of(core.check_usable(*owner)), "not_owner");
  EXPECT_EQ(name_of(core.check_usable(*other)), "done");
}

TEST_F(port_rules, a_second_exchange_begins_only_after_the_first) {
  EXPECT_EQ(name_of(core.begin_exchange(*owner, incoming)), "done");
  EXPECT_EQ(name_of(core.begin_exchange(*owner, incoming)), "not_owner");
  EXPECT_FALSE(core.may_probe(*owner));
  core.end_exchange();
  EXPECT_TRUE(core.may_probe(*owner));
  EXPECT_EQ(name_of(core.begin_exchange(*owner, incoming)), "done");
}

TEST_F(port_rules, no_exchange_begins_while_bytes_wait_that_nobody_asked_for) {
  feed("early");
  EXPECT_EQ(name_of(core.begin_exchange(*owner, incoming)), "protocol_error");
}

TEST_F(port_rules, bytes_may_wait_while_the_answer_to_a_probe_is_owed) {
  incoming.expect(is("pong"));
  feed("pong");
  EXPECT_EQ(name_of(core.begin_exchange(*owner, incoming)), "done");
}

TEST_F(port_rules, the_late_answer_to_a_probe_is_passed_over_once) {
  incoming.expect(is("pong"));
  feed("pong");
  feed("pong");
  EXPECT_TRUE(incoming.owed());
  EXPECT_EQ(next(), "pong");
  EXPECT_FALSE(incoming.owed());
  EXPECT_EQ(next(), "nothing");
}

TEST_F(port_rules, a_frame_that_does_not_answer_the_probe_is_given_out_before_it) {
  incoming.expect(is("pong"));
  feed("answer");
  EXPECT_EQ(next(), "answer");
  EXPECT_TRUE(incoming.owed());
}

TEST_F(port_rules, a_process_is_asked_to_end_once) {
  EXPECT_EQ(core.close(true), close_step::ask);
  EXPECT_EQ(core.close(true), close_step::none);
  EXPECT_FALSE(core.running());
  EXPECT_EQ(name_of(core.check_usable(*owner)), "port_closed");
}

TEST_F(port_rules, a_process_is_not_asked_in_the_middle_of_an_exchange_or_without_a_frame) {
  EXPECT_EQ(core.close(false), close_step::terminate);
  port_core busy;
  busy.give_to(owner);
  ASSERT_TRUE(busy.begin_exchange(*owner, incoming));
  EXPECT_EQ(busy.close(true), close_step::terminate);
}

TEST_F(port_rules, an_end_that_was_asked_for_says_so) {
  EXPECT_FALSE(core.end_by(killed).asked);
  core.kill();
  EXPECT_TRUE(core.end_by(killed).asked);
  EXPECT_TRUE(core.reaped(killed).asked);
}

TEST_F(port_rules, no_signal_is_sent_after_the_reaping) {
  core.kill();
  EXPECT_TRUE(core.may_signal());
  core.reaped(killed);
  EXPECT_FALSE(core.may_signal());
  core.kill();
  EXPECT_FALSE(core.may_signal());
}

TEST_F(port_rules, the_last_words_are_told_once_they_have_been_reported) {
  port_exit end = core.reaped(killed);
  EXPECT_FALSE(core.exit());
  ASSERT_TRUE(core.end());
  end.stderr_tail = {"last words"};
  core.report(end);
  ASSERT_TRUE(core.exit());
  EXPECT_THAT(core.end()->stderr_tail, ElementsAre("last words"));
  const auto refused = core.check_usable(*owner);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().exit);
}

}  // namespace
}  // namespace slipway::internal
