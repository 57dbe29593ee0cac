// tests/supervision/supervisor_beyond_otp_test.cpp
//
// What our supervisors do and OTP's do not, with real actors: delays, budgets, the escalation hook, a
// kill that shows no effect, the picture of a tree.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_fixture.hpp"
#include <slipway/supervision/supervision_tree.hpp>

#include <caf/spawn_options.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using namespace testing;  // NOLINT(google-build-using-namespace): the fixture

TEST_F(supervisor_shell, a_handler_that_blocks_past_its_kill_does_not_hang_the_rest_of_the_tree) {
  const auto until = std::make_shared<gate>();
  child_spec blocked{.id = "blocked", .start = [&](start_context& context) -> start_result {
                       return context.system().spawn<caf::detached>(
                           [until, notes = notes](caf::event_based_actor*) -> caf::behavior {
                             return {[until, notes](int) {
                               notes->write("blocked");
                               until->pass();
                             }};
                           });
                     }};
  blocked.shutdown = shutdown_type::brutal_kill();
  const auto top = start_supervisor(*system, {.children = {blocked, worker_spec("other")},
                                              .observer = log.observer(),
                                              .kill_patience = 10ms});
  ASSERT_TRUE(top);
  const supervisor_handle handle{*system, *top};
  const auto actor = handle.which_children(limit)->back().actor;
  caf::anon_send(actor, 1);
  ASSERT_TRUE(notes->await("blocked"));

  ASSERT_TRUE(handle.terminate_child("blocked", limit));
  EXPECT_TRUE(log.await<child_outlives_kill>());
  const auto children = handle.which_children(limit);
  ASSERT_TRUE(children);
  ASSERT_EQ(children->size(), 3U);
  EXPECT_EQ(children->front().status, child_status::outlives_kill);
  EXPECT_EQ(children->front().actor, actor);
  EXPECT_EQ(handle.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
  until->open();
}

TEST_F(supervisor_shell, a_restart_comes_after_its_delay) {
  const auto top = start_supervisor(*system, {.flags = {.backoff = restart_backoff::constant(30ms)},
                                              .children = {worker_spec("a")},
                                              .observer = log.observer()});
  ASSERT_TRUE(top);
  const supervisor_handle handle{*system, *top};
  const auto before = std::chrono::steady_clock::now();
  caf::anon_send(handle.which_children(limit)->front().actor, crash_atom::value);
  ASSERT_TRUE(log.await<child_restarted>());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 30ms);
  EXPECT_EQ(handle.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

TEST_F(supervisor_shell, the_escalation_hook_learns_why_a_supervisor_gives_up) {
  const auto top =
      start_supervisor(*system, {.flags = {.intensity = 0},
                                 .children = {worker_spec("a")},
                                 .on_escalation = [notes = notes](const gave_up& why) {
                                   notes->write(why.child + ": " + to_string(why.reason));
                                 }});
  ASSERT_TRUE(top);
  caf::anon_send(supervisor_handle(*system, *top).which_children(limit)->front().actor,
                 crash_atom::value);
  EXPECT_TRUE(notes->await("a: error crash: as told"));
}

TEST_F(supervisor_shell, a_budget_is_used_up_by_all_supervisors_that_share_it) {
  const auto budget = std::make_shared<restart_budget>(1, 1h);
  const auto nested = [&](const char* id) {
    return supervisor_spec(id, {.flags = {.intensity = 100},
                                .children = {worker_spec("worker")},
                                .observer = log.observer(),
                                .budget = budget});
  };
  const auto top = start_supervisor(
      *system, {.flags = {.intensity = 0}, .children = {nested("left"), nested("right")}});
  ASSERT_TRUE(top);
  const supervisor_handle handle{*system, *top};
  const auto crash_below = [&](const caf::actor& supervisor) {
    caf::anon_send(supervisor_handle(*system, supervisor).which_children(limit)->front().actor,
                   crash_atom::value);
  };
  const auto children = handle.which_children(limit);
  ASSERT_TRUE(children);
  crash_below(children->at(0).actor);
  ASSERT_TRUE(log.await<child_restarted>());
  crash_below(children->at(1).actor);
  EXPECT_TRUE(log.await<gave_up>());
}

// -- the tree --------------------------------------------------------------------------------------

TEST_F(supervisor_shell, the_picture_of_a_tree_has_states_restarts_and_last_exits) {
  const auto top = start_supervisor(
      *system,
      {.flags = {.intensity = 5},
       .children = {worker_spec("cache"),
                    supervisor_spec("feeds", {.flags = {.strategy = restart_strategy::rest_for_one},
                                              .children = {worker_spec("feed")}})},
       .observer = log.observer()});
  ASSERT_TRUE(top);
  const supervisor_handle handle{*system, *top};
  caf::anon_send(handle.which_children(limit)->back().actor, crash_atom::value);
  ASSERT_TRUE(log.await<child_restarted>());

  const auto tree = tree_of(*system, *top, "top", limit);
  ASSERT_TRUE(tree) << to_string(tree.error());
  EXPECT_EQ(tree->detail, "one_for_one, at most 5 restarts in 5000 ms");
  ASSERT_EQ(tree->children.size(), 2U);
  const auto& cache = tree->children[0];
  EXPECT_EQ(cache.name, "cache");
  EXPECT_EQ(cache.state, "running");
  EXPECT_EQ(cache.restarts, 1U);
  EXPECT_TRUE(cache.uptime);
  EXPECT_EQ(cache.last_exit, exit_reason::error("crash", "as told"));
  const auto& feeds = tree->children[1];
  EXPECT_EQ(feeds.kind, "supervisor");
  EXPECT_EQ(feeds.detail, "rest_for_one, at most 1 restart in 5000 ms");
  ASSERT_EQ(feeds.children.size(), 1U);
  EXPECT_EQ(feeds.children[0].restarts, 0U);
  EXPECT_FALSE(feeds.children[0].last_exit);
  EXPECT_EQ(handle.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

TEST_F(supervisor_shell, a_supervisor_that_is_blocked_is_shown_so_and_its_siblings_are_drawn) {
  const auto until = std::make_shared<gate>();
  const auto top = start_supervisor(
      *system, {.children = {supervisor_spec("busy", {}),
                             supervisor_spec("free", {.children = {worker_spec("a")}})}});
  ASSERT_TRUE(top);
  const supervisor_handle handle{*system, *top};
  const supervisor_handle busy{*system, handle.which_children(limit)->back().actor};
  std::thread blocking([&] {
    auto slow = worker_spec("slow");
    slow.start = [until](start_context&) -> start_result {
      until->pass();
      return ignore;
    };
    EXPECT_TRUE(busy.start_child(slow, limit));
  });
  for (;;) {
    const auto tree = tree_of(*system, *top, "top", 200ms);
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->children[1].children.size(), 1U);
    if (tree->children[0].state == "no answer") {
      break;
    }
  }
  until->open();
  blocking.join();
  EXPECT_EQ(handle.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

TEST_F(supervisor_shell, there_is_no_picture_of_a_supervisor_that_has_ended) {
  const auto top = start_supervisor(*system, {});
  ASSERT_TRUE(top);
  ASSERT_TRUE(supervisor_handle(*system, *top).stop(exit_reason::shutdown(), limit));
  const auto tree = tree_of(*system, *top, "top", limit);
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, supervisor_errc::supervisor_down);
  EXPECT_FALSE(tree_of(*system, {}, "nobody", limit));
}

}  // namespace
}  // namespace slipway
