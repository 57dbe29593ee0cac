// tests/supervision/tree_node_test.cpp
//
// The three forms of a picture.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/tree_node.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

tree_node small_tree() {
  tree_node cache{.name = "cache", .kind = "worker", .state = "running", .restarts = 1};
  cache.uptime = 1200ms;
  cache.last_exit = exit_reason::killed();
  tree_node feed{.name = "feed \"a\"", .kind = "worker", .state = "idle"};
  feed.last_exit = exit_reason::error("crash", "line 1\nline 2");
  tree_node feeds{.name = "feeds", .kind = "supervisor", .state = "running"};
  feeds.uptime = 5min;
  feeds.restarts = 2;
  feeds.children = {feed};
  tree_node top{.name = "top", .kind = "supervisor", .state = "running", .detail = "one_for_one"};
  top.uptime = 3h;
  top.children = {cache, feeds};
  return top;
}

TEST(tree_node, text_has_a_line_for_each_node_below_its_supervisor) {
  EXPECT_EQ(to_text(small_tree()),
            "top  supervisor, running 3.0 h, one_for_one\n"
            "├─ cache  worker, running 1.2 s, 1 restart, last exit: killed\n"
            "└─ feeds  supervisor, running 5 min, 2 restarts\n"
            "   └─ feed \"a\"  worker, idle, last exit: error crash: line 1 line 2\n");
}

TEST(tree_node, json_has_every_field_and_null_for_what_is_not_there) {
  EXPECT_EQ(to_json({.name = "a", .kind = "worker", .state = "idle"}),
            "{\n  \"name\": \"a\",\n  \"kind\": \"worker\",\n  \"state\": \"idle\",\n"
            "  \"detail\": \"\",\n  \"restarts\": 0,\n  \"uptime_ms\": null,\n"
            "  \"last_exit\": null,\n  \"children\": []\n}");
  EXPECT_THAT(to_json(small_tree()), HasSubstr("\"last_exit\": \"killed\""));
  EXPECT_THAT(to_json(small_tree()), HasSubstr("\"uptime_ms\": 1200"));
}

TEST(tree_node, json_replaces_what_is_no_utf_8) {
  EXPECT_THAT(to_json({.name = "a\xff"}), HasSubstr("a\xEF\xBF\xBD"));
}

TEST(tree_node, dot_has_an_edge_for_each_child_and_escapes_names) {
  const std::string dot = to_dot(small_tree());
  EXPECT_THAT(dot, HasSubstr("n0 [label=\"top\\nrunning\", shape=box"));
  EXPECT_THAT(dot, HasSubstr("label=\"feed \\\"a\\\"\\nidle\", shape=ellipse"));
  EXPECT_THAT(dot, HasSubstr("n0 -> n1;"));
  EXPECT_THAT(dot, HasSubstr("n2 -> n3;"));
  EXPECT_THAT(dot, Not(HasSubstr("n0 -> n3;")));
  EXPECT_THAT(dot, HasSubstr("fillcolor=lightgrey"));
}

}  // namespace
}  // namespace slipway
