// What is remembered of a tree's events.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/tree_watch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

namespace events = runtime_events;

constexpr time_point now{};
const exit_reason import_failed =
    exit_reason::error("module_import", "the process ended: exit code 82")
        .with_stderr_tail({"Traceback", "ImportError: no"});
const exit_reason init_failed =
    exit_reason::error("init_failed", "a worker failed to start 4 times in a row")
        .with_cause(import_failed);

TEST(tree_watch, events_are_counted) {
  tree_watch watch;
  watch.take(events::pool_started{"p"}, now);
  watch.take(events::worker_ready{"p", "p/1", 10, {}}, now);
  watch.take(events::worker_removed{"p", "p/1", exit_reason::timeout()}, now);
  watch.take(events::worker_init_failed{"p", "p/2", import_failed}, now);
  watch.take(events::worker_ready{"p", "p/3", 11, {}}, now);
  watch.take(events::pool_exited{"p", init_failed}, now);
  watch.take(events::pool_started{"p"}, now);
  EXPECT_EQ(watch.counts(), (tree_counts{2, 1, 1, 1}));
  EXPECT_EQ(watch.ready_count("p"), 2U);
  EXPECT_EQ(watch.ready_count("q"), 0U);
}

std::vector<event_role> roles(tree_watch& watch) {
  std::vector<event_role> all;
  for (const auto& noted : watch.drain()) {
    all.push_back(noted.role);
  }
  return all;
}

TEST(tree_watch, a_worker_that_comes_after_a_loss_is_a_replacement) {
  tree_watch watch;
  watch.take(events::worker_ready{"p", "p/1", 10, {}}, now);
  watch.take(events::worker_removed{"p", "p/1", exit_reason::timeout()}, now);
  watch.take(events::worker_ready{"q", "q/1", 11, {}}, now);
  watch.take(events::worker_ready{"p", "p/2", 12, {}}, now);
  watch.take(events::worker_ready{"p", "p/3", 13, {}}, now);
  EXPECT_THAT(roles(watch),
              testing::ElementsAre(event_role::first, event_role::first, event_role::first,
                                   event_role::replacement, event_role::first));
  EXPECT_TRUE(watch.drain().empty());
}

TEST(tree_watch, a_worker_that_comes_before_the_recycled_one_goes_is_its_replacement) {
  const auto why = exit_reason::shutdown("max_requests: 5 of 4");
  tree_watch watch;
  watch.take(events::worker_recycled{"p", "p/1", why}, now);
  watch.take(events::worker_ready{"p", "p/2", 10, {}}, now);
  watch.take(events::worker_removed{"p", "p/1", why}, now);
  watch.take(events::worker_ready{"p", "p/3", 11, {}}, now);
  EXPECT_THAT(roles(watch), testing::ElementsAre(event_role::first, event_role::replacement,
                                                 event_role::first, event_role::first));
}

TEST(tree_watch, the_end_of_a_process_that_failed_to_start_repeats_what_was_told) {
  tree_watch watch;
  watch.take(events::worker_init_failed{"p", "p/1", import_failed}, now);
  watch.take(events::worker_exited{"p", "p/1", 10, {exit_status::kind::exited, 82}, false}, now);
  watch.take(events::worker_exited{"p", "p/2", 11, {exit_status::kind::exited, 82}, false}, now);
  EXPECT_THAT(roles(watch),
              testing::ElementsAre(event_role::first, event_role::repetition, event_role::first));
}

TEST(tree_watch, a_pool_that_ends_before_any_worker_was_ready_has_failed_to_start) {
  tree_watch watch;
  watch.take(events::worker_init_failed{"p", "p/1", import_failed}, now);
  EXPECT_FALSE(watch.start_failure());
  watch.take(events::pool_exited{"p", init_failed}, now);
  ASSERT_TRUE(watch.start_failure());
  EXPECT_EQ(watch.start_failure()->text(),
            "pool 'p' cannot start (stage module_import): the process ended: exit code 82");
}

TEST(tree_watch, a_pool_that_once_worked_has_not_failed_to_start) {
  tree_watch watch;
  watch.take(events::worker_ready{"p", "p/1", 10, {}}, now);
  watch.take(events::pool_exited{"p", init_failed}, now);
  EXPECT_FALSE(watch.start_failure());
  ASSERT_TRUE(watch.last_pool_end());
  EXPECT_EQ(watch.last_pool_end()->text(),
            "the tree gave up: pool 'p' ended too often, last (stage module_import): the process "
            "ended: exit code 82");
}

TEST(tree_watch, a_pool_that_was_asked_to_end_has_not_failed) {
  tree_watch watch;
  watch.take(events::pool_exited{"p", exit_reason::shutdown()}, now);
  EXPECT_FALSE(watch.start_failure());
  EXPECT_FALSE(watch.last_pool_end());
}

TEST(tree_watch, what_nobody_looks_at_is_counted_but_not_kept_without_end) {
  tree_watch watch;
  for (std::size_t i = 0; i < tree_watch::most_kept + 5; ++i) {
    watch.take(events::worker_ready{"p", "p/1", 10, {}}, now);
  }
  EXPECT_EQ(watch.drain().size(), tree_watch::most_kept);
  EXPECT_EQ(watch.counts().workers_started, tree_watch::most_kept + 5);
}

}  // namespace
}  // namespace slipway::tools
