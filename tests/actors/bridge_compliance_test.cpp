// slipway/tests/actors/bridge_compliance_test.cpp
//
// The contract of bridges, docs/bridge.md, on every back end; and that of bridge scripts of the older
// kind, as far as it goes for them: their errors are texts without a type.
// Source: seed cases 1, 9, 13, 14, 20, 24 to 27.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/bridge.hpp>

#include <csignal>

namespace slipway::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

value signature() {
  return value::map({{"inputs", value::array({value::map({{"name", value("question")}})})},
                     {"outputs", value::array({value::map({{"name", value("answer")}})})}});
}

value question(const value& of) {
  return value::map({{"question", of}});
}

/// One way to open a bridge.
struct way {
  const char* name;
  bridge_backend backend;
  codec wire_codec = codec::msgpack;
  bool older_script = false;
};

void PrintTo(const way& opened, std::ostream* to) {
  *to << opened.name;
}

bridge_config config_of(const way& opened) {
  bridge_config config;
  config.backend = opened.backend;
  if (opened.backend != bridge_backend::mock) {
    config.wire_codec = opened.wire_codec;
  }
  if (opened.backend == bridge_backend::single || opened.backend == bridge_backend::pool) {
    config.python = SLIPWAY_TEST_PYTHON;
    config.init_timeout = limit;
  }
  if (opened.backend == bridge_backend::pool) {
    config.size = 3;
  }
  if (opened.older_script) {
    config.script = modules_dir() + "/json_bridge.py";
  }
  config.call_timeout = limit;
  return config;
}

class bridge_compliance : public live_test, public testing::WithParamInterface<way> {
 protected:
  bridge_compliance() {
    auto config = config_of(GetParam());
    config.on_event = events.handler();
    config.logger = log.logger();
    auto opened = open_bridge(std::move(config));
    if (opened) {
      bridge_.emplace(std::move(*opened));
    }
    EXPECT_TRUE(opened) << opened.error().message;
  }
  void SetUp() override { ASSERT_TRUE(bridge_); }

  [[nodiscard]] const bridge& on() const { return *bridge_; }

  template <class R>
  static void expect_refused(const result<R, call_error>& given, const std::string& type) {
    ASSERT_FALSE(given) << "wanted " << type;
    EXPECT_EQ(given.error().code, call_errc::remote_exception) << to_string(given.error());
    if (given.error().remote && !GetParam().older_script) {
      EXPECT_EQ(given.error().remote->type, type) << to_string(given.error());
    }
  }
  void create(const std::string& id, std::optional<std::string> session = {}) const {
    const auto made = on().create_program({id, signature(), std::move(session)});
    EXPECT_TRUE(made) << to_string(made.error());
  }
  std::vector<std::string> listed(const std::optional<std::string>& session = {}) const {
    std::vector<std::string> ids;
    const auto list = on().list_programs(session);
    EXPECT_TRUE(list) << to_string(list.error());
    if (list) {
      EXPECT_EQ(list->total_count, list->programs.size());
      for (const auto& program : list->programs) {
        ids.push_back(program.id);
      }
    }
    return ids;
  }

  event_journal events;
  log_journal log;
  std::optional<bridge> bridge_;
};

TEST_P(bridge_compliance, the_back_end_is_the_one_of_the_configuration) {
  EXPECT_EQ(on().backend(), GetParam().backend);
}

TEST_P(bridge_compliance, a_ping_is_answered_with_status_and_worker) {
  const auto answer = on().call("ping");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->find("status"), value("ok"));
  EXPECT_TRUE(answer->find("worker_id"));
}

TEST_P(bridge_compliance, a_created_program_is_named_in_the_answer) {
  const auto answer =
      on().call("create_program", value::map({{"id", value("qa")}, {"signature", signature()}}));
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->find("program_id"), value("qa"));
  EXPECT_EQ(answer->find("status"), value("created"));
}

TEST_P(bridge_compliance,
       execution_gives_every_output_and_the_offline_predictor_the_same_everywhere) {
  create("qa");
  const auto text = on().execute_program({"qa"}, question(value("why?")));
  ASSERT_TRUE(text) << to_string(text.error());
  EXPECT_EQ(text->program_id, "qa");
  EXPECT_EQ(text->outputs.at("answer"), value("answer(question=why?)"));
  const auto number = on().execute_program({"qa"}, question(value(-7)));
  ASSERT_TRUE(number);
  EXPECT_EQ(number->outputs.at("answer"), value("answer(question=-7)"));
}

TEST_P(bridge_compliance, the_list_is_a_map_of_programs_and_their_number_sorted_by_id) {
  const auto none = on().call("list_programs");
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, value::map({{"programs", value::array({})}, {"total_count", value(0)}}));
  for (const char* id : {"d", "a", "c", "b"}) {
    create(id);
  }
  EXPECT_THAT(listed(), ElementsAre("a", "b", "c", "d"));
}

TEST_P(bridge_compliance, info_has_signature_session_creation_and_counted_executions) {
  create("qa", "s");
  ASSERT_TRUE(on().execute_program({"qa", "s"}, question(value("?"))));
  ASSERT_TRUE(on().execute_program({"qa", "s"}, question(value("?"))));
  const auto info = on().get_program_info({"qa", "s"});
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_EQ(info->id, "qa");
  EXPECT_EQ(info->session_id, "s");
  EXPECT_EQ(info->signature, signature());
  EXPECT_THAT(info->created_at, HasSubstr("T"));
  EXPECT_EQ(info->executions, 2U);
}

TEST_P(bridge_compliance, a_deleted_program_is_unknown_and_its_id_free) {
  create("qa");
  ASSERT_TRUE(on().delete_program({"qa"}));
  expect_refused(on().get_program_info({"qa"}), "UnknownProgram");
  expect_refused(on().delete_program({"qa"}), "UnknownProgram");
  create("qa");
}

TEST_P(bridge_compliance, a_program_that_exists_is_not_created_again) {
  create("qa");
  expect_refused(on().create_program({"qa", signature()}), "ProgramExists");
  EXPECT_THAT(listed(), ElementsAre("qa"));
}

TEST_P(bridge_compliance, an_unknown_program_is_not_executed) {
  expect_refused(on().execute_program({"none"}, question(value("?"))), "UnknownProgram");
}

TEST_P(bridge_compliance, an_unknown_command_is_a_remote_error_and_the_worker_lives_on) {
  create("qa");
  for (int round = 0; round < 4; ++round) {
    expect_refused(on().call("invalid_command"), "UnknownCommand");
  }
  EXPECT_THAT(listed(), ElementsAre("qa"));
  EXPECT_TRUE(events.of<runtime_events::worker_exited>().empty());
}

TEST_P(bridge_compliance, a_missing_argument_is_a_remote_error) {
  expect_refused(on().call("create_program", value::map({{"signature", signature()}})),
                 "InvalidArguments");
  expect_refused(on().call("execute_program"), "InvalidArguments");
  expect_refused(on().call("cleanup_session"), "InvalidArguments");
}

TEST_P(bridge_compliance, what_no_codec_carries_is_refused_before_it_is_sent) {
  for (const auto& given : {on().call("", value::map({})), on().call("ping", value(7))}) {
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, call_errc::invalid_argument);
    EXPECT_EQ(given.error().effect, call_effect::not_sent);
  }
}

TEST_P(bridge_compliance, a_session_ends_with_its_programs_and_no_others) {
  create("a", "s");
  create("b", "s");
  create("c", "t");
  create("d");
  EXPECT_THAT(listed("s"), ElementsAre("a", "b"));
  EXPECT_THAT(on().cleanup_session("s"), gives(2U));
  EXPECT_THAT(on().cleanup_session("s"), gives(0U));
  EXPECT_THAT(listed(), ElementsAre("c", "d"));
}

TEST_P(bridge_compliance, cleanup_and_reset_remove_all_programs_of_all_workers_and_count_them) {
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    create(id);
  }
  EXPECT_THAT(on().cleanup(), gives(5U));
  EXPECT_THAT(listed(), ElementsAre());
  create("a", "s");
  EXPECT_THAT(on().reset_state(), gives(1U));
  EXPECT_THAT(listed(), ElementsAre());
}

TEST_P(bridge_compliance, statistics_are_counted_and_not_placed) {
  for (const char* id : {"a", "b", "c"}) {
    create(id);
  }
  ASSERT_FALSE(on().call("invalid_command"));
  const auto stats = on().get_stats();
  ASSERT_TRUE(stats) << to_string(stats.error());
  EXPECT_EQ(stats->programs_count, 3U);
  EXPECT_EQ(stats->command_count, 4U);
  EXPECT_EQ(stats->error_count, 1U);
  EXPECT_GT(stats->uptime_s, 0);
  EXPECT_EQ(stats->workers.size(), GetParam().backend == bridge_backend::pool ? 3U : 1U);
}

TEST_P(bridge_compliance, nothing_is_carried_out_after_the_shutdown) {
  const auto answer = on().call("shutdown");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->find("status"), value("shutting_down"));
  for (const char* command : {"ping", "shutdown"}) {
    const auto after = on().call(command);
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, call_errc::pool_stopped);
    EXPECT_EQ(after.error().effect, call_effect::not_sent);
  }
}

// Where there are processes.
class supervised_bridge_compliance : public bridge_compliance {};

TEST_P(supervised_bridge_compliance, a_killed_worker_comes_back_with_its_programs) {
  create("qa", "s");
  create("other", "s");
  ASSERT_TRUE(on().delete_program({"other", "s"}));
  for (const auto& ready : events.of<runtime_events::worker_ready>()) {
    ASSERT_TRUE(kill_and_wait(ready.os_pid));
  }
  // A call may meet the end of the process; that is an error with a type. The next finds the new one.
  ASSERT_TRUE(eventually([&] { return on().ping().has_value(); }));
  EXPECT_THAT(listed("s"), ElementsAre("qa"));
  EXPECT_TRUE(on().execute_program({"qa", "s"}, question(value("?"))));
}

class bridge_opening : public live_test, public testing::WithParamInterface<way> {};

TEST_P(bridge_opening, a_missing_interpreter_is_named) {
  auto config = config_of(GetParam());
  config.python = "/nowhere/python3";
  const auto opened = open_bridge(std::move(config));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, bridge_errc::start_failed);
  EXPECT_THAT(opened.error().message, HasSubstr("/nowhere/python3"));
}

TEST_P(bridge_opening, a_missing_module_is_named) {
  auto config = config_of(GetParam());
  config.module = "no_such_module";
  const auto opened = open_bridge(std::move(config));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, bridge_errc::start_failed);
  EXPECT_THAT(opened.error().message, HasSubstr("no_such_module"));
}

// What a script of the older kind has in a form of its own.
class typed_bridge_compliance : public bridge_compliance {};

TEST_P(typed_bridge_compliance, a_model_without_its_package_is_refused_by_name) {
  const auto refused = on().configure_lm(value::map({{"model", value("gpt")}}));
  expect_refused(refused, "PackageMissing");
  ASSERT_TRUE(refused.error().remote);
  EXPECT_THAT(refused.error().remote->message, HasSubstr("'dspy'"));
  EXPECT_TRUE(on().configure_lm(value::map({{"model", value("offline")}})));
}

TEST_P(typed_bridge_compliance, a_program_is_found_in_its_own_session_only) {
  create("qa", "s");
  expect_refused(on().get_program_info({"qa"}), "UnknownProgram");
  expect_refused(on().get_program_info({"qa", "t"}), "UnknownProgram");
  create("qa", "t");
  EXPECT_THAT(listed(), ElementsAre("qa", "qa"));
}

TEST_P(typed_bridge_compliance, arguments_of_the_wrong_kind_are_remote_errors) {
  create("qa");
  for (const auto& args :
       {value::map({{"id", value("")}, {"signature", signature()}}),
        value::map({{"id", value(1)}, {"signature", signature()}}),
        value::map({{"id", value("x")}, {"signature", value("a -> b")}}),
        value::map({{"id", value("x")}, {"signature", signature()}, {"more", value(1)}})}) {
    expect_refused(on().call("create_program", args), "InvalidArguments");
  }
  expect_refused(on().execute_program({"qa"}, value::map({})), "InvalidArguments");
  expect_refused(on().execute_program({"qa"}, value(1)), "InvalidArguments");
}

TEST_P(typed_bridge_compliance, an_input_without_a_common_text_is_named_by_its_kind) {
  create("qa");
  const auto given = on().execute_program({"qa"}, question(value(0.5)));
  ASSERT_TRUE(given);
  EXPECT_EQ(given->outputs.at("answer"), value("answer(question=<float>)"));
}

const way ours[] = {{"mock", bridge_backend::mock},
                    {"loopback", bridge_backend::loopback},
                    {"loopback_json", bridge_backend::loopback, codec::json},
                    {"single", bridge_backend::single},
                    {"pool", bridge_backend::pool}};
const way older[] = {{"single_json_script", bridge_backend::single, codec::json, true}};
const way processes[] = {ours[3], ours[4]};
const auto name_of = [](const auto& of) { return std::string(of.param.name); };

INSTANTIATE_TEST_SUITE_P(back_ends, bridge_compliance, testing::ValuesIn(ours), name_of);
INSTANTIATE_TEST_SUITE_P(older_scripts, bridge_compliance, testing::ValuesIn(older), name_of);
INSTANTIATE_TEST_SUITE_P(back_ends, supervised_bridge_compliance, testing::ValuesIn(processes),
                         name_of);
INSTANTIATE_TEST_SUITE_P(older_scripts, supervised_bridge_compliance, testing::ValuesIn(older),
                         name_of);
INSTANTIATE_TEST_SUITE_P(back_ends, bridge_opening, testing::ValuesIn(processes), name_of);
INSTANTIATE_TEST_SUITE_P(back_ends, typed_bridge_compliance, testing::ValuesIn(ours), name_of);

}  // namespace
}  // namespace slipway::live
