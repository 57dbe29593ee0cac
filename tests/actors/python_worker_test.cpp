// slipway/tests/actors/python_worker_test.cpp
//
// How Python workers start: each stage at which that can fail with its name, its exit status and
// the last words of the process; and what a pool does meanwhile and afterwards.
// Source: seed cases 11 to 20, 26, 32.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// A pool whose first failed start ends it; nothing but the failure itself may end the wait.
python_pool_options failing_pool(std::string name) {
  auto options = echo_pool(std::move(name));
  options.init_timeout = 1h;
  options.retry.retries = 0;
  return options;
}

python_pool_options script_pool(std::string name, std::string script) {
  auto options = failing_pool(std::move(name));
  options.module.clear();
  options.script = std::move(script);
  options.wire_codec = codec::json;
  options.shutdown_grace = 100ms;
  return options;
}

python_pool_options misbehaving_pool(const std::string& script) {
  return script_pool(script, misbehaving_path(script));
}

// A bridge script of the test's own; `answer` gives the result of a request.
std::string bridge_script(const std::string& answer) {
  return "import json, os, sys\n"
         "while h := sys.stdin.buffer.read(4):\n"
         "    r = json.loads(sys.stdin.buffer.read(int.from_bytes(h, 'big')))\n"
         "    b = json.dumps({'id': r['id'], 'success': True, 'result': " +
         answer +
         "}).encode()\n"
         "    sys.stdout.buffer.write(len(b).to_bytes(4, 'big') + b); sys.stdout.buffer.flush()\n"
         "    if r['command'] == 'shutdown': break\n";
}

// A misbehaving bridge with arguments that the pool does not give it.
std::string with_arguments(const std::string& script, const std::string& arguments) {
  return "import runpy, sys\n"
         "sys.dont_write_bytecode = True\n"
         "sys.path.insert(0, '" +
         modules_dir() +
         "/misbehaving')\n"
         "sys.argv += " +
         arguments +
         "\n"
         "runpy.run_path('" +
         misbehaving_path(script) + "', run_name='__main__')\n";
}

class worker_start : public live_test {
 protected:
  // Why the pool ended: `init_failed`, and beneath it the reason of the last start.
  static exit_reason failure_of(python_pool_options options) {
    pool_host host(std::move(options));
    const auto ended = host.exit();
    if (!ended || ended->type != "init_failed" || !ended->cause) {
      ADD_FAILURE() << "the pool ended otherwise: "
                    << (ended ? to_string(*ended) : std::string("not at all"));
      return {};
    }
    const auto events = host.events().of<runtime_events::worker_init_failed>();
    EXPECT_FALSE(events.empty());
    EXPECT_EQ(events.back().reason, *ended->cause);
    return *ended->cause;
  }
};

// -- environment ----------------------------------------------------------------------------------

// Seed 26: tests ran without Python and failed with timeouts.
TEST_F(worker_start, a_missing_interpreter_is_a_failure_of_the_environment_that_names_it) {
  auto options = failing_pool("no_python");
  options.python = "/nonexistent/python3";
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "environment");
  EXPECT_THAT(reason.message,
              AllOf(HasSubstr("program_not_found"), HasSubstr("/nonexistent/python3")));
}

TEST_F(worker_start, an_interpreter_that_is_not_on_the_path_is_a_failure_of_the_environment) {
  auto options = failing_pool("no_python");
  options.python = "python-of-nobody";
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "environment");
  EXPECT_THAT(reason.message, HasSubstr("python-of-nobody"));
}

TEST_F(worker_start, an_interpreter_without_msgpack_is_a_failure_of_the_environment_that_names_it) {
  const temporary_directory folder;
  folder.write("msgpack.py", "raise ModuleNotFoundError(\"No module named 'msgpack'\")\n");
  auto options = failing_pool("no_msgpack");
  options.python_path.insert(options.python_path.begin(), folder.path());
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "environment");
  EXPECT_THAT(reason.message, HasSubstr("exit code 81"));
  EXPECT_THAT(reason.stderr_tail,
              Contains(AllOf(HasSubstr("msgpack"), HasSubstr(SLIPWAY_TEST_PYTHON))));
}

TEST_F(worker_start, a_package_that_is_not_found_is_told_with_the_interpreters_own_words) {
  auto options = failing_pool("no_package");
  options.package_dir = "/nonexistent";
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.stderr_tail, Contains(HasSubstr("slipway_worker")));
}

TEST_F(worker_start, a_working_directory_that_is_none_is_a_failure_to_spawn) {
  auto options = failing_pool("no_folder");
  options.working_directory = "/nonexistent/folder";
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "spawn");
  EXPECT_THAT(reason.message,
              AllOf(HasSubstr("bad_working_directory"), HasSubstr("/nonexistent/folder")));
}

// -- the user's module ----------------------------------------------------------------------------

TEST_F(worker_start, a_module_that_cannot_be_imported_fails_with_its_traceback) {
  const temporary_directory folder;
  auto options = failing_pool("broken_module");
  options.module = folder.write("broken.py", "import os\nimport of_nobody_at_all\n");
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "module_import");
  EXPECT_THAT(reason.message, HasSubstr("exit code 82"));
  EXPECT_THAT(
      reason.stderr_tail,
      AllOf(Contains(HasSubstr("broken.py\", line 2")),
            Contains(HasSubstr("ModuleNotFoundError: No module named 'of_nobody_at_all'"))));
}

TEST_F(worker_start, a_module_that_is_not_there_is_named) {
  auto options = failing_pool("no_module");
  options.module = "module_of_nobody";
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "module_import");
  EXPECT_THAT(reason.stderr_tail, Contains(HasSubstr("module_of_nobody")));
}

TEST_F(worker_start, a_start_hook_that_raises_fails_with_its_traceback) {
  const temporary_directory folder;
  auto options = failing_pool("broken_hook");
  options.module = folder.write("hook.py",
                                "from slipway_worker import on_start\n"
                                "@on_start\n"
                                "def load(worker_id):\n"
                                "    raise RuntimeError('the model is gone')\n");
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "module_import");
  EXPECT_THAT(reason.stderr_tail, Contains(HasSubstr("RuntimeError: the model is gone")));
}

// -- handshake ------------------------------------------------------------------------------------

TEST_F(worker_start, a_silent_process_fails_after_the_init_timeout) {
  auto options = misbehaving_pool("silent");
  options.init_timeout = 300ms;
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("init timeout"));
}

// Seed 11 and 12: a Python that died at once was noticed by the timeout only, which here is an
// hour.
TEST_F(worker_start, a_process_that_ends_at_once_fails_at_once_with_its_traceback) {
  const auto reason = failure_of(misbehaving_pool("exits_at_once"));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("exit code 1"));
  EXPECT_THAT(reason.stderr_tail, Contains("RuntimeError: this bridge cannot start"));
}

TEST_F(worker_start, a_process_that_is_killed_while_it_starts_fails_at_once) {
  auto options = misbehaving_pool("silent");
  const std::string mark = unique_mark();
  options.environment["SLIPWAY_TEST_MARK"] = mark;
  pool_host host(options);
  std::vector<int> found;
  ASSERT_TRUE(eventually([&] {
    found = processes_with("SLIPWAY_TEST_MARK=" + mark);
    return !found.empty();
  }));
  ::kill(found.front(), SIGKILL);
  const auto ended = host.exit();
  ASSERT_TRUE(ended && ended->cause);
  EXPECT_EQ(ended->cause->type, "handshake");
  EXPECT_THAT(ended->cause->message, HasSubstr("signal 9"));
}

// Seed 14: what is no frame is quoted.
TEST_F(worker_start, a_process_that_prints_where_frames_belong_fails_with_what_it_printed) {
  const auto reason = failure_of(misbehaving_pool("babbles"));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, AllOf(HasSubstr("frame_too_long"), HasSubstr("Load")));
}

TEST_F(worker_start, half_a_frame_fails_after_the_init_timeout) {
  auto options = misbehaving_pool("half_frame");
  options.init_timeout = 300ms;
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("init timeout"));
}

TEST_F(worker_start, a_handshake_that_stopped_in_the_middle_says_after_how_many_bytes) {
  const temporary_directory folder;
  // A shell has written long before the timeout, which a Python on a loaded machine has not.
  auto options = script_pool(
      "halfway", folder.write("half.sh", R"(printf '\000\000\001\000half'; cat >/dev/null)"));
  options.python = "/bin/sh";
  options.init_timeout = 2s;
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message,
              AllOf(HasSubstr("init timeout"), HasSubstr("stopped after 8 bytes, 252 short")));
}

TEST_F(worker_start, a_process_that_closes_its_output_fails_at_once) {
  const auto reason = failure_of(misbehaving_pool("closes_stdout"));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("closed its pipes"));
}

TEST_F(worker_start, an_over_long_frame_is_refused) {
  const auto reason = failure_of(misbehaving_pool("overlong"));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("4294967295"));
}

// Seed 19: the reply's id or shape was wrong.
TEST_F(worker_start, an_answer_under_another_id_is_response_id_mismatch) {
  const auto reason = failure_of(misbehaving_pool("wrong_id"));
  EXPECT_EQ(reason.type, "response_id_mismatch");
  EXPECT_THAT(reason.message, AllOf(HasSubstr("1001"), HasSubstr("begins with")));
}

class malformed_handshake : public worker_start, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(shape, malformed_handshake,
                         testing::Values("map", "list", "result", "error"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(malformed_handshake, is_malformed_init_response_and_quoted) {
  const temporary_directory folder;
  const auto script = folder.write(
      "shape.py", with_arguments("wrong_shape", std::string("['--shape', '") + GetParam() + "']"));
  const auto reason = failure_of(script_pool("wrong_shape", script));
  EXPECT_EQ(reason.type, "malformed_init_response");
  EXPECT_THAT(reason.message, HasSubstr("begins with"));
}

// Seed 13: the framing was misconfigured on one side.
TEST_F(worker_start, a_worker_of_another_protocol_version_is_refused_and_both_sides_are_named) {
  const temporary_directory folder;
  const auto reason = failure_of(script_pool(
      "version", folder.write("bridge.py", bridge_script("{'protocol': 7, 'codec': 'json'}"))));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, AllOf(HasSubstr("version 1 with json"), HasSubstr("version 7")));
}

TEST_F(worker_start, a_worker_that_means_another_codec_is_refused_and_both_sides_are_named) {
  const temporary_directory folder;
  const auto reason = failure_of(script_pool(
      "codec", folder.write("bridge.py", bridge_script("{'protocol': 1, 'codec': 'msgpack'}"))));
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, AllOf(HasSubstr("json"), HasSubstr("\"msgpack\"")));
}

TEST_F(worker_start, a_bridge_that_speaks_json_to_a_host_that_speaks_msgpack_fails_with_its_words) {
  auto options = script_pool("codec", modules_dir() + "/json_bridge.py");
  options.wire_codec = codec::msgpack;
  const auto reason = failure_of(options);
  EXPECT_EQ(reason.type, "handshake");
  EXPECT_THAT(reason.message, HasSubstr("exit code 1"));
  EXPECT_THAT(reason.stderr_tail, Contains(HasSubstr("Error")));
}

// -- starts that succeed --------------------------------------------------------------------------

TEST_F(worker_start, a_bridge_script_of_the_older_kind_works_with_json) {
  pool_host host(script_pool("bridge", modules_dir() + "/json_bridge.py"));
  ASSERT_TRUE(host.ready());
  EXPECT_THAT(host.calls().call("echo", value::map({{"x", value(1)}})),
              gives(value::map({{"x", value(1)}})));
  const auto failed = host.calls().call("raise_error", value::map({{"message", value("no")}}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, call_errc::remote_exception);
  ASSERT_TRUE(failed.error().remote);
  EXPECT_EQ(failed.error().remote->message, "no");
  // Seed 20: a map, whatever the back end.
  const auto listed = host.calls().call("list_programs", value::map({}));
  ASSERT_TRUE(listed) << failed.error().message;
  EXPECT_EQ(listed->find("total_count"), value(0));
  EXPECT_TRUE(listed->find("programs")->is_array());
}

TEST_F(worker_start, our_own_worker_works_with_json_too) {
  auto options = echo_pool("json");
  options.wire_codec = codec::json;
  pool_host host(options);
  EXPECT_THAT(host.calls().call("echo", value::map({{"x", value("\xC3\xA9")}})),
              gives(value::map({{"x", value("\xC3\xA9")}})));
}

TEST_F(worker_start, a_slow_start_is_waited_for) {
  const temporary_directory folder;
  auto options = script_pool(
      "slow", folder.write("slow.py", with_arguments("slow_start", "['--delay', '0.5']")));
  pool_host host(options);
  EXPECT_THAT(host.calls().call("echo", value::map({{"x", value(1)}})),
              gives(value::map({{"x", value(1)}})));
}

TEST_F(worker_start, a_flood_on_standard_error_before_the_handshake_does_not_hold_it_up) {
  pool_host host(misbehaving_pool("stderr_flood"));
  EXPECT_TRUE(host.ready());
}

TEST_F(worker_start, all_workers_start_at_once_and_each_says_when_it_is_ready) {
  auto options = echo_pool("four");
  options.size = 4;
  pool_host host(options);
  ASSERT_TRUE(host.ready());
  const auto ready = host.events().of<runtime_events::worker_ready>();
  ASSERT_THAT(ready, SizeIs(4));
  for (const auto& event : ready) {
    EXPECT_EQ(event.pool, "four");
    EXPECT_THAT(event.worker, HasSubstr("four/"));
    EXPECT_TRUE(runs(event.os_pid));
    EXPECT_GT(event.took, 0ns);
  }
  EXPECT_EQ(host.status().load.idle, 4U);
  host.stop();
  ASSERT_TRUE(host.events().await<runtime_events::worker_exited>(4));
  for (const auto& event : host.events().of<runtime_events::worker_exited>()) {
    EXPECT_TRUE(event.expected);
    EXPECT_EQ(event.status, (exit_status{exit_status::kind::exited, 0})) << event.worker;
  }
}

TEST_F(worker_start, what_the_options_say_reaches_the_process) {
  const temporary_directory folder;
  auto options = echo_pool("options");
  options.environment["SLIPWAY_TEST_VALUE"] = "from the pool";
  options.working_directory = folder.path();
  options.limits.open_files = 64;
  pool_host host(options);
  const auto& calls = host.calls();
  EXPECT_THAT(
      calls.call<std::string>("environment", value::map({{"name", value("SLIPWAY_TEST_VALUE")}})),
      gives("from the pool"));
  EXPECT_THAT(calls.call<std::string>("cwd"),
              gives(std::filesystem::canonical(folder.path()).string()));
  const auto pid = calls.call<int>("pid");
  ASSERT_TRUE(pid);
  EXPECT_THAT(*pid, host.events().of<runtime_events::worker_ready>().front().os_pid);
}

TEST_F(worker_start, standard_error_goes_to_the_hosts_log_under_the_workers_name) {
  pool_host host(echo_pool("talking"));
  EXPECT_THAT(host.calls().call<int>("print_lines", value::map({{"n", value(2)}})), gives(2));
  EXPECT_TRUE(host.log().await("[talking/1] stderr line 1"));
  EXPECT_TRUE(host.log().await("[talking/1] stdout line 1"));
}

// -- trying again ---------------------------------------------------------------------------------

TEST_F(worker_start, a_failed_start_is_tried_again_and_the_pool_ends_with_the_last_reason) {
  auto options = misbehaving_pool("exits_at_once");
  options.retry = {.retries = 3, .first = 1ms, .longest = 4ms};
  pool_host host(options);
  const auto ended = host.exit();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->type, "init_failed");
  EXPECT_THAT(ended->message, HasSubstr("4 times"));
  EXPECT_THAT(host.events().of<runtime_events::worker_init_failed>(), SizeIs(4));
  EXPECT_EQ(host.status().counters.init_failures, 4U);
  const auto refused = host.calls().call("echo", value::map({}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, call_errc::pool_exited);
  EXPECT_EQ(refused.error().effect, call_effect::not_sent);
  EXPECT_EQ(refused.error().pool_exit, ended);
}

TEST_F(worker_start, a_start_that_succeeds_at_the_second_attempt_is_no_failure) {
  const temporary_directory folder;
  auto options = echo_pool("second_time");
  options.module = folder.write("second_time.py",
                                "import os\n"
                                "from slipway_worker import command\n"
                                "flag = os.path.join(os.path.dirname(__file__), 'seen')\n"
                                "if not os.path.exists(flag):\n"
                                "    open(flag, 'w').close()\n"
                                "    raise RuntimeError('not yet')\n"
                                "@command('echo')\n"
                                "def echo(**args): return args\n");
  options.retry = {.retries = 1, .first = 1ms};
  pool_host host(options);
  EXPECT_THAT(host.calls().call("echo", value::map({{"x", value(1)}})),
              gives(value::map({{"x", value(1)}})));
  EXPECT_EQ(host.status().counters.init_failures, 1U);
  EXPECT_FALSE(host.status().ended);
}

// -- while workers start --------------------------------------------------------------------------

TEST_F(worker_start, a_lazy_pool_starts_no_worker_before_one_is_needed) {
  auto options = echo_pool("lazy");
  options.size = 3;
  options.lazy = true;
  const std::string mark = unique_mark();
  options.environment["SLIPWAY_TEST_MARK"] = mark;
  pool_host host(options);
  EXPECT_THAT(host.status().workers, IsEmpty());
  EXPECT_THAT(processes_with("SLIPWAY_TEST_MARK=" + mark), IsEmpty());
  EXPECT_TRUE(host.calls().call("echo", value::map({})));
  EXPECT_TRUE(host.calls().call("echo", value::map({})));
  EXPECT_THAT(processes_with("SLIPWAY_TEST_MARK=" + mark), SizeIs(1));
  EXPECT_EQ(host.status().counters.workers_started, 1U);
}

// Seed 15: two clients that started workers lazily starved the third.
TEST_F(worker_start, a_lazy_pool_starts_as_many_workers_as_there_are_clients) {
  auto options = echo_pool("lazy");
  options.size = 3;
  options.lazy = true;
  pool_host host(options);
  std::vector<std::future<client::reply<double>>> sleeping;
  for (int i = 0; i < 3; ++i) {
    sleeping.push_back(
        host.calls().async_call<double>("sleep", value::map({{"seconds", value(0.2)}})));
  }
  for (auto& one : sleeping) {
    EXPECT_THAT(one.get(), gives(0.2));
  }
  EXPECT_EQ(host.status().counters.workers_started, 3U);
}

TEST_F(worker_start, waiting_for_more_workers_than_there_are_is_refused_at_once) {
  pool_host host(echo_pool("one"));
  ASSERT_TRUE(host.ready());
  const auto waited = host.calls().wait_until_ready(2, limit);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, checkout_errc::invalid_argument);
  EXPECT_THAT(waited.error().message, HasSubstr("has 1 workers, 2 are asked for"));
  EXPECT_TRUE(host.calls().call("echo", value::map({}))) << "the wait must leave the workers alone";
  EXPECT_EQ(host.status().counters.workers_started, 1U);
}

TEST_F(worker_start, waiting_for_workers_ends_with_the_pool) {
  auto options = misbehaving_pool("silent");
  pool_host host(options);
  auto waiting =
      std::async(std::launch::async, [&] { return host.calls().wait_until_ready(1, limit); });
  host.stop();
  const auto waited = waiting.get();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, checkout_errc::pool_stopped);
}

// Seed 32: the pool was shut down while workers initialised and clients waited.
TEST_F(worker_start, stopping_a_pool_whose_workers_start_ends_them_and_answers_who_waits) {
  auto options = misbehaving_pool("silent");
  options.size = 3;
  const std::string mark = unique_mark();
  options.environment["SLIPWAY_TEST_MARK"] = mark;
  pool_host host(options);
  std::vector<std::future<client::reply<value>>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(
        std::async(std::launch::async, [&] { return host.calls().call("echo", value::map({})); }));
    waiting.push_back(host.calls().async_call("echo", value::map({})));
  }
  ASSERT_TRUE(eventually([&] { return host.status().load.queue_length == 6; }));
  ASSERT_TRUE(eventually([&] { return processes_with("SLIPWAY_TEST_MARK=" + mark).size() == 3; }));
  host.stop(exit_reason::shutdown("drained"));
  for (auto& one : waiting) {
    const auto given = one.get();
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, call_errc::pool_stopped);
    EXPECT_EQ(given.error().effect, call_effect::not_sent);
    EXPECT_EQ(given.error().pool_exit, exit_reason::shutdown("drained"));
  }
  EXPECT_TRUE(eventually([&] { return processes_with("SLIPWAY_TEST_MARK=" + mark).empty(); }));
  EXPECT_THAT(host.events().of<runtime_events::worker_init_failed>(), IsEmpty())
      << "an abort is no failure";
}

TEST_F(worker_start, a_pool_may_be_stopped_at_any_moment_of_its_workers_start) {
  for (int i = 0; i < 20; ++i) {
    auto options = echo_pool("stopped");
    options.size = 2;
    pool_host host(options);
    // From before the fork to after the handshake, which takes some 30 ms.
    static_cast<void>(host.calls().wait_until_ready(1, std::chrono::milliseconds(3 * i)));
    host.stop();
    const auto ended = host.exit();
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, exit_reason::shutdown());
  }
}

// Seed 17: the cancel of a client's timeout arrived while the worker initialised.
TEST_F(worker_start, a_client_that_times_out_while_its_worker_starts_leaves_the_pool_healthy) {
  const temporary_directory folder;
  auto options = script_pool(
      "slow", folder.write("slow.py", with_arguments("slow_start", "['--delay', '0.7']")));
  pool_host host(options);
  const auto given = host.calls().call("echo", value::map({}), 50ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, call_errc::timeout);
  EXPECT_EQ(given.error().effect, call_effect::not_sent);
  EXPECT_THAT(given.error().message, HasSubstr("1 starting"));
  auto late = host.calls().async_call("echo", value::map({}), 50ms);
  EXPECT_FALSE(late.get());
  EXPECT_THAT(host.calls().call("echo", value::map({{"x", value(1)}})),
              gives(value::map({{"x", value(1)}})));
  const auto status = host.status();
  EXPECT_EQ(status.counters.workers_started, 1U) << "the worker that was starting joined the pool";
  EXPECT_EQ(status.counters.workers_removed, 0U);
  EXPECT_EQ(status.load.queue_length, 0U);
}

}  // namespace
}  // namespace slipway::live
