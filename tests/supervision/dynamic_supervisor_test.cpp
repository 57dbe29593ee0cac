// tests/supervision/dynamic_supervisor_test.cpp
//
// Dynamic supervisors and simple_one_for_one with real actors. Nothing sleeps.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 20s;

caf::behavior worker(caf::event_based_actor* /*self*/) {
  return {[](int /*nothing*/) {}};
}

/// Collects the arguments of all starts.
class argument_log {
 public:
  [[nodiscard]] start_function start() {
    return [this](start_context& context) -> start_result {
      std::string all;
      for (const argument& each : context.arguments()) {
        const auto* text = each.get<std::string>();
        all += text == nullptr ? "?" : *text;
      }
      {
        const std::lock_guard guard{mutex_};
        starts_.push_back(all);
      }
      return context.system().spawn(worker);
    };
  }
  [[nodiscard]] std::vector<std::string> starts() {
    const std::lock_guard guard{mutex_};
    return starts_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> starts_;
};

class dynamic_shell : public ::testing::Test {
 protected:
  dynamic_supervisor_handle start(dynamic_supervisor_options options) {
    const auto started = start_dynamic_supervisor(system_, std::move(options));
    EXPECT_TRUE(started);
    return {system_, started.value_or(caf::actor{})};
  }
  supervisor_handle start_simple(restart_type restart) {
    supervisor_options options;
    options.flags.strategy = restart_strategy::simple_one_for_one;
    options.children = {{.id = "w", .start = log_.start(), .restart = restart, .arguments = {"t"}}};
    const auto started = start_supervisor(system_, std::move(options));
    EXPECT_TRUE(started);
    return {system_, started.value_or(caf::actor{})};
  }
  void await_end(const caf::actor& actor) {
    caf::scoped_actor self{system_, true};
    self->monitor(actor);
    self->receive([](const caf::down_msg&) {});
  }

  argument_log log_;  // outlives the system, whose actors write to it
  caf::actor_system_config config_;
  caf::actor_system system_{config_};
};

TEST_F(dynamic_shell, children_are_added_counted_and_terminated_by_their_actors) {
  const auto top = start({});
  const auto first = top.start_child({.id = "w", .start = log_.start()}, limit);
  const auto second =
      top.start_child({.id = "w", .start = log_.start(), .type = child_type::supervisor}, limit);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(top.count_children(limit), (child_counts{2, 2, 1, 1}));
  EXPECT_TRUE(top.terminate_child(first->actor, limit));
  EXPECT_EQ(top.terminate_child(first->actor, limit).error().code, supervisor_errc::not_found);
  const auto left = top.which_children(limit);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().actor, second->actor);
  EXPECT_EQ(top.get_childspec(second->actor, limit)->type, child_type::supervisor);
  EXPECT_EQ(top.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

TEST_F(dynamic_shell, extra_arguments_stand_before_those_of_the_spec) {
  dynamic_supervisor_options options;
  options.flags.extra_arguments = {"e1", "e2"};
  const auto top = start(std::move(options));
  ASSERT_TRUE(top.start_child({.id = "w", .start = log_.start(), .arguments = {"x"}}, limit));
  EXPECT_EQ(log_.starts(), std::vector<std::string>{"e1e2x"});
}

TEST_F(dynamic_shell, what_is_refused_says_why) {
  dynamic_supervisor_options options;
  options.flags.max_children = 0;
  const auto top = start(std::move(options));
  EXPECT_EQ(top.start_child({.id = "w", .start = log_.start()}, limit).error().code,
            supervisor_errc::max_children);
  const auto no_start = top.start_child({.id = "w"}, limit);
  EXPECT_EQ(no_start.error().code, supervisor_errc::invalid_spec);
  EXPECT_EQ(no_start.error().field, "start");
}

TEST_F(dynamic_shell, one_that_declines_is_no_failure_and_no_actor) {
  const auto declined = start_dynamic_supervisor(system_, {.init = supervisor_init::declined});
  ASSERT_TRUE(declined);
  EXPECT_FALSE(*declined);
}

TEST_F(dynamic_shell, a_child_of_a_template_is_restarted_with_its_own_arguments) {
  const auto top = start_simple(restart_type::permanent);
  const auto child = top.start_child(argument_list{"x"}, limit);
  ASSERT_TRUE(child);
  caf::anon_send_exit(child->actor, caf::exit_reason::kill);
  await_end(child->actor);
  // The restart may still be under way; each call waits for what the supervisor does.
  while (log_.starts().size() < 2) {
    ASSERT_TRUE(top.count_children(limit));
  }
  EXPECT_EQ(log_.starts(), (std::vector<std::string>{"tx", "tx"}));
}

TEST_F(dynamic_shell, children_of_a_template_are_named_by_their_actors_only) {
  const auto top = start_simple(restart_type::temporary);
  const auto child = top.start_child(argument_list{}, limit);
  ASSERT_TRUE(child);
  EXPECT_EQ(top.terminate_child("w", limit).error().code, supervisor_errc::simple_one_for_one);
  EXPECT_EQ(top.delete_child("w", limit).error().code, supervisor_errc::simple_one_for_one);
  EXPECT_EQ(top.get_childspec(child->actor, limit)->id, "w");
  EXPECT_EQ(top.terminate_child(top.actor(), limit).error().code, supervisor_errc::not_found);
  EXPECT_TRUE(top.terminate_child(child->actor, limit));
  EXPECT_TRUE(top.terminate_child(child->actor, limit)) << "an actor that has ended is no error";
  EXPECT_EQ(top.count_children(limit), (child_counts{1, 0, 0, 0}));
}

TEST_F(dynamic_shell, ten_thousand_children_stop_side_by_side) {
  const auto top = start({});
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(top.start_child({.id = "w", .start = log_.start()}, limit));
  }
  EXPECT_EQ(top.count_children(limit), (child_counts{10'000, 10'000, 0, 10'000}));
  EXPECT_EQ(top.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

}  // namespace
}  // namespace slipway
