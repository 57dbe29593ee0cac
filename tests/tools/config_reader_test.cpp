// What a configuration may say, and what is said of one that is wrong.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/config_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

result<run_config, std::vector<harness::toml_fault>> read(const std::string& text) {
  return read_config_text(text, "/etc/slipway/run.toml", "/package");
}

constexpr const char* smallest = "[[pool]]\nname = \"p\"\nmodule = \"m\"\n";

TEST(config_reader, the_smallest_configuration_has_the_documented_defaults) {
  const auto config = read(smallest);
  ASSERT_TRUE(config);
  const python_pool_options defaults;
  EXPECT_EQ(config->system.name, "slipway");
  EXPECT_EQ(config->system.intensity, 3U);
  EXPECT_EQ(config->system.period, 5s);
  ASSERT_EQ(config->pools.size(), 1U);
  const auto& pool = config->pools.front();
  EXPECT_EQ(pool.name, "p");
  EXPECT_EQ(pool.module, "m");
  EXPECT_EQ(pool.package_dir, "/package");
  EXPECT_EQ(pool.size, defaults.size);
  EXPECT_EQ(pool.lazy, defaults.lazy);
  EXPECT_EQ(pool.python, defaults.python);
  EXPECT_EQ(pool.max_queue, defaults.max_queue);
  EXPECT_EQ(pool.wire_codec, defaults.wire_codec);
  EXPECT_EQ(pool.max_frame_bytes, defaults.max_frame_bytes);
  EXPECT_EQ(pool.init_timeout, defaults.init_timeout);
  EXPECT_EQ(pool.call_timeout, defaults.call_timeout);
  EXPECT_EQ(pool.shutdown_grace, defaults.shutdown_grace);
  EXPECT_EQ(pool.terminate_grace, defaults.terminate_grace);
  EXPECT_EQ(pool.busy_poll, defaults.busy_poll);
  EXPECT_EQ(pool.retry, defaults.retry);
  EXPECT_EQ(pool.min_ready, defaults.min_ready);
  EXPECT_EQ(pool.start_timeout, defaults.start_timeout);
  EXPECT_EQ(pool.init_concurrency, defaults.init_concurrency);
  EXPECT_EQ(pool.cancelled_init, cancelled_init::keep);
  EXPECT_EQ(pool.worker_idle_timeout, std::nullopt);
  EXPECT_EQ(pool.max_idle_pings, std::nullopt);
  EXPECT_EQ(pool.limits, resource_limits{});
  EXPECT_EQ(pool.breaker, std::nullopt);
  EXPECT_EQ(pool.command_breaker, std::nullopt);
  EXPECT_EQ(pool.recycle, std::nullopt);
}

TEST(config_reader, every_key_reaches_its_option) {
  const auto config = read(R"(
[system]
name = "scoring"
intensity = 7
period_ms = 1500

[[pool]]
name = "scores"
size = 12
min_ready = 3
start_timeout_ms = 2500
init_concurrency = 5
cancelled_init = "abort"
worker_idle_timeout_ms = 60000
max_idle_pings = 2
lazy = true
max_queue = 100
python = "/opt/python/bin/python3"
module = "scoring.commands"
python_path = ["/lib/one", "/lib/two"]
working_directory = "/var/scoring"
codec = "json"
max_frame_bytes = 8192
init_timeout_ms = 1
call_timeout_ms = 2
shutdown_grace_ms = 0
terminate_grace_ms = 4
busy_poll_us = 0
init_retries = 5
init_retry_first_ms = 6
init_retry_longest_ms = 7

[pool.env]
MODEL = "small"

[pool.health]
interval_ms = 8000
timeout_ms = 900
failures = 4
slow_call_ms = 70
max_stderr_bytes = 5000
stderr_window_ms = 600

[pool.limits]
address_space_bytes = 1_000_000_000
cpu_seconds = 60
open_files = 64
file_size_bytes = 1024

[pool.breaker]
failures = 7
open_ms = 1500
probes_under_way = 2
probes_needed = 3

[pool.command_breaker]
failure_percent = 25
window_ms = 2000
least_calls = 9

[pool.sessions]
mode = "strict_fail_fast"
time_to_live_ms = 90000
max_sessions = 1000

[pool.recycle]
max_requests = 1000
max_age_ms = 3600000
max_idle_ms = 60000
max_resident_bytes = 500_000_000
jitter_percent = 25
at_once = 2
check_interval_ms = 5000
)");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->system.name, "scoring");
  EXPECT_EQ(config->system.intensity, 7U);
  EXPECT_EQ(config->system.period, 1500ms);
  const auto& pool = config->pools.front();
  EXPECT_EQ(pool.min_ready, 3U);
  EXPECT_EQ(pool.start_timeout, 2500ms);
  EXPECT_EQ(pool.init_concurrency, 5U);
  EXPECT_EQ(pool.cancelled_init, cancelled_init::abort);
  EXPECT_EQ(pool.worker_idle_timeout, duration(60s));
  EXPECT_EQ(pool.max_idle_pings, 2U);
  EXPECT_EQ(pool.size, 12U);
  EXPECT_TRUE(pool.lazy);
  EXPECT_EQ(pool.max_queue, 100U);
  EXPECT_EQ(pool.python, "/opt/python/bin/python3");
  EXPECT_EQ(pool.module, "scoring.commands");
  EXPECT_THAT(pool.python_path, ElementsAre("/lib/one", "/lib/two"));
  EXPECT_EQ(pool.working_directory, "/var/scoring");
  EXPECT_EQ(pool.wire_codec, codec::json);
  EXPECT_EQ(pool.max_frame_bytes, 8192U);
  EXPECT_EQ(pool.init_timeout, 1ms);
  EXPECT_EQ(pool.call_timeout, 2ms);
  EXPECT_EQ(pool.shutdown_grace, 0ms);
  EXPECT_EQ(pool.terminate_grace, 4ms);
  EXPECT_EQ(pool.sessions.mode, affinity::strict_fail_fast);
  EXPECT_EQ(pool.sessions.time_to_live, duration(90s));
  EXPECT_EQ(pool.sessions.max_sessions, 1000U);
  EXPECT_EQ(pool.busy_poll, 0us);
  EXPECT_EQ(pool.retry, (init_retry{5, 6ms, 7ms}));
  EXPECT_THAT(pool.environment, ElementsAre(std::pair("MODEL", "small")));
  EXPECT_EQ(pool.limits, (resource_limits{1'000'000'000, 60, 64, 1024}));
  EXPECT_EQ(pool.breaker, (circuit_breaker_options{failures_in_a_row{7}, 1500ms, {2, 3}}));
  EXPECT_EQ(pool.command_breaker, (circuit_breaker_options{failure_rate{0.25, 2s, 9}}));
  EXPECT_EQ(pool.health,
            (health_options{8s, 900ms, 4, 70ms, stderr_limit{.bytes = 5000, .window = 600ms}}));
  EXPECT_EQ(pool.recycle,
            (recycle_options{1000U, duration(1h), duration(60s), 500'000'000U, 0.25, 2U, 5s}));
}

TEST(config_reader, health_is_looked_after_only_where_a_table_says_so) {
  const auto config = read(
      "[[pool]]\nname = \"a\"\nmodule = \"m\"\n"
      "[[pool]]\nname = \"b\"\nmodule = \"m\"\n[pool.health]\n"
      "[[pool]]\nname = \"c\"\nmodule = \"m\"\n[pool.health]\nmax_stderr_bytes = 0\ninterval_ms = "
      "500\n");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->pools[0].health, std::nullopt);
  EXPECT_EQ(config->pools[1].health, health_options{});
  EXPECT_EQ(config->pools[2].health,
            (health_options{.interval = 500ms, .timeout = 500ms, .max_stderr = std::nullopt}));
}

TEST(config_reader, a_check_whose_timeout_is_longer_than_its_interval_is_a_fault) {
  const auto config = read(
      "[[pool]]\nname = \"a\"\nmodule = \"m\"\n[pool.health]\n"
      "interval_ms = 500\ntimeout_ms = 501\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().front().key, "pool.health.timeout_ms");
}

TEST(config_reader, relative_paths_begin_at_the_folder_of_the_file) {
  const auto config = read(
      "[[pool]]\nname = \"a\"\npython = \"bin/python3\"\nmodule = \"lib/m.py\"\n"
      "python_path = [\".\"]\nworking_directory = \"../work\"\n"
      "[[pool]]\nname = \"b\"\nvenv = \"venv\"\nscript = \"bridge.py\"\n");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->pools[0].python, "/etc/slipway/bin/python3");
  EXPECT_EQ(config->pools[0].module, "/etc/slipway/lib/m.py");
  EXPECT_THAT(config->pools[0].python_path, ElementsAre("/etc/slipway/"));
  EXPECT_EQ(config->pools[0].working_directory, "/etc/work");
  EXPECT_EQ(config->pools[1].python, "/etc/slipway/venv/bin/python");
  EXPECT_EQ(config->pools[1].script, "/etc/slipway/bridge.py");
}

TEST(config_reader, a_program_without_a_slash_is_left_to_the_path) {
  const auto config = read(std::string(smallest) + "python = \"python3.12\"\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->pools.front().python, "python3.12");
}

struct faulty {
  const char* what;
  std::string text;
  std::string told;  ///< the whole text of the one fault
};

void PrintTo(const faulty& one, std::ostream* out) {
  *out << one.what;
}

class faulty_config : public testing::TestWithParam<faulty> {};

TEST_P(faulty_config, is_told_with_file_line_column_key_found_and_expected) {
  const auto config = read(GetParam().text);
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()), "/etc/slipway/run.toml:" + GetParam().told + "\n");
}

const std::string pool = smallest;

INSTANTIATE_TEST_SUITE_P(
    one_fault, faulty_config,
    testing::Values(
        faulty{"wrong_type", pool + "size = \"four\"\n",
               "4:8: pool.size: found the string \"four\", expected a whole number from 1 to 1024"},
        faulty{"fraction", pool + "size = 2.5\n",
               "4:8: pool.size: found the number 2.5, expected a whole number from 1 to 1024"},
        faulty{"out_of_range", pool + "size = 0\n",
               "4:8: pool.size: found the whole number 0, expected a whole number from 1 to 1024"},
        faulty{"negative", pool + "max_queue = -1\n",
               "4:13: pool.max_queue: found the whole number -1, expected a whole number of at "
               "least 0"},
        faulty{"no_boolean", pool + "lazy = 1\n",
               "4:8: pool.lazy: found the whole number 1, expected true or false"},
        faulty{"mistyped_key", pool + "sise = 4\n",
               "4:1: pool.sise: found an unknown key, expected perhaps size"},
        faulty{"unknown_table", pool + "[sistem]\nname = \"x\"\n",
               "4:2: sistem: found an unknown key, expected perhaps system"},
        faulty{"unknown_key_of_system", pool + "[system]\nintensty = 1\n",
               "5:1: system.intensty: found an unknown key, expected perhaps intensity"},
        faulty{"key_like_no_other", pool + "[system]\nsomething = 1\n",
               "5:1: system.something: found an unknown key, expected one of: intensity, name, "
               "period_ms"},
        faulty{"no_name", "[[pool]]\nmodule = \"m\"\n",
               "1:1: pool.name: found nothing, expected a name that no other pool has"},
        faulty{"empty_name", "[[pool]]\nname = \"\"\nmodule = \"m\"\n",
               "2:8: pool.name: found the string \"\", expected a string that is not empty"},
        faulty{"no_code", "\n[[pool]]\nname = \"p\"\n",
               "2:1: pool.module: found nothing, expected a module (dotted name or .py file), or "
               "a script"},
        faulty{"module_and_script", pool + "script = \"s.py\"\n",
               "4:10: pool.script: found script together with module, expected one of the two"},
        faulty{"python_and_venv", pool + "python = \"p\"\nvenv = \"v\"\n",
               "5:8: pool.venv: found venv together with python, expected one of the two"},
        faulty{"two_of_a_name", pool + pool,
               "5:8: pool.name: found the name \"p\" of an earlier pool, expected a name of its "
               "own"},
        faulty{"unknown_codec", pool + "codec = \"xml\"\n",
               "4:9: pool.codec: found \"xml\", expected \"msgpack\" or \"json\""},
        faulty{"frame_too_small", pool + "max_frame_bytes = 10\n",
               "4:19: pool.max_frame_bytes: found the whole number 10, expected a whole number "
               "from 4096 to 4294967295"},
        faulty{"path_is_no_array", pool + "python_path = \".\"\n",
               "4:15: pool.python_path: found the string \".\", expected an array of strings"},
        faulty{"path_of_numbers", pool + "python_path = [1]\n",
               "4:15: pool.python_path: found an array, expected an array of strings"},
        faulty{"variable_is_a_number", pool + "[pool.env]\nDEPTH = 3\n",
               "5:9: pool.env.DEPTH: found the whole number 3, expected a string"},
        faulty{"limits_is_no_table", pool + "limits = 1\n",
               "4:10: pool.limits: found the whole number 1, expected a table, [pool.limits]"},
        faulty{"unknown_limit", pool + "[pool.limits]\ncpu = 3\n",
               "5:1: pool.limits.cpu: found an unknown key, expected one of: "
               "address_space_bytes, cpu_seconds, file_size_bytes, open_files"},
        faulty{"two_rules_for_one_breaker",
               pool + "[pool.breaker]\nfailures = 3\nfailure_percent = 50\n",
               "6:19: pool.breaker.failure_percent: found failure_percent together with failures, "
               "expected one of the two"},
        faulty{"window_of_no_rate", pool + "[pool.command_breaker]\nwindow_ms = 5\n",
               "5:13: pool.command_breaker.window_ms: found window_ms without failure_percent, "
               "expected both"},
        faulty{"recycling_without_a_limit", pool + "[pool.recycle]\nat_once = 2\n",
               "4:1: pool.recycle: found no limit, expected max_requests, max_age_ms, max_idle_ms "
               "or max_resident_bytes"},
        faulty{"retry_delays_crossed", pool + "init_retry_first_ms = 9000\n",
               "4:23: pool.init_retry_first_ms: found a first delay above init_retry_longest_ms, "
               "expected one that is not longer"},
        faulty{"pool_as_table", "[pool]\nname = \"p\"\nmodule = \"m\"\n",
               "1:1: pool: found a table, expected tables in double brackets, [[pool]]"},
        faulty{"no_pool", "[system]\nname = \"x\"\n",
               "1:1: pool: found nothing, expected at least one [[pool]]"}),
    [](const auto& tested) { return std::string(tested.param.what); });

TEST(config_reader, all_faults_are_told_at_once_in_the_order_of_the_file) {
  const auto config = read(
      "[system]\nintensity = \"many\"\n[[pool]]\nname = \"p\"\nsize = 0\ncodec = \"xml\"\n"
      "[[pool]]\nname = \"q\"\nmodule = \"m\"\nlasy = true\n");
  ASSERT_FALSE(config);
  std::vector<std::string> keys;
  for (const auto& fault : config.error()) {
    keys.push_back(fault.key);
  }
  EXPECT_THAT(
      keys, ElementsAre("system.intensity", "pool.module", "pool.size", "pool.codec", "pool.lasy"));
}

TEST(config_reader, a_syntax_error_is_told_with_its_place) {
  const auto config = read("[[pool]]\nname = \n");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error().front().line, 2U);
  EXPECT_THAT(to_string(config.error()), HasSubstr("/etc/slipway/run.toml:2:"));
}

TEST(config_reader, a_file_that_is_not_there_is_told) {
  const auto config = read_config("/no/such/run.toml", "/package");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()),
            "/no/such/run.toml: found no such file, expected a TOML file\n");
}

TEST(config_reader, more_ready_workers_than_there_are_and_an_unknown_policy_are_faults) {
  const auto config =
      read(std::string(smallest) + "size = 2\nmin_ready = 3\ncancelled_init = \"drop\"\n");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 2U);
  EXPECT_EQ(config.error()[0].line, 5);
  EXPECT_EQ(config.error()[1].found, "\"drop\"");
}

}  // namespace
}  // namespace slipway::tools
