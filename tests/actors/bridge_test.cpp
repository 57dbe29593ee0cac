// slipway/tests/actors/bridge_test.cpp
//
// What a bridge's configuration may say, its mock's own answers, and which worker a command goes to.
// Source: docs/bridge.md; seed cases 24 and 25.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/bridge.hpp>
#include <slipway/actors/internal/bridge_answers_core.hpp>
#include <slipway/actors/internal/program_journal_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using internal::bridge_route;
using testing::ElementsAre;
using testing::HasSubstr;

bridge_config on(bridge_backend backend) {
  return {.backend = backend};
}

void expect_contradiction(const bridge_config& config, const std::string& key) {
  const auto opened = open_bridge(config);
  ASSERT_FALSE(opened) << key;
  EXPECT_EQ(opened.error().code, bridge_errc::contradiction);
  EXPECT_THAT(opened.error().keys, ElementsAre("backend", key));
  EXPECT_THAT(opened.error().message, HasSubstr(to_string(*config.backend)));
  EXPECT_THAT(opened.error().message, HasSubstr(key));
}

TEST(bridge_config, names_its_back_end_or_is_refused) {
  const auto opened = open_bridge({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, bridge_errc::missing_key);
  EXPECT_THAT(opened.error().keys, ElementsAre("backend"));
}

TEST(bridge_config, a_key_that_the_back_end_would_drop_is_a_contradiction_naming_both) {
  auto config = on(bridge_backend::mock);
  config.python = "python3";
  expect_contradiction(config, "python");
  config = on(bridge_backend::mock);
  config.script = "bridge.py";
  expect_contradiction(config, "script");
  config = on(bridge_backend::mock);
  config.wire_codec = codec::json;
  expect_contradiction(config, "codec");
  config = on(bridge_backend::loopback);
  config.size = 2;
  expect_contradiction(config, "size");
  config = on(bridge_backend::single);
  config.size = 2;
  expect_contradiction(config, "size");
  config = on(bridge_backend::pool);
  config.answers["ping"] = [](const value&) { return value(); };
  expect_contradiction(config, "answers");
}

TEST(bridge_config, module_and_script_exclude_each_other) {
  auto config = on(bridge_backend::single);
  config.module = "m";
  config.script = "s.py";
  const auto flaw = flaw_of(config);
  ASSERT_TRUE(flaw);
  EXPECT_THAT(flaw->keys, ElementsAre("module", "script"));
}

TEST(bridge_config, a_pool_of_nobody_is_refused) {
  auto config = on(bridge_backend::pool);
  config.size = 0;
  const auto flaw = flaw_of(config);
  ASSERT_TRUE(flaw);
  EXPECT_EQ(flaw->code, bridge_errc::invalid_value);
  EXPECT_THAT(flaw->keys, ElementsAre("size"));
}

TEST(bridge_config, back_ends_are_read_by_their_names_only) {
  for (const auto backend : {bridge_backend::mock, bridge_backend::loopback, bridge_backend::single,
                             bridge_backend::pool}) {
    EXPECT_EQ(bridge_backend_from_string(to_string(backend)), backend);
  }
  EXPECT_FALSE(bridge_backend_from_string("python_port"));
  EXPECT_FALSE(bridge_backend_from_string("Mock"));
}

class scripted : public testing::TestWithParam<bridge_backend> {};

TEST_P(scripted, an_answer_of_the_users_own_comes_before_the_built_in_one) {
  auto config = on(GetParam());
  config.answers["score"] = [](const value& args) { return *args.find("x"); };
  config.answers["slow"] = [](const value&) -> result<value, call_error> {
    return failure(
        call_error{call_errc::timeout, call_effect::unknown, "as scripted", {}, {}, {}, {}});
  };
  const auto bridge = open_bridge(config);
  ASSERT_TRUE(bridge);
  EXPECT_EQ(bridge->call("score", value::map({{"x", value(3)}})), value(3));
  EXPECT_EQ(bridge->call("slow").error().code, call_errc::timeout);
  EXPECT_TRUE(bridge->ping());
}

TEST_P(scripted, a_known_command_whose_result_lacks_its_shape_is_an_unexpected_result) {
  auto config = on(GetParam());
  config.answers["list_programs"] = [](const value&) { return value::array({}); };
  const auto listed = open_bridge(config)->list_programs();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, call_errc::unexpected_result);
  EXPECT_THAT(listed.error().message, HasSubstr("`programs`"));
}

INSTANTIATE_TEST_SUITE_P(back_ends, scripted,
                         testing::Values(bridge_backend::mock, bridge_backend::loopback));

value session(const char* id) {
  return value::map({{"program_id", value("p")}, {"session_id", value(id)}});
}

TEST(bridge_route, a_session_goes_to_one_worker_whatever_the_command_and_turn) {
  const auto first = internal::route("execute_program", session("s"), 5, 0);
  EXPECT_EQ(first.count, 1U);
  for (const char* command : {"create_program", "list_programs", "cleanup_session", "other"}) {
    EXPECT_EQ(internal::route(command, session("s"), 5, 3), first);
  }
}

TEST(bridge_route, a_program_outside_of_sessions_is_created_where_it_is_executed) {
  EXPECT_EQ(internal::route("create_program", value::map({{"id", value("p")}}), 7, 0),
            internal::route("execute_program", value::map({{"program_id", value("p")}}), 7, 1));
}

TEST(bridge_route, what_is_about_all_goes_to_all_and_the_rest_in_turn) {
  EXPECT_EQ(internal::route("configure_lm", session("s"), 4, 1), (bridge_route{0, 4}));
  EXPECT_EQ(internal::route("list_programs", value(), 4, 1), (bridge_route{0, 4}));
  EXPECT_EQ(internal::route("custom", value(), 4, 6), (bridge_route{2, 1}));
}

TEST(program_journal, keeps_what_a_new_worker_must_be_told_the_model_first) {
  internal::program_journal journal;
  const auto create = [&](const char* id, const char* session) {
    journal.note("create_program", value::map({{"id", value(id)}, {"session_id", value(session)}}));
  };
  const auto told = [&] {
    std::vector<std::string> all;
    for (const auto& entry : journal.entries()) {
      const auto id = entry.args.find("id");
      all.push_back(id ? *id->as<std::string>() : entry.command);
    }
    return all;
  };
  create("p", "s");
  create("q", "s");
  create("p", "t");
  journal.note("configure_lm", value::map({{"model", value("m")}}));
  EXPECT_THAT(told(), ElementsAre("configure_lm", "p", "q", "p"));
  journal.note("delete_program", session("s"));
  EXPECT_THAT(told(), ElementsAre("configure_lm", "q", "p"));
  journal.note("cleanup_session", session("t"));
  EXPECT_THAT(told(), ElementsAre("configure_lm", "q"));
  journal.note("cleanup", value());
  EXPECT_THAT(told(), ElementsAre("configure_lm"));
  journal.note("reset_state", value());
  EXPECT_THAT(told(), ElementsAre());
}

}  // namespace
}  // namespace slipway
