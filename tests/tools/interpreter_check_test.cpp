// What an interpreter's answer means for a pool.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/interpreter_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using testing::HasSubstr;

python_pool_options some_pool() {
  return {.python = "python3", .module = "scoring.commands", .package_dir = "/package"};
}

interpreter_facts good_facts() {
  return {"/usr/bin/python3",        3, 11, 2, "1.0.3", "/package/slipway_worker/__init__.py",
          "/lib/scoring/commands.py"};
}

const finding& failed_one(const std::vector<finding>& findings) {
  for (const auto& one : findings) {
    if (one.level == finding_level::fail) {
      return one;
    }
  }
  static const finding none{};
  return none;
}

TEST(interpreter_check, an_answer_is_read_even_after_output_of_somebody_else) {
  const auto facts = read_facts(
      "hello from sitecustomize\n\n{\"executable\": \"/usr/bin/python3\", \"version\": [3, 11, 2], "
      "\"msgpack\": \"1.0.3\", \"worker_package\": \"/p\", \"module_error\": \"ImportError: "
      "x\"}\n");
  ASSERT_TRUE(facts) << facts.error();
  EXPECT_EQ(facts->executable, "/usr/bin/python3");
  EXPECT_EQ(facts->minor, 11);
  EXPECT_EQ(facts->msgpack, "1.0.3");
  EXPECT_FALSE(facts->module);
  EXPECT_EQ(facts->module_error, "ImportError: x");
}

TEST(interpreter_check, what_is_no_answer_is_told) {
  for (const char* text : {"", "\n", "hello\n", "{}", "{\"version\": [3]}", "[1]"}) {
    EXPECT_FALSE(read_facts(text)) << text;
  }
}

TEST(interpreter_check, an_interpreter_with_everything_is_good) {
  EXPECT_EQ(worst(judge_interpreter(some_pool(), good_facts())), finding_level::ok);
}

TEST(interpreter_check, a_missing_msgpack_names_the_very_interpreter_and_how_to_mend_it) {
  auto facts = good_facts();
  facts.executable = "/opt/pyenv/bin/python3";
  facts.msgpack.reset();
  const auto findings = judge_interpreter(some_pool(), facts);
  EXPECT_EQ(failed_one(findings).text, "the interpreter /opt/pyenv/bin/python3 has no msgpack");
  EXPECT_THAT(failed_one(findings).remedy,
              HasSubstr("/opt/pyenv/bin/python3 -m pip install msgpack"));
  EXPECT_THAT(failed_one(findings).remedy, HasSubstr("apt install python3-msgpack"));
}

TEST(interpreter_check, a_pool_that_speaks_json_needs_no_msgpack) {
  auto options = some_pool();
  options.wire_codec = codec::json;
  auto facts = good_facts();
  facts.msgpack.reset();
  EXPECT_EQ(worst(judge_interpreter(options, facts)), finding_level::ok);
}

TEST(interpreter_check, an_old_python_is_refused_with_its_version) {
  auto facts = good_facts();
  facts.minor = 8;
  const auto findings = judge_interpreter(some_pool(), facts);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(failed_one(findings).text, HasSubstr("is Python 3.8.2"));
  EXPECT_THAT(failed_one(findings).remedy, HasSubstr("3.9"));
}

TEST(interpreter_check, a_module_that_is_not_found_is_told_with_what_looking_for_it_raised) {
  auto facts = good_facts();
  facts.module.reset();
  facts.module_error = "ModuleNotFoundError: No module named 'scoring'";
  const auto findings = judge_interpreter(some_pool(), facts);
  EXPECT_THAT(failed_one(findings).text,
              HasSubstr("no module scoring.commands (ModuleNotFoundError: No module"));
  EXPECT_THAT(failed_one(findings).remedy, HasSubstr("python_path"));
}

TEST(interpreter_check, a_script_brings_its_own_packages) {
  python_pool_options options{.python = "python3", .script = "/no/such/bridge.py"};
  auto facts = good_facts();
  facts.msgpack.reset();
  facts.worker_package.reset();
  const auto findings = judge_interpreter(options, facts);
  EXPECT_EQ(failed_one(findings).text, "there is no file /no/such/bridge.py");
}

TEST(interpreter_check, an_interpreter_that_does_not_exist_is_found_without_starting_a_worker) {
  auto options = some_pool();
  options.python = "/no/such/python3";
  const auto findings = check_interpreter(options);
  EXPECT_EQ(failed_one(findings).text, "cannot start /no/such/python3: No such file or directory");
}

TEST(interpreter_check, a_program_that_is_no_python_is_told_by_how_it_ended) {
  auto options = some_pool();
  options.python = "/bin/false";
  EXPECT_EQ(failed_one(check_interpreter(options)).text, "/bin/false ended with exit code 1");
}

TEST(interpreter_check, a_missing_working_directory_is_told) {
  auto options = some_pool();
  options.working_directory = "/no/such/folder";
  EXPECT_EQ(failed_one(check_interpreter(options)).text,
            "there is no working directory /no/such/folder");
}

}  // namespace
}  // namespace slipway::tools
