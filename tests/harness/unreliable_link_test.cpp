// slipway/tests/harness/unreliable_link_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/simulated_time.hpp>
#include <slipway/harness/unreliable_link.hpp>
#include <slipway/harness/virtual_clock.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// Only a failure takes so long.
constexpr auto patience = 60s;

// Keeps the numbers it gets, answers each with it, and tells all of them when asked by a text.
caf::behavior listener(caf::event_based_actor* self, const std::shared_ptr<fault_point>& point) {
  auto heard = std::make_shared<std::vector<int>>();
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const injected_exception&) {
      return to_caf(exit_reason::error("injected", "as planned"));
    }
  });
  return {[=](int number) {
            point->pass();
            heard->push_back(number);
            return number;
          },
          [=](const std::string& /*asked*/) { return *heard; }};
}

class an_unreliable_link : public testing::Test {
 protected:
  void strike(fault what, std::uint64_t times = 1) {
    auto faults = std::make_shared<fault_injector>(
        fault_plan{{{.when = fault_when::at_random{1, fault_chance::each_message},
                     .what = std::move(what),
                     .whom = {.name = "listener"},
                     .times = times}}},
        1, time_, nullptr);
    link_ = make_unreliable_link(listener_, {.who = {.name = "listener"},
                                             .faults = std::move(faults),
                                             .timers = time_,
                                             .callbacks = point_});
  }
  void send(int number) { self_->send(link_, number); }
  // Past the link, so that it is no message of the plan; whatever passed before has been heard.
  std::vector<int> heard() {
    std::vector<int> all;
    self_->request(listener_, patience, std::string("all"))
        .receive([&](std::vector<int>& given) { all = std::move(given); },
                 [](const caf::error& failed) { ADD_FAILURE() << caf::to_string(failed); });
    return all;
  }
  exit_reason end_of(const caf::actor& watched) {
    exit_reason reason;
    self_->monitor(watched);
    self_->receive([&](const caf::down_msg& down) { reason = from_caf(down.reason); },
                   caf::after(patience) >> [] { ADD_FAILURE() << "it does not end"; });
    return reason;
  }

  std::shared_ptr<virtual_clock> time_ = std::make_shared<virtual_clock>();
  std::shared_ptr<fault_point> point_ = std::make_shared<fault_point>(time_);
  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  caf::actor listener_ = system_.spawn(listener, point_);
  caf::actor link_;
};

TEST_F(an_unreliable_link, passes_messages_and_answers_when_nothing_strikes) {
  strike(fault_what::drop_message{}, 0);
  int answer = 0;
  self_->request(link_, patience, 7)
      .receive([&](int given) { answer = given; },
               [](const caf::error& failed) { ADD_FAILURE() << caf::to_string(failed); });
  EXPECT_EQ(answer, 7);
  send(8);
  EXPECT_THAT(heard(), ElementsAre(7, 8));
}

TEST_F(an_unreliable_link, loses_a_message) {
  strike(fault_what::drop_message{});
  send(1);
  send(2);
  EXPECT_THAT(heard(), ElementsAre(2));
}

TEST_F(an_unreliable_link, delivers_a_message_twice) {
  strike(fault_what::duplicate_message{});
  send(1);
  send(2);
  EXPECT_THAT(heard(), ElementsAre(1, 1, 2));
}

TEST_F(an_unreliable_link, sets_a_message_back_behind_the_next) {
  strike(fault_what::reorder_message{});
  send(1);
  EXPECT_THAT(heard(), IsEmpty());
  send(2);
  send(3);
  EXPECT_THAT(heard(), ElementsAre(2, 1, 3));
}

TEST_F(an_unreliable_link, delays_a_message_and_nothing_else) {
  strike(fault_what::delay_message{2s});
  send(1);
  send(2);
  EXPECT_THAT(heard(), ElementsAre(2));
  time_->advance(1999ms);
  EXPECT_THAT(heard(), ElementsAre(2));
  time_->advance(1ms);
  EXPECT_THAT(heard(), ElementsAre(2, 1));
}

TEST_F(an_unreliable_link, ends_its_actor_for_the_planned_reason_and_ends_with_it) {
  strike(fault_what::actor_exit{exit_reason::error("planned", "by a test")});
  send(1);
  EXPECT_EQ(end_of(listener_).type, "planned");
  EXPECT_EQ(end_of(link_).type, "planned");
}

TEST_F(an_unreliable_link, kills_its_actor) {
  strike(fault_what::actor_kill{});
  send(1);
  EXPECT_EQ(end_of(listener_).kind, exit_kind::killed);
}

TEST_F(an_unreliable_link, has_the_next_callback_throw) {
  strike(fault_what::actor_throw{});
  send(1);
  EXPECT_EQ(end_of(listener_).type, "injected");
}

TEST_F(an_unreliable_link, has_the_next_callback_block) {
  strike(fault_what::actor_block{1h});
  send(1);
  // The block is on when its end is waited for.
  while (time_->pending() == 0) {
    std::this_thread::yield();
  }
  time_->advance(1h);
  EXPECT_THAT(heard(), ElementsAre(1));
}

TEST_F(an_unreliable_link, does_what_strikes_by_time_alone) {
  strike(fault_what::drop_message{}, 0);
  harness::strike(link_, fault_what::actor_exit{exit_reason::error("planned", "by a test")});
  EXPECT_EQ(end_of(listener_).type, "planned");
}

TEST_F(an_unreliable_link, counts_the_messages_to_another_actor_of_the_name_anew) {
  auto faults = std::make_shared<fault_injector>(
      fault_plan{{{.when = fault_when::nth_request{2}, .what = fault_what::drop_message{}}}}, 1,
      time_, nullptr);
  const link_options options{.who = {.name = "listener"}, .faults = faults};
  link_ = make_unreliable_link(listener_, options);
  send(1);
  caf::anon_send_exit(listener_, caf::exit_reason::kill);
  EXPECT_EQ(end_of(link_).kind, exit_kind::killed);
  listener_ = system_.spawn(listener, point_);
  link_ = make_unreliable_link(listener_, options);
  send(1);
  send(2);
  send(3);
  EXPECT_THAT(heard(), ElementsAre(1, 3));
}

TEST(a_fault_point, refuses_to_block_the_one_thread_of_a_simulation) {
  fault_point point(std::make_shared<simulated_time>(time_point{}));
  point.arm(fault_what::actor_block{1h});
  EXPECT_THROW(point.pass(), std::logic_error);
  point.arm(fault_what::actor_block{1h});
  EXPECT_EQ(point.pass_without_waiting(), 1h);
  EXPECT_NO_THROW(point.pass());
}

TEST_F(an_unreliable_link, passes_exit_messages_which_are_none_of_the_plan) {
  strike(fault_what::drop_message{}, 100);
  self_->send(link_,
              caf::exit_msg{self_->address(), to_caf(exit_reason::error("asked", "by a test"))});
  EXPECT_EQ(end_of(listener_).type, "asked");
}

}  // namespace
}  // namespace slipway::harness
