// slipway/tests/actors/client_test.cpp
//
// Calls to real Python workers: typed values, every way in which a call fails with what may be
// assumed of its effect, and which worker pays for it.
// Source: docs/semantics.md; seed cases 2, 6, 9, 10, 14, 29, 31.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/protocol/value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Ne;
using testing::Not;
using testing::SizeIs;

struct point {
  int x = 0;
  std::string label;
  std::vector<double> weights;
  MSGPACK_DEFINE_MAP(x, label, weights)

  friend bool operator==(const point&, const point&) = default;
};

value seconds(double count) {
  return value::map({{"seconds", value(count)}});
}
value token(std::uint64_t number) {
  return value::map({{"token", value(number)}});
}

MATCHER_P2(fails_as, code, effect,
           "fails as " + std::string(to_string(code)) + ", effect " + to_string(effect)) {
  static_cast<void>(result_listener);
  return !arg.has_value() && arg.error().code == code && arg.error().effect == effect;
}

// Each test runs twice: by calls that block and by futures that the I/O thread fulfils.
enum class kind { blocking, future };

class client_calls : public live_test, public testing::WithParamInterface<kind> {
 protected:
  template <class R = value, class Args = value>
  static client::reply<R> call(const client& calls, std::string_view command, const Args& args = {},
                               duration timeout = limit) {
    return GetParam() == kind::blocking ? calls.call<R>(command, args, timeout)
                                        : calls.async_call<R>(command, args, timeout).get();
  }
  static int pid_of(const client& calls) { return call<int>(calls, "pid").value(); }
  static bool echoes(const client& calls) {
    static std::atomic<std::uint64_t> next{0};
    const value args = token(++next);
    const auto given = call(calls, "echo", args);
    EXPECT_THAT(given, gives(args));
    return given.has_value();
  }
};

INSTANTIATE_TEST_SUITE_P(both, client_calls, testing::Values(kind::blocking, kind::future),
                         [](const auto& tested) {
                           return tested.param == kind::blocking ? "blocking" : "future";
                         });

// -- results --------------------------------------------------------------------------------------

TEST_P(client_calls, arguments_and_results_have_the_types_of_the_caller) {
  const pool_host host(echo_pool("typed"));
  const client& calls = host.calls();
  EXPECT_THAT(call<int>(calls, "length", std::map<std::string, std::string>{{"text", "four"}}),
              gives(4));
  const point sent{3, "here \xE2\x82\xAC", {0.5, 1e300}};
  EXPECT_THAT(call<point>(calls, "echo", sent), gives(sent));
  EXPECT_THAT(call(calls, "echo"), gives(value::map({})));
  EXPECT_THAT(call<double>(calls, "sleep", seconds(0)), gives(0.0));
  EXPECT_THAT(call(calls, "environment", value::map({{"name", value("SLIPWAY_NEVER_SET")}})),
              gives(value()));
}

TEST_P(client_calls, large_requests_and_answers_go_through) {
  const pool_host host(echo_pool("large"));
  constexpr auto size = std::size_t{16} * 1024 * 1024;
  EXPECT_THAT(
      call<std::size_t>(host.calls(), "length",
                        std::map<std::string, std::string>{{"text", std::string(size, 'x')}}),
      gives(size));
  const auto grown = call<std::string>(host.calls(), "grow", value::map({{"bytes", value(size)}}));
  ASSERT_TRUE(grown);
  EXPECT_EQ(grown->size(), size);
}

// Seed 10: a print in user code corrupted the packets.
TEST_P(client_calls, what_user_code_prints_does_not_disturb_the_answer) {
  const pool_host host(echo_pool("printing"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(call<int>(host.calls(), "print_lines", value::map({{"n", value(50)}})), gives(50));
    EXPECT_TRUE(echoes(host.calls()));
  }
}

TEST_P(client_calls, many_at_once_get_each_their_own_answer) {
  auto options = echo_pool("many");
  options.size = 4;
  const pool_host host(options);
  constexpr std::size_t threads = 8;
  constexpr std::uint64_t rounds = 100;
  std::vector<std::thread> callers;
  std::atomic<std::uint64_t> answered{0};
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < rounds; ++i) {
        const value args = token(t * rounds + i);
        EXPECT_THAT(call(host.calls(), "echo", args), gives(args));
        ++answered;
      }
    });
  }
  for (auto& caller : callers) {
    caller.join();
  }
  EXPECT_EQ(answered, threads * rounds);
  // Seed 29: statistics were lost on error checkins.
  const auto counters = host.status().counters;
  EXPECT_EQ(counters.granted, threads * rounds);
  EXPECT_TRUE(eventually([&] { return host.status().counters.checked_in == threads * rounds; }));
}

// -- errors that leave the worker alive -----------------------------------------------------------

TEST_P(client_calls, an_exception_in_python_is_told_whole_and_leaves_the_worker_alive) {
  const pool_host host(echo_pool("raising"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  const auto given = call(calls, "raise_error", value::map({{"message", value("on purpose")}}));
  ASSERT_THAT(given, fails_as(call_errc::remote_exception, call_effect::unknown));
  ASSERT_TRUE(given.error().remote);
  EXPECT_EQ(given.error().remote->type, "ValueError");
  EXPECT_EQ(given.error().remote->message, "on purpose");
  EXPECT_THAT(given.error().remote->traceback, HasSubstr("echo_worker_module.py"));
  EXPECT_THAT(given.error().message,
              AllOf(HasSubstr("raise_error"), HasSubstr("raising/1"), HasSubstr("on purpose")));
  EXPECT_EQ(pid_of(calls), pid);
}

// Seed 9: an invalid command ended the worker.
TEST_P(client_calls, an_unknown_command_is_a_remote_exception_and_leaves_the_worker_alive) {
  const pool_host host(echo_pool("unknown"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  const auto given = call(calls, "invalid_command");
  ASSERT_THAT(given, fails_as(call_errc::remote_exception, call_effect::unknown));
  EXPECT_EQ(given.error().remote->type, "UnknownCommand");
  EXPECT_THAT(call(calls, "length", value::map({{"of", value(1)}})),
              fails_as(call_errc::remote_exception, call_effect::unknown));
  EXPECT_EQ(pid_of(calls), pid);
  EXPECT_EQ(host.status().counters.workers_started, 1U);
}

TEST_P(client_calls, a_result_of_another_type_is_unexpected_and_leaves_the_worker_alive) {
  const pool_host host(echo_pool("other_type"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  const auto given = call<int>(calls, "cwd");
  ASSERT_THAT(given, fails_as(call_errc::unexpected_result, call_effect::unknown));
  EXPECT_THAT(given.error().message,
              AllOf(HasSubstr("cwd"), HasSubstr("integer"), HasSubstr("string")));
  EXPECT_EQ(pid_of(calls), pid);
}

TEST_P(client_calls,
       a_result_that_fits_no_frame_is_a_remote_exception_and_leaves_the_worker_alive) {
  auto options = echo_pool("too_large");
  options.max_frame_bytes = 4096;
  const pool_host host(options);
  const int pid = pid_of(host.calls());
  const auto given = call(host.calls(), "grow", value::map({{"bytes", value(8192)}}));
  ASSERT_THAT(given, fails_as(call_errc::remote_exception, call_effect::unknown));
  EXPECT_EQ(given.error().remote->type, "ResultTooLarge");
  EXPECT_EQ(pid_of(host.calls()), pid);
}

TEST_P(client_calls, what_cannot_be_encoded_is_an_invalid_argument_and_costs_nobody_anything) {
  auto options = echo_pool("invalid");
  options.max_frame_bytes = 4096;
  const pool_host host(options);
  const client& calls = host.calls();
  const auto invalid = fails_as(call_errc::invalid_argument, call_effect::not_sent);
  EXPECT_THAT(call(calls, ""), invalid);
  EXPECT_THAT(call(calls, "ech\xFF"), invalid);
  EXPECT_THAT(call(calls, "echo", value(3)), invalid);
  EXPECT_THAT(call(calls, "echo", std::vector<int>{1, 2}), invalid);
  EXPECT_THAT(call(calls, "echo", value::map({{"x", value(std::string(5000, 'x'))}})), invalid);
  EXPECT_EQ(host.status().counters.granted, 0U);
  EXPECT_TRUE(echoes(calls));
}

TEST_P(client_calls, what_json_cannot_carry_is_an_invalid_argument) {
  auto options = echo_pool("json");
  options.wire_codec = codec::json;
  const pool_host host(options);
  EXPECT_THAT(
      call(host.calls(), "echo", value::map({{"x", value(std::vector<unsigned char>{1, 2})}})),
      fails_as(call_errc::invalid_argument, call_effect::not_sent));
  EXPECT_TRUE(echoes(host.calls()));
}

// -- waiting --------------------------------------------------------------------------------------

TEST_P(client_calls, a_call_that_times_out_in_the_queue_has_not_been_sent_and_costs_no_worker) {
  const pool_host host(echo_pool("busy"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  auto busy = calls.async_call("sleep", seconds(0.5));
  const auto given = call(calls, "echo", value(), 50ms);
  EXPECT_THAT(given, fails_as(call_errc::timeout, call_effect::not_sent));
  EXPECT_TRUE(busy.get());
  EXPECT_EQ(pid_of(calls), pid);
  EXPECT_EQ(host.status().load.queue_length, 0U);
}

TEST_P(client_calls, a_timeout_of_nothing_is_a_timeout) {
  const pool_host host(echo_pool("no_time"));
  EXPECT_THAT(call(host.calls(), "echo", value(), 0s),
              fails_as(call_errc::timeout, call_effect::not_sent));
  EXPECT_THAT(call(host.calls(), "echo", value(), -1s),
              fails_as(call_errc::timeout, call_effect::not_sent));
  EXPECT_TRUE(echoes(host.calls()));
}

TEST_P(client_calls, a_full_queue_is_overloaded) {
  auto options = echo_pool("full");
  options.max_queue = 1;
  const pool_host host(options);
  const client& calls = host.calls();
  ASSERT_TRUE(echoes(calls));
  auto busy = calls.async_call("sleep", seconds(0.5));
  auto queued = calls.async_call("echo");
  ASSERT_TRUE(eventually([&] { return host.status().load.queue_length == 1; }));
  const auto given = call(calls, "echo");
  EXPECT_THAT(given, fails_as(call_errc::overloaded, call_effect::not_sent));
  EXPECT_TRUE(busy.get());
  EXPECT_TRUE(queued.get());
  EXPECT_EQ(host.status().counters.overloaded, 1U);
}

// Seed 31: the late answer of a call that had timed out met the next client.
TEST_P(client_calls,
       a_worker_that_misses_a_deadline_is_replaced_and_its_late_answer_reaches_nobody) {
  const pool_host host(echo_pool("late"));
  const client& calls = host.calls();
  for (int i = 0; i < 5; ++i) {
    const int pid = pid_of(calls);
    const auto given = call(calls, "sleep", seconds(0.06), 50ms);
    // Under load the answer may even come in time.
    if (!given) {
      ASSERT_THAT(given, fails_as(call_errc::timeout, call_effect::unknown));
      EXPECT_THAT(given.error().message, AllOf(HasSubstr("sleep"), HasSubstr("late/")));
      EXPECT_NE(pid_of(calls), pid);
    }
    EXPECT_TRUE(echoes(calls));
  }
}

TEST_P(client_calls, a_worker_that_hangs_and_ignores_sigterm_is_replaced) {
  const pool_host host(echo_pool("hung"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  EXPECT_THAT(call(calls, "hang", value(), 200ms),
              fails_as(call_errc::timeout, call_effect::unknown));
  EXPECT_NE(pid_of(calls), pid);
  EXPECT_TRUE(eventually([&] { return !runs(pid); }));
  EXPECT_TRUE(host.events().await<runtime_events::worker_exited>([&](const auto& event) {
    return event.os_pid == pid && event.status == exit_status{exit_status::kind::signaled, SIGKILL};
  }));
}

TEST_P(client_calls, a_worker_that_stops_in_the_middle_of_an_answer_is_named_and_replaced) {
  auto options = echo_pool("half_answer");
  options.module.clear();
  options.script = misbehaving_path("half_answer");
  options.wire_codec = codec::json;
  const pool_host host(std::move(options));
  const auto given = call(host.calls(), "half", value(), 2s);
  ASSERT_THAT(given, fails_as(call_errc::timeout, call_effect::unknown));
  EXPECT_THAT(given.error().message, AllOf(HasSubstr("half_answer/"), HasSubstr("stopped after")));
  EXPECT_TRUE(host.events().await<runtime_events::worker_removed>([](const auto& event) {
    return event.reason.kind == exit_kind::timeout && event.reason.cause &&
           event.reason.cause->type == "unfinished_answer";
  }));
}

TEST_P(client_calls, a_worker_that_is_stopped_is_replaced) {
  const pool_host host(echo_pool("stopped"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  EXPECT_THAT(call(calls, "echo", value(), 100ms),
              fails_as(call_errc::timeout, call_effect::unknown));
  EXPECT_NE(pid_of(calls), pid);
  EXPECT_TRUE(eventually([&] { return !runs(pid); }));
}

TEST_P(client_calls, a_request_that_its_worker_never_read_whole_has_not_been_sent) {
  const pool_host host(echo_pool("unread"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  const std::map<std::string, std::string> large{{"text", std::string(1024UL * 1024, 'x')}};
  EXPECT_THAT(call(calls, "length", large, 100ms),
              fails_as(call_errc::timeout, call_effect::not_sent));
  EXPECT_NE(pid_of(calls), pid);
}

// -- workers that die -----------------------------------------------------------------------------

TEST_P(client_calls, a_worker_that_dies_in_a_call_is_told_with_status_and_last_words_and_replaced) {
  const pool_host host(echo_pool("dying"));
  const client& calls = host.calls();
  const int pid = pid_of(calls);
  const auto crashed = call(calls, "crash", value::map({{"code", value(7)}}));
  ASSERT_THAT(crashed, fails_as(call_errc::worker_died, call_effect::unknown));
  EXPECT_EQ(crashed.error().exit, (exit_status{exit_status::kind::exited, 7}));
  EXPECT_THAT(crashed.error().message,
              AllOf(HasSubstr("crash"), HasSubstr("dying/1"), HasSubstr("exit code 7")));
  EXPECT_NE(pid_of(calls), pid);

  const auto broken = call(calls, "segv");
  ASSERT_THAT(broken, fails_as(call_errc::worker_died, call_effect::unknown));
  EXPECT_EQ(broken.error().exit, (exit_status{exit_status::kind::signaled, SIGSEGV}));
  EXPECT_THAT(broken.error().stderr_tail, Contains(HasSubstr("Segmentation fault")));

  const auto left = call(calls, "exit", value::map({{"code", value(3)}}));
  ASSERT_THAT(left, fails_as(call_errc::worker_died, call_effect::unknown));
  EXPECT_EQ(left.error().exit, (exit_status{exit_status::kind::exited, 3}));
  EXPECT_TRUE(echoes(calls));
  EXPECT_EQ(host.status().counters.workers_removed, 3U);
  for (const auto& event : host.events().of<runtime_events::worker_exited>()) {
    EXPECT_FALSE(event.expected) << event.worker;
  }
}

// Seed 2 and 6: a dead port crashed the pool, or failed the call that happened to find it.
TEST_P(client_calls, a_worker_that_died_while_it_was_idle_is_passed_over_without_an_error) {
  auto options = echo_pool("idle");
  options.size = 2;
  pool_host host(options);
  const client& calls = host.calls();
  for (int i = 0; i < 20; ++i) {
    const int pid = pid_of(calls);
    ASSERT_TRUE(kill_and_wait(pid));
    EXPECT_TRUE(echoes(calls));
    EXPECT_TRUE(echoes(calls));
  }
  EXPECT_TRUE(host.ready()) << "both were replaced";
  EXPECT_EQ(host.status().counters.workers_removed, 20U);
}

TEST_P(client_calls, the_only_worker_died_while_it_was_idle_and_the_call_waits_for_its_successor) {
  const pool_host host(echo_pool("only"));
  const client& calls = host.calls();
  for (int i = 0; i < 10; ++i) {
    const int pid = pid_of(calls);
    ASSERT_TRUE(kill_and_wait(pid));
    EXPECT_TRUE(echoes(calls));
    EXPECT_NE(pid_of(calls), pid);
  }
}

TEST_P(client_calls, a_grandchild_goes_with_its_worker) {
  const pool_host host(echo_pool("grandchild"));
  const client& calls = host.calls();
  const auto of_crash = call<int>(calls, "spawn_grandchild");
  ASSERT_TRUE(of_crash && runs(*of_crash));
  EXPECT_FALSE(call(calls, "crash"));
  EXPECT_TRUE(eventually([&] { return !runs(*of_crash); }));
  const auto of_timeout = call<int>(calls, "spawn_grandchild");
  ASSERT_TRUE(of_timeout && runs(*of_timeout));
  EXPECT_FALSE(call(calls, "hang", value(), 200ms));
  EXPECT_TRUE(eventually([&] { return !runs(*of_timeout); }));
}

// -- answers that cannot be trusted ---------------------------------------------------------------

// A bridge that answers a ping as it should, `rude` with the Python statements given, all else with
// its args.
python_pool_options rude_pool(const temporary_directory& folder, const std::string& statements) {
  auto options = echo_pool("rude");
  options.module.clear();
  options.wire_codec = codec::json;
  options.script =
      folder.write("rude.py",
                   "import json, os, sys, time\n"
                   "def send(v):\n"
                   "    b = json.dumps(v).encode()\n"
                   "    return len(b).to_bytes(4, 'big') + b\n"
                   "while h := sys.stdin.buffer.read(4):\n"
                   "    r = json.loads(sys.stdin.buffer.read(int.from_bytes(h, 'big')))\n"
                   "    good = {'id': r['id'], 'success': True, 'result': r.get('args', {})}\n"
                   "    if r['command'] == 'pid': good['result'] = os.getpid()\n"
                   "    if r['command'] == 'rude':\n"
                   "        " +
                       statements +
                       "\n"
                       "    else:\n"
                       "        os.write(1, send(good))\n"
                       "    if r['command'] == 'shutdown': break\n");
  return options;
}

TEST_P(client_calls, an_answer_to_another_request_is_a_protocol_error_and_costs_the_worker) {
  const temporary_directory folder;
  const pool_host host(rude_pool(folder, "os.write(1, send({**good, 'id': r['id'] + 1}))"));
  const int pid = pid_of(host.calls());
  const auto given = call(host.calls(), "rude");
  ASSERT_THAT(given, fails_as(call_errc::protocol_error, call_effect::unknown));
  EXPECT_THAT(given.error().message, HasSubstr("begins with"));
  EXPECT_NE(pid_of(host.calls()), pid);
}

TEST_P(client_calls, an_answer_that_is_no_envelope_is_a_protocol_error_that_quotes_it) {
  const temporary_directory folder;
  const pool_host host(rude_pool(folder, R"(os.write(1, b'\0\0\0\7no json'))"));
  const int pid = pid_of(host.calls());
  const auto given = call(host.calls(), "rude");
  ASSERT_THAT(given, fails_as(call_errc::protocol_error, call_effect::unknown));
  EXPECT_THAT(given.error().message, HasSubstr("no json"));
  EXPECT_NE(pid_of(host.calls()), pid);
}

TEST_P(client_calls, an_over_long_answer_is_a_protocol_error_and_costs_the_worker) {
  const temporary_directory folder;
  const pool_host host(rude_pool(folder, R"(os.write(1, b'\xff\xff\xff\xff'))"));
  const int pid = pid_of(host.calls());
  EXPECT_THAT(call(host.calls(), "rude"),
              fails_as(call_errc::protocol_error, call_effect::unknown));
  EXPECT_NE(pid_of(host.calls()), pid);
}

TEST_P(client_calls, an_answer_that_nobody_asked_for_reaches_nobody) {
  const temporary_directory folder;
  // The second frame comes with the first, or once the first has been taken.
  const std::vector<std::string> ways{
      "os.write(1, send(good) + send(good))",
      "os.write(1, send(good)); time.sleep(0.05); os.write(1, send(good))"};
  for (const auto& statements : ways) {
    const pool_host host(rude_pool(folder, statements));
    const int pid = pid_of(host.calls());
    EXPECT_TRUE(call(host.calls(), "rude"));
    // The first call that meets the second frame may fail; none may get it.
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto given = call(host.calls(), "echo", token(i));
      if (given) {
        EXPECT_EQ(*given, token(i));
      } else {
        EXPECT_EQ(given.error().code, call_errc::protocol_error);
      }
      std::this_thread::sleep_for(5ms);
    }
    EXPECT_NE(pid_of(host.calls()), pid) << "a worker that speaks unasked is not kept";
  }
}

TEST_P(client_calls, a_worker_that_closes_its_output_is_replaced) {
  const temporary_directory folder;
  const pool_host host(rude_pool(folder, "os.close(1)"));
  const int pid = pid_of(host.calls());
  const auto given = call(host.calls(), "rude");
  EXPECT_THAT(given, fails_as(call_errc::worker_died, call_effect::unknown));
  EXPECT_NE(pid_of(host.calls()), pid);
  EXPECT_TRUE(eventually([&] { return !runs(pid); }));
}

// -- the end --------------------------------------------------------------------------------------

TEST_P(client_calls, a_call_to_a_pool_that_has_ended_is_told_why) {
  pool_host host(echo_pool("ended"));
  ASSERT_TRUE(echoes(host.calls()));
  host.stop(exit_reason::error("bug", "invented"));
  const auto given = call(host.calls(), "echo");
  ASSERT_THAT(given, fails_as(call_errc::pool_exited, call_effect::not_sent));
  EXPECT_EQ(given.error().pool_exit, exit_reason::error("bug", "invented"));
  const auto waited = host.calls().wait_until_ready(1, limit);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, checkout_errc::pool_exited);
  EXPECT_TRUE(host.calls().status()->ended);
}

TEST_P(client_calls, a_call_under_way_when_its_pool_stops_is_pool_stopped_with_unknown_effect) {
  pool_host host(echo_pool("under_way"));
  ASSERT_TRUE(echoes(host.calls()));
  auto under_way =
      std::async(std::launch::async, [&] { return call(host.calls(), "sleep", seconds(1000)); });
  ASSERT_TRUE(eventually([&] {
    const auto status = host.status();
    return !status.workers.empty() && status.workers.front().status == worker_status::checked_out;
  }));
  std::this_thread::sleep_for(50ms);  // to be beyond the writing of a few bytes; either is right
  host.stop();
  const auto given = under_way.get();
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, call_errc::pool_stopped);
}

TEST_P(client_calls, a_client_outlives_its_pool_and_its_runtime) {
  std::optional<client> kept;
  {
    const pool_host host(echo_pool("outlived"));
    kept = host.calls();
    ASSERT_TRUE(echoes(*kept));
  }
  EXPECT_THAT(call(*kept, "echo"), fails_as(call_errc::pool_stopped, call_effect::not_sent));
  EXPECT_FALSE(kept->wait_until_ready(1, 1s));
  EXPECT_TRUE(kept->status()->ended);
  EXPECT_EQ(kept->pool_name(), "outlived");
}

TEST_P(client_calls, callers_and_the_end_of_everything_may_coincide) {
  for (int i = 0; i < 10; ++i) {
    std::vector<std::thread> callers;
    std::atomic<bool> stop{false};
    std::atomic<int> answered{0};
    {
      auto options = echo_pool("coincide");
      options.size = 2;
      pool_host host(options);
      for (int t = 0; t < 4; ++t) {
        callers.emplace_back([&, calls = host.calls()] {
          while (!stop) {
            const auto given = call(calls, "echo");
            if (given) {
              ++answered;
            } else {
              EXPECT_EQ(given.error().code, call_errc::pool_stopped) << to_string(given.error());
            }
          }
        });
      }
      EXPECT_TRUE(eventually([&] { return answered > 20 * i; }));
    }
    stop = true;
    for (auto& caller : callers) {
      caller.join();
    }
  }
}

TEST_P(client_calls, a_future_that_nobody_waits_for_harms_nobody) {
  const pool_host host(echo_pool("forgotten"));
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(host.calls().async_call("echo", token(1)));
    static_cast<void>(host.calls().async_call("echo", token(1), 0s));
  }
  EXPECT_TRUE(echoes(host.calls()));
}

}  // namespace
}  // namespace slipway::live
