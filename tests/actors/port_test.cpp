// slipway/tests/actors/port_test.cpp
//
// One real process behind a port: frames, its last words, every way in which it ends, and what it
// inherits from its host. Programs are `cat` (which echoes frames), small shell scripts and the
// misbehaving bridges.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/os_port.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;
using testing::StartsWith;

using answer = result<std::string, port_error>;
using kind = exit_status::kind;

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

process_spec echo() {
  return {.program = "cat"};
}

class port_test : public live_test {
 protected:
  port_test() : io_(std::make_shared<io_loop>()), spawner_(std::make_unique<spawner>()) {}
  ~port_test() override {
    for (const auto& open : ports_) {
      open->kill();
      EXPECT_TRUE(open->wait_exited(at_limit()));
    }
    ports_.clear();
    spawner_.reset();
    io_->stop();
  }
  port_test(const port_test&) = delete;
  port_test& operator=(const port_test&) = delete;
  port_test(port_test&&) = delete;
  port_test& operator=(port_test&&) = delete;

  using opening = result<std::shared_ptr<port>, spawn_error>;

  opening try_open(process_spec spec, port_options options = {}) {
    options.busy_poll = busy_poll_;
    auto promise = std::make_shared<std::promise<opening>>();
    auto opened = promise->get_future();
    os_port::open(*spawner_, io_, std::move(spec), std::move(options), owner_,
                  [promise](opening process) { promise->set_value(std::move(process)); });
    auto process = opened.get();
    if (process) {
      ports_.push_back(*process);
    }
    return process;
  }

  std::shared_ptr<port> open(process_spec spec, port_options options = {}) {
    auto process = try_open(std::move(spec), std::move(options));
    if (!process) {
      throw std::runtime_error(process.error().message);
    }
    return *process;
  }

  answer exchange(port& process, std::span<const std::byte> frame, duration timeout = limit) {
    auto given = process.exchange(*owner_, frame, soon() + timeout);
    return given ? answer(text_of(*given)) : failure(given.error());
  }

  answer async_exchange(port& process, byte_buffer frame, duration timeout = limit) {
    std::promise<answer> promise;
    process.async_exchange(owner_, std::move(frame), soon() + timeout, [&](auto given) {
      promise.set_value(given ? answer(text_of(*given)) : failure(given.error()));
    });
    return promise.get_future().get();
  }

  // The end of a process that ends by itself or was asked to.
  static port_exit end_of(const port& process) {
    const auto exit = process.wait_exited(at_limit());
    if (!exit) {
      throw std::runtime_error("the process has not ended");
    }
    return *exit;
  }

  // Runs a program to its end and gives what it wrote to standard error.
  std::vector<std::string> words_of(process_spec spec) {
    return end_of(*open(std::move(spec))).stderr_tail;
  }

  std::shared_ptr<io_loop> io_;
  std::unique_ptr<spawner> spawner_;
  port_owner_ptr owner_ = std::make_shared<port_owner>();
  std::vector<std::shared_ptr<port>> ports_;
  duration busy_poll_{};
};

// -- exchange: the same for a blocking client, asleep or looking, and on the I/O thread -----------

enum class waiting { asleep, looking, on_the_io_thread };

class port_exchange : public port_test, public testing::WithParamInterface<waiting> {
 protected:
  port_exchange() {
    if (GetParam() == waiting::looking) {
      busy_poll_ = limit;
    }
  }

  answer ask(port& process, const byte_buffer& frame, duration timeout = limit) {
    return GetParam() == waiting::on_the_io_thread ? async_exchange(process, frame, timeout)
                                                   : exchange(process, frame, timeout);
  }
};

INSTANTIATE_TEST_SUITE_P(each, port_exchange,
                         testing::Values(waiting::asleep, waiting::looking,
                                         waiting::on_the_io_thread),
                         [](const auto& tested) -> std::string {
                           switch (tested.param) {
                             case waiting::asleep:
                               return "asleep";
                             case waiting::looking:
                               return "looking";
                             case waiting::on_the_io_thread:
                               break;
                           }
                           return "on_the_io_thread";
                         });

TEST_P(port_exchange, small_frames_come_back_one_by_one) {
  const auto process = open(echo());
  for (int i = 0; i < 100; ++i) {
    const std::string text = "frame " + std::to_string(i);
    ASSERT_THAT(ask(*process, frame_of(text)), gives(text));
  }
}

TEST_P(port_exchange, an_empty_frame_comes_back) {
  const auto process = open(echo());
  EXPECT_THAT(ask(*process, frame_of("")), gives(""));
}

TEST_P(port_exchange, a_frame_of_16_mib_comes_back_though_no_pipe_holds_it) {
  const auto process = open(echo());
  std::string text(16 * mebibyte, '\0');
  std::iota(text.begin(), text.end(), '\0');
  const auto given = ask(*process, frame_of(text));
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_TRUE(*given == text);
}

TEST_P(port_exchange, a_real_python_answers_16_mib) {
  const auto process =
      open(python_code("import sys\n"
                       "while h := sys.stdin.buffer.read(4):\n"
                       "    b = sys.stdin.buffer.read(int.from_bytes(h, 'big'))\n"
                       "    sys.stdout.buffer.write(h + b); sys.stdout.buffer.flush()\n"));
  EXPECT_THAT(ask(*process, frame_of("small")), gives("small"));
  const std::string text(16 * mebibyte, 'p');
  const auto given = ask(*process, frame_of(text));
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_TRUE(*given == text);
}

TEST_P(port_exchange, a_process_that_babbles_while_it_is_written_to_blocks_nobody) {
  const auto process = open(shell("yes please | head -c 2000000; exec cat"));
  const auto given = ask(*process, frame_of(std::string(16 * mebibyte, 'x')));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::protocol_error);
}

TEST_P(port_exchange, an_answer_before_the_request_was_written_is_a_protocol_error) {
  const auto process = open(shell(R"(printf '\000\000\000\003now'; exec sleep 1000)"));
  const auto given = ask(*process, frame_of(std::string(mebibyte, 'x')));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::protocol_error);
  EXPECT_EQ(given.error().sent, frame_sent::no);
}

TEST_P(port_exchange, a_silent_process_is_a_timeout_after_the_request_was_sent) {
  const auto process = open(misbehaving("silent"));
  const auto given = ask(*process, frame_of(R"({"id": 1, "command": "ping"})"), 100ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
  EXPECT_EQ(given.error().sent, frame_sent::yes);
  EXPECT_TRUE(process->running()) << "what to do about it is for the pool to decide";
}

TEST_P(port_exchange, a_process_that_does_not_read_is_a_timeout_before_the_request_was_sent) {
  const auto process = open({.program = "sleep", .arguments = {"1000"}});
  const auto given = ask(*process, frame_of(std::string(mebibyte, 'x')), 100ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
  EXPECT_EQ(given.error().sent, frame_sent::no);
}

TEST_P(port_exchange, a_deadline_that_has_passed_is_a_timeout) {
  const auto process = open({.program = "sleep", .arguments = {"1000"}});
  const auto given = ask(*process, frame_of("late"), -1s);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
}

// Seed 9: standard error and exit status arrived almost together, and the worker handled neither.
TEST_P(port_exchange, the_error_has_exit_status_and_last_words_whichever_came_first) {
  const std::vector<std::string> endings{
      "cat >/dev/null & head -c 8 >/dev/null; echo last words >&2; exit 3",
      "head -c 8 >/dev/null; exec 2>&-; exit 3",
      "head -c 8 >/dev/null; printf 'last words' >&2; exit 3",
  };
  for (int i = 0; i < 30; ++i) {
    const std::size_t which = static_cast<std::size_t>(i) % endings.size();
    const auto process = open(shell(endings[which]));
    const auto given = ask(*process, frame_of("word"));
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, port_errc::port_closed);
    EXPECT_EQ(given.error().sent, frame_sent::yes);
    ASSERT_TRUE(given.error().exit) << given.error().message;
    EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 3}));
    EXPECT_FALSE(given.error().exit->asked);
    if (which == 1) {
      EXPECT_THAT(given.error().exit->stderr_tail, IsEmpty());
    } else {
      EXPECT_THAT(given.error().exit->stderr_tail, ElementsAre("last words"));
    }
    EXPECT_THAT(given.error().message, HasSubstr("exit code 3"));
  }
}

TEST_P(port_exchange, a_process_that_ends_while_it_is_written_to_has_not_got_the_request) {
  const auto process = open(shell("head -c 10 >/dev/null; echo enough >&2; exit 7"));
  const auto given = ask(*process, frame_of(std::string(16 * mebibyte, 'x')));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(given.error().sent, frame_sent::no);
  ASSERT_TRUE(given.error().exit) << given.error().message;
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 7}));
  EXPECT_THAT(given.error().exit->stderr_tail, ElementsAre("enough"));
}

TEST_P(port_exchange, a_process_killed_by_a_signal_names_it) {
  const auto process = open(shell("head -c 8 >/dev/null; kill -SEGV $$"));
  const auto given = ask(*process, frame_of("word"));
  ASSERT_FALSE(given);
  ASSERT_TRUE(given.error().exit);
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::signaled, SIGSEGV}));
  EXPECT_THAT(given.error().message, HasSubstr("signal 11"));
}

TEST_P(port_exchange, the_last_answer_of_a_process_that_has_just_ended_counts) {
  for (int i = 0; i < 20; ++i) {
    const auto process = open(shell(R"(head -c 8 >/dev/null; printf '\000\000\000\003bye')"));
    EXPECT_THAT(ask(*process, frame_of("word")), gives("bye"));
  }
}

TEST_P(port_exchange, a_process_that_closes_its_output_and_lives_on_is_closed_without_a_status) {
  const auto process = open(misbehaving("closes_stdout"));
  const auto given = ask(*process, frame_of(R"({"id": 1, "command": "ping"})"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(given.error().sent, frame_sent::yes);
  EXPECT_FALSE(given.error().exit);
  EXPECT_THAT(given.error().message, HasSubstr("has not ended"));
  EXPECT_TRUE(runs(process->os_pid()));
}

TEST_P(port_exchange, half_a_frame_is_no_answer) {
  const auto process = open(misbehaving("half_frame"));
  const auto given = ask(*process, frame_of(R"({"id": 1, "command": "ping"})"), 500ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
}

TEST_P(port_exchange, silence_is_told_apart_from_an_answer_that_stopped) {
  const auto process = open(shell("cat >/dev/null"));
  const auto given = ask(*process, frame_of("word"), 200ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
  EXPECT_FALSE(given.error().unfinished_answer);
}

// What has come is certain before the deadline runs: the process says on standard error that it wrote.
TEST_P(port_exchange, an_answer_that_stopped_is_told_with_what_came_and_what_is_missing) {
  const auto process =
      open(shell(R"(printf '\000\000\001\000half'; echo wrote >&2; cat >/dev/null)"));
  ASSERT_TRUE(eventually([&] { return !process->stderr_lines().empty(); }));
  const auto given = ask(*process, frame_of("word"), 200ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
  EXPECT_EQ(given.error().unfinished_answer,
            "an answer that had begun stopped after 8 bytes, 252 short of its end");
  EXPECT_THAT(given.error().message, HasSubstr("stopped after"));
}

TEST_P(port_exchange, part_of_a_header_is_an_answer_that_stopped) {
  const auto process = open(shell(R"(printf '\000\000'; echo wrote >&2; cat >/dev/null)"));
  ASSERT_TRUE(eventually([&] { return !process->stderr_lines().empty(); }));
  const auto given = ask(*process, frame_of("word"), 200ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().unfinished_answer,
            "an answer that had begun stopped after 2 bytes, 2 short of its header");
}

TEST_P(port_exchange, half_a_frame_and_the_end_is_a_closed_port) {
  const auto process =
      open(shell(R"(head -c 8 >/dev/null; printf '\000\000\001\000half'; exit 4)"));
  const auto given = ask(*process, frame_of("word"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  ASSERT_TRUE(given.error().exit);
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 4}));
}

TEST_P(port_exchange, an_over_long_frame_is_refused_by_its_header) {
  const auto process = open(misbehaving("overlong"));
  const auto given = ask(*process, frame_of(R"({"id": 1, "command": "ping"})"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::protocol_error);
  EXPECT_THAT(given.error().message, HasSubstr("4294967295"));
}

TEST_P(port_exchange, the_limit_of_a_frame_is_the_ports_own) {
  const auto process = open(echo(), {.max_frame_bytes = 10});
  EXPECT_THAT(ask(*process, frame_of("0123456789")), gives("0123456789"));
  const auto given = ask(*process, frame_of("0123456789a"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::protocol_error);
}

TEST_P(port_exchange, a_frame_that_nobody_asked_for_fails_the_next_exchange) {
  const auto process = open(python_code(
      "import os\n"
      "os.read(0, 100); os.write(1, b'\\0\\0\\0\\3one\\0\\0\\0\\3two'); os.read(0, 100)\n"));
  EXPECT_THAT(ask(*process, frame_of("first")), gives("one"));
  const auto given = ask(*process, frame_of("second"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::protocol_error);
  EXPECT_EQ(given.error().sent, frame_sent::no);
}

TEST_P(port_exchange, a_stopped_process_is_a_timeout) {
  const auto process = open(echo());
  ASSERT_TRUE(ask(*process, frame_of("awake")));
  ASSERT_EQ(::kill(process->os_pid(), SIGSTOP), 0);
  const auto given = ask(*process, frame_of("asleep"), 100ms);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::timeout);
}

TEST_P(port_exchange, a_flood_on_standard_error_does_not_hold_up_the_answer) {
  const auto process = open(shell("seq 100000 >&2; exec cat"));
  EXPECT_THAT(ask(*process, frame_of("after the flood")), gives("after the flood"));
}

TEST_P(port_exchange, a_port_whose_process_has_ended_is_closed_and_says_how) {
  const auto process = open(shell("echo no thanks >&2; exit 5"));
  end_of(*process);
  const auto given = ask(*process, frame_of("too late"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(given.error().sent, frame_sent::no);
  ASSERT_TRUE(given.error().exit);
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 5}));
  EXPECT_THAT(given.error().exit->stderr_tail, ElementsAre("no thanks"));
}

TEST_P(port_exchange, a_port_that_is_killed_in_the_middle_answers_with_the_kill) {
  const auto process = open(misbehaving("silent"));
  std::thread killer([&] { process->kill(); });
  const auto given = ask(*process, frame_of(R"({"id": 1, "command": "ping"})"));
  killer.join();
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGKILL}));
}

TEST_P(port_exchange, a_process_that_no_longer_reads_sends_the_host_no_sigpipe) {
  const auto process = open(shell("exec 0<&-; echo closed >&2; exec sleep 1000"));
  ASSERT_TRUE(eventually([&] { return !process->stderr_lines().empty(); }));
  // The default action of SIGPIPE would end this program.
  const auto given = ask(*process, frame_of("anybody there"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(given.error().sent, frame_sent::no);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_FALSE(::sigismember(&pending, SIGPIPE));
}

// -- the end --------------------------------------------------------------------------------------

class port_end : public port_test {
 protected:
  // Answers each frame with itself, and ends with the given code upon the frame "end".
  static process_spec ends_on_request(int code) {
    return python_code(
        "import os, sys\n"
        "while h := sys.stdin.buffer.read(4):\n"
        "    b = sys.stdin.buffer.read(int.from_bytes(h, 'big'))\n"
        "    if b == b'end': os._exit(" +
        std::to_string(code) +
        ")\n"
        "    sys.stdout.buffer.write(h + b); sys.stdout.buffer.flush()\n");
  }
};

TEST_F(port_end, close_sends_the_shutdown_frame_and_leaves_time_for_it) {
  const auto process =
      open(ends_on_request(6), {.shutdown_frame = frame_of("end"), .shutdown_grace = limit});
  ASSERT_TRUE(exchange(*process, frame_of("ready")));
  process->close();
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::exited, 6}));
  EXPECT_TRUE(exit.asked);
}

TEST_F(port_end, close_terminates_a_process_that_does_not_heed_the_shutdown_frame) {
  const auto process =
      open({.program = "sleep", .arguments = {"1000"}},
           {.shutdown_frame = frame_of("end"), .shutdown_grace = 50ms, .terminate_grace = limit});
  process->close();
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::signaled, SIGTERM}));
  EXPECT_TRUE(exit.asked);
}

TEST_F(port_end, close_terminates_at_once_when_there_is_no_shutdown_frame) {
  const auto process = open({.program = "sleep", .arguments = {"1000"}},
                            {.shutdown_grace = 1h, .terminate_grace = 1h});
  process->close();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGTERM}));
}

TEST_F(port_end, close_kills_a_process_that_ignores_everything_else) {
  byte_buffer shutdown = frame_of(R"({"id": 2, "command": "shutdown"})");
  const auto process =
      open(misbehaving("ignores_sigterm"),
           {.shutdown_frame = shutdown, .shutdown_grace = 50ms, .terminate_grace = 50ms});
  ASSERT_TRUE(exchange(*process, frame_of(R"({"id": 1, "command": "ping"})")));
  process->close();
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::signaled, SIGKILL}));
  EXPECT_TRUE(exit.asked);
}

TEST_F(port_end, close_ends_a_stopped_process) {
  const auto process = open(
      echo(), {.shutdown_frame = frame_of("end"), .shutdown_grace = 50ms, .terminate_grace = 50ms});
  ASSERT_EQ(::kill(process->os_pid(), SIGSTOP), 0);
  process->close();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGKILL}));
}

TEST_F(port_end, close_in_the_middle_of_an_exchange_sends_no_frame) {
  const auto process =
      open(ends_on_request(0),
           {.shutdown_frame = frame_of("end"), .shutdown_grace = 1h, .terminate_grace = limit});
  ASSERT_TRUE(exchange(*process, frame_of("ready")));
  ASSERT_EQ(::kill(process->os_pid(), SIGSTOP), 0);
  // Of two signals that wait the kernel delivers the lower first: a SIGTERM that came now could
  // win.
  ASSERT_TRUE(eventually([&] {
    return live::status_of(process->os_pid(), "State").find("stopped") != std::string::npos;
  }));
  std::promise<answer> promise;
  auto given = promise.get_future();
  process->async_exchange(owner_, frame_of("word"), at_limit(), [&](auto what) {
    promise.set_value(what ? answer(text_of(*what)) : failure(what.error()));
  });
  // Both run on the I/O thread, one after the other.
  process->close();
  ASSERT_TRUE(eventually([&] { return !process->running(); }));
  ASSERT_EQ(::kill(process->os_pid(), SIGCONT), 0);
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGTERM}));
  given.get();
}

TEST_F(port_end, close_is_not_held_up_by_a_pipe_that_is_full) {
  const auto process =
      open({.program = "sleep", .arguments = {"1000"}},
           {.shutdown_frame = frame_of("end"), .shutdown_grace = 50ms, .terminate_grace = limit});
  ASSERT_FALSE(exchange(*process, frame_of(std::string(mebibyte, 'x')), 50ms));
  process->close();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGTERM}));
}

TEST_F(port_end, a_closing_port_takes_no_more_requests) {
  const auto process = open(misbehaving("ignores_sigterm"), {.terminate_grace = limit});
  ASSERT_TRUE(exchange(*process, frame_of(R"({"id": 1, "command": "ping"})")));
  process->close();
  ASSERT_TRUE(eventually([&] { return !process->running(); }));
  const auto given = exchange(*process, frame_of(R"({"id": 2, "command": "ping"})"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_EQ(given.error().sent, frame_sent::no);
  process->kill();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGKILL}));
}

TEST_F(port_end, kill_and_close_may_come_again_and_in_any_order) {
  const auto process = open(echo(), {.shutdown_frame = frame_of("end"), .shutdown_grace = 1h});
  process->close();
  process->close();
  process->kill();
  process->kill();
  const auto exit = end_of(*process);
  EXPECT_TRUE(exit.asked);
  process->kill();
  process->close();
  EXPECT_EQ(end_of(*process).status, exit.status);
}

TEST_F(port_end, wait_exited_gives_up_at_its_deadline) {
  const auto process = open(echo());
  EXPECT_FALSE(process->wait_exited(soon()));
  EXPECT_FALSE(process->wait_exited(soon() + 10ms));
  EXPECT_TRUE(process->running());
}

TEST_F(port_end, the_end_is_reported_once_and_only_after_the_process_was_reaped) {
  std::atomic<int> reports{0};
  std::atomic<int> pid{0};
  std::atomic<bool> there{true};
  std::promise<port_exit> reported;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> token = held;
  port_options options;
  options.held_while_alive = std::move(held);
  options.on_exit = [&](const port_exit& exit) {
    there = ::kill(pid, 0) == 0;
    if (++reports == 1) {
      reported.set_value(exit);
    }
  };
  const auto process = open(echo(), std::move(options));
  pid = process->os_pid();
  EXPECT_FALSE(token.expired());
  process->kill();
  EXPECT_EQ(reported.get_future().get().status, (exit_status{kind::signaled, SIGKILL}));
  EXPECT_FALSE(there);
  EXPECT_TRUE(eventually([&] { return token.expired(); }));
  EXPECT_EQ(reports, 1);
}

TEST_F(port_end, the_end_is_known_though_a_grandchild_holds_the_pipes_and_the_grandchild_goes_too) {
  const auto process = open(shell("sleep 1000 & echo $! >&2; exit 3"));
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::exited, 3}));
  ASSERT_THAT(exit.stderr_tail, SizeIs(1));
  const int grandchild = std::stoi(exit.stderr_tail.front());
  EXPECT_TRUE(eventually([&] { return !runs(grandchild); })) << "pid " << grandchild;
}

TEST_F(port_end, an_exchange_ends_with_the_process_though_a_grandchild_holds_the_pipes) {
  const auto process = open(shell("sleep 1000 & head -c 8 >/dev/null; exit 3"));
  const auto given = exchange(*process, frame_of("word"));
  ASSERT_FALSE(given);
  ASSERT_TRUE(given.error().exit);
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 3}));
}

TEST_F(port_end, a_grandchild_that_never_stops_writing_does_not_delay_the_end) {
  // In a session of its own, so that the kill of the group does not reach it.
  const auto process = open(shell("setsid yes >&2 & echo $! >&2; exit 3"));
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::exited, 3}));
  // Its pipe has gone with the port, and so will it.
  ports_.clear();
}

TEST_F(port_end, kill_takes_the_whole_group) {
  const auto process = open(shell("sleep 1000 & echo $! >&2; wait"));
  ASSERT_TRUE(eventually([&] { return !process->stderr_lines().empty(); }));
  const int grandchild = std::stoi(process->stderr_lines().front());
  ASSERT_TRUE(runs(grandchild));
  process->kill();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGKILL}));
  EXPECT_TRUE(eventually([&] { return !runs(grandchild); }));
}

TEST_F(port_end, a_port_that_nobody_holds_is_reaped_all_the_same) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> token = held;
  static_cast<void>(open(shell("exit 0"), {.held_while_alive = std::move(held)}));
  ports_.clear();
  EXPECT_TRUE(eventually([&] { return token.expired(); }));
}

TEST_F(port_end, a_loop_that_stops_lets_go_of_ports_whose_processes_live) {
  auto process = open(echo());
  const int pid = process->os_pid();
  ports_.clear();
  const std::weak_ptr<port> port_left = process;
  process.reset();
  io_->stop();
  EXPECT_TRUE(port_left.expired());
  // Its pipes and its lifeline went with it; whoever does so has to reap it.
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
}

// -- standard error -------------------------------------------------------------------------------

class port_stderr : public port_test {
 protected:
  port_options keeping_lines() {
    port_options options;
    options.on_stderr_line = [this](std::string_view line) {
      const std::lock_guard guard(mutex_);
      lines_.emplace_back(line);
    };
    return options;
  }
  std::vector<std::string> lines() const {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(port_stderr, each_line_is_reported_and_the_last_fifty_are_kept) {
  const auto process = open(shell("seq 1 60 >&2"), keeping_lines());
  const auto exit = end_of(*process);
  ASSERT_THAT(exit.stderr_tail, SizeIs(50));
  EXPECT_EQ(exit.stderr_tail.front(), "11");
  EXPECT_EQ(exit.stderr_tail.back(), "60");
  EXPECT_EQ(process->stderr_lines(), exit.stderr_tail);
  EXPECT_THAT(lines(), SizeIs(60));
}

TEST_F(port_stderr, a_flood_of_100000_lines_is_reported_whole_and_in_order) {
  const auto process = open(shell("seq 1 100000 >&2"), keeping_lines());
  end_of(*process);
  const auto got = lines();
  ASSERT_THAT(got, SizeIs(100000));
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i], std::to_string(i + 1));
  }
}

TEST_F(port_stderr, a_flood_without_line_ends_is_cut_into_lines) {
  const auto process =
      open(misbehaving("stderr_flood", {"--bytes", "1000000", "--one-line"}), keeping_lines());
  const auto given = exchange(*process, frame_of(R"({"id": 1, "command": "echo", "args": {}})"));
  ASSERT_TRUE(given) << given.error().message;
  process->kill();
  const auto exit = end_of(*process);
  EXPECT_THAT(exit.stderr_tail, SizeIs(50));
  for (const auto& line : exit.stderr_tail) {
    EXPECT_LE(line.size(), 8192U);
  }
}

TEST_F(port_stderr, a_last_line_without_an_end_counts) {
  EXPECT_THAT(words_of(shell("echo whole >&2; printf broken >&2")), ElementsAre("whole", "broken"));
}

TEST_F(port_stderr, a_line_is_there_as_soon_as_it_was_written) {
  const auto process = open(shell("echo early >&2; exec cat"));
  EXPECT_TRUE(eventually([&] { return !process->stderr_lines().empty(); }));
  EXPECT_THAT(process->stderr_lines(), ElementsAre("early"));
}

TEST_F(port_stderr, a_process_that_closes_standard_error_lives_on) {
  const auto process = open(shell("exec 2>&-; exec cat"));
  EXPECT_THAT(exchange(*process, frame_of("still here")), gives("still here"));
}

// -- what the process inherits --------------------------------------------------------------------

using port_inheritance = port_test;

TEST_F(port_inheritance, the_process_holds_its_pipes_and_its_lifeline_and_nothing_else) {
  const int leaked =
      ::open("/dev/null", O_RDONLY);  // NOLINT(android-cloexec-open): that is the point
  ASSERT_GE(leaked, 3);
  std::vector<std::map<int, std::string>> held;
  for (int i = 0; i < 3; ++i) {
    const auto process = open(echo());
    // It has executed its program when it answers.
    ASSERT_THAT(exchange(*process, frame_of("hello")), gives("hello"));
    held.push_back(descriptors_of(process->os_pid()));
  }
  ::close(leaked);
  std::set<std::string> pipes;
  for (const auto& descriptors : held) {
    EXPECT_THAT(descriptors, SizeIs(4));
    EXPECT_THAT(descriptors, AllOf(Contains(Key(0)), Contains(Key(1)), Contains(Key(2))));
    for (const auto& [number, pipe] : descriptors) {
      EXPECT_THAT(pipe, StartsWith("pipe:"));
      EXPECT_TRUE(pipes.insert(pipe).second)
          << "descriptor " << number << " is shared with a sibling";
    }
  }
}

TEST_F(port_inheritance, the_process_leads_a_group_of_its_own) {
  const auto process = open(echo());
  EXPECT_EQ(::getpgid(process->os_pid()), process->os_pid());
  EXPECT_NE(::getpgid(process->os_pid()), ::getpgid(0));
}

TEST_F(port_inheritance, signals_are_default_and_none_is_blocked_whatever_the_host_does) {
  const std::array ignored{SIGHUP, SIGINT, SIGPIPE, SIGUSR1, SIGTERM};
  std::vector<struct sigaction> before(ignored.size());
  sigset_t mask_before;
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &mask_before);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (std::size_t i = 0; i < ignored.size(); ++i) {
    ::sigaction(ignored[i], &ignore, &before[i]);
  }
  // A spawner that was made by a thread which blocks everything.
  spawner_ = std::make_unique<spawner>();
  const auto process = open(echo());
  const auto answered = exchange(*process, frame_of("exec has happened"));
  const std::string blocked = status_of(process->os_pid(), "SigBlk");
  const std::string ignoring = status_of(process->os_pid(), "SigIgn");
  for (std::size_t i = 0; i < ignored.size(); ++i) {
    ::sigaction(ignored[i], &before[i], nullptr);
  }
  ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  EXPECT_TRUE(answered);
  EXPECT_EQ(blocked, std::string(16, '0'));
  EXPECT_EQ(ignoring, std::string(16, '0'));
}

TEST_F(port_inheritance, the_working_directory_is_the_hosts_or_the_one_asked_for) {
  const temporary_directory elsewhere;
  auto spec = shell("pwd -P >&2");
  EXPECT_THAT(words_of(spec), ElementsAre(std::filesystem::current_path().string()));
  spec.working_directory = elsewhere.path();
  EXPECT_THAT(words_of(spec), ElementsAre(std::filesystem::canonical(elsewhere.path()).string()));
}

TEST_F(port_inheritance, the_environment_is_the_hosts_with_what_was_added_and_the_addition_wins) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread reads the environment here.
  ASSERT_EQ(::setenv("SLIPWAY_TEST_HOST", "host", 1), 0);
  auto spec = shell(R"(echo "$SLIPWAY_TEST_HOST|$SLIPWAY_TEST_ADDED" >&2)");
  EXPECT_THAT(words_of(spec), ElementsAre("host|"));
  spec.environment = {{"SLIPWAY_TEST_ADDED", "with = and spaces"}};
  EXPECT_THAT(words_of(spec), ElementsAre("host|with = and spaces"));
  spec.environment["SLIPWAY_TEST_HOST"] = "pool";
  EXPECT_THAT(words_of(spec), ElementsAre("pool|with = and spaces"));
  ::unsetenv("SLIPWAY_TEST_HOST");  // NOLINT(concurrency-mt-unsafe): as above
}

TEST_F(port_inheritance, resource_limits_hold_for_the_process_and_not_for_the_host) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto spec = shell("{ ulimit -v; ulimit -t; ulimit -n; ulimit -f; } >&2");
  spec.limits = {.address_space_bytes = std::uint64_t{512} * mebibyte,
                 .cpu_seconds = 77,
                 .open_files = 99,
                 .file_size_bytes = mebibyte};
  // The shell counts memory in KiB and files in blocks of 512 bytes.
  EXPECT_THAT(words_of(spec), ElementsAre("524288", "77", "99", "2048"));
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(before.rlim_cur, after.rlim_cur);
}

TEST_F(port_inheritance, arguments_arrive_as_they_are) {
  const std::vector<std::string> odd{"", " ", "a b", "\"'$`\\", "*", "\xC3\xA9", "line\nend"};
  process_spec spec = shell(R"(for a; do printf '[%s]' "$a" >&2; done)");
  spec.arguments.emplace_back("sh");
  spec.arguments.insert(spec.arguments.end(), odd.begin(), odd.end());
  EXPECT_THAT(words_of(spec), ElementsAre("[][ ][a b][\"'$`\\][*][\xC3\xA9][line", "end]"));
}

// -- the host as it was ---------------------------------------------------------------------------

class port_host : public port_test {
 protected:
  // Keeps the disposition of a signal for the time of a test.
  class disposition {
   public:
    disposition(int signal, void (*handler)(int)) : signal_(signal) {
      struct sigaction action {};
      action.sa_handler = handler;
      ::sigaction(signal, &action, &before_);
    }
    disposition(const disposition&) = delete;
    disposition& operator=(const disposition&) = delete;
    disposition(disposition&&) = delete;
    disposition& operator=(disposition&&) = delete;
    ~disposition() { ::sigaction(signal_, &before_, nullptr); }

   private:
    int signal_;
    struct sigaction before_ {};
  };

  // All that a signal handler may write.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler reaches no other.
  static volatile std::sig_atomic_t children_ended;
  static void count_child(int /*signal*/) { children_ended = children_ended + 1; }
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): see above.
volatile std::sig_atomic_t port_host::children_ended = 0;

TEST_F(port_host, the_hosts_handler_of_sigchld_stays_and_is_not_needed) {
  const disposition own(SIGCHLD, count_child);
  const auto process = open(shell("exit 3"));
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::exited, 3}));
  struct sigaction now {};
  ::sigaction(SIGCHLD, nullptr, &now);
  EXPECT_EQ(now.sa_handler, &count_child);
}

TEST_F(port_host, with_sigchld_ignored_the_end_is_known_and_only_the_status_is_not) {
  const disposition ignored(SIGCHLD, SIG_IGN);
  const auto process = open(shell("head -c 8 >/dev/null; echo last words >&2; exit 3"));
  const auto given = exchange(*process, frame_of("word"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::unknown, 0}));
  EXPECT_THAT(exit.stderr_tail, ElementsAre("last words"));
}

// A host must not reap children that it does not know. One that does costs the status, and nothing
// more.
TEST_F(port_host, a_host_that_reaps_every_child_costs_the_exit_status_only) {
  boost::asio::io_context context;
  auto loop = std::make_shared<io_loop>(context);
  std::shared_ptr<port> process;
  os_port::open(*spawner_, loop, shell("echo last words >&2; exit 3"), {}, owner_,
                [&](auto opened) { process = std::move(opened.value()); });
  // The host runs its context itself, so the port cannot have reaped anything before.
  while (!process) {
    context.run_one();
  }
  int status = 0;
  ASSERT_EQ(::waitpid(-1, &status, 0), process->os_pid());
  EXPECT_EQ(WEXITSTATUS(status), 3);
  while (!process->wait_exited(soon())) {
    context.run_one();
  }
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status.how, kind::unknown);
  EXPECT_THAT(exit.stderr_tail, ElementsAre("last words"));
  process.reset();
  loop->stop();
  context.poll();
}

// In 5,239 calls among 2,000 kills on a busy machine one was told that its worker had closed its
// pipes and not that it had been killed: the I/O thread had not got round to reaping it.
TEST_F(port_host,
       a_client_is_told_how_the_process_ended_though_the_hosts_context_is_not_being_run) {
  boost::asio::io_context context;
  auto loop = std::make_shared<io_loop>(context);
  std::shared_ptr<port> process;
  os_port::open(*spawner_, loop, shell("head -c 8 >/dev/null; exit 3"), {}, owner_,
                [&](auto opened) { process = std::move(opened.value()); });
  while (!process) {
    context.run_one();
  }
  const auto given = exchange(*process, frame_of("word"));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, port_errc::port_closed);
  EXPECT_THAT(given.error().message, HasSubstr("exit code 3"));
  ASSERT_TRUE(given.error().exit);
  EXPECT_EQ(given.error().exit->status, (exit_status{kind::exited, 3}));
  while (!process->wait_exited(soon())) {
    context.run_one();
  }
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::exited, 3}))
      << "it was looked at, not reaped";
  process.reset();
  loop->stop();
  context.poll();
}

TEST_F(port_host, a_port_works_on_a_context_that_the_host_runs) {
  boost::asio::io_context context;
  auto loop = std::make_shared<io_loop>(context);
  std::promise<std::shared_ptr<port>> opened;
  os_port::open(*spawner_, loop, echo(), {}, owner_,
                [&](auto process) { opened.set_value(std::move(process.value())); });
  std::thread host([&] { context.run(); });
  auto process = opened.get_future().get();
  EXPECT_THAT(exchange(*process, frame_of("hello")), gives("hello"));
  EXPECT_THAT(async_exchange(*process, frame_of("hello again")), gives("hello again"));
  process->close();
  EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGTERM}));
  process.reset();
  loop->stop();
  host.join();
}

// What the launcher opens then gets their numbers, which the child needs for its pipes.
TEST_F(port_host, a_host_without_standard_descriptors_has_working_ports) {
  // Afterwards the loop has all the descriptors that it needs itself.
  ASSERT_THAT(exchange(*open(echo()), frame_of("hello")), gives("hello"));
  std::array<int, 3> kept{};
  for (int fd = 0; fd < 3; ++fd) {
    kept[static_cast<std::size_t>(fd)] = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  }
  for (int fd = 0; fd < 3; ++fd) {
    ::close(fd);
  }
  const auto process = try_open(echo());
  const auto refused = try_open({.program = "/nonexistent/program"});
  for (int fd = 0; fd < 3; ++fd) {
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "descriptor " << fd << " is in use";
    ::dup2(kept[static_cast<std::size_t>(fd)], fd);
    ::close(kept[static_cast<std::size_t>(fd)]);
  }
  ASSERT_TRUE(process);
  EXPECT_THAT(exchange(**process, frame_of("hello")), gives("hello"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, spawn_errc::program_not_found);
}

// -- starts that fail -----------------------------------------------------------------------------

using port_start = port_test;

TEST_F(port_start, a_program_that_is_not_there_is_not_found) {
  const auto process = try_open({.program = "/nonexistent/program"});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, spawn_errc::program_not_found);
  EXPECT_EQ(process.error().system_errno, ENOENT);
  EXPECT_THAT(process.error().message, HasSubstr("/nonexistent/program"));
}

TEST_F(port_start, a_program_that_is_not_on_the_path_is_not_found) {
  const auto process = try_open({.program = "slipway-no-such-program"});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, spawn_errc::program_not_found);
  EXPECT_THAT(process.error().message,
              AllOf(HasSubstr("slipway-no-such-program"), HasSubstr("PATH")));
}

TEST_F(port_start, a_program_without_a_name_is_not_found) {
  const auto process = try_open({});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, spawn_errc::program_not_found);
}

TEST_F(port_start, a_program_that_may_not_be_run_is_permission_denied) {
  const temporary_directory folder;
  const auto process = try_open({.program = folder.write("script", "#!/bin/sh\n")});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, spawn_errc::permission_denied);
  EXPECT_EQ(process.error().system_errno, EACCES);
}

TEST_F(port_start, a_file_that_is_no_program_is_not_found) {
  const temporary_directory folder;
  const std::string file = folder.write("text", "neither ELF nor script\n");
  ASSERT_EQ(::chmod(file.c_str(), S_IRWXU), 0);
  const auto process = try_open({.program = file});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, spawn_errc::program_not_found);
}

TEST_F(port_start, a_working_directory_that_cannot_be_entered_is_named) {
  const temporary_directory folder;
  const std::vector<std::pair<std::string, int>> cases{
      {folder.path() + "/none", ENOENT}, {folder.write("file", "no folder"), ENOTDIR}};
  for (const auto& [bad, cause] : cases) {
    process_spec spec = echo();
    spec.working_directory = bad;
    const auto process = try_open(spec);
    ASSERT_FALSE(process);
    EXPECT_EQ(process.error().code, spawn_errc::bad_working_directory);
    EXPECT_EQ(process.error().system_errno, cause);
    EXPECT_THAT(process.error().message, HasSubstr(bad));
  }
}

// Every call that takes a descriptor fails once: pipes, the report of exec, the pidfd.
TEST_F(port_start, each_lack_of_a_descriptor_is_too_many_files_and_leaves_nothing) {
  // Once in plenty, well and badly: a sanitizer takes descriptors itself for each type that it sees
  // for the first time.
  ASSERT_TRUE(try_open(echo()));
  ASSERT_FALSE(try_open({.program = "/no/such/program"}));
  const int first_free = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
  ::close(first_free);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  int failures = 0;
  bool started = false;
  for (; !started && failures < 50; ++failures) {
    const rlimit scarce{static_cast<rlim_t>(first_free) + static_cast<rlim_t>(failures),
                        before.rlim_max};
    const auto census = harness::resource_census::take();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);
    auto process = try_open(echo());
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    started = process.has_value();
    if (!started) {
      EXPECT_EQ(process.error().code, spawn_errc::too_many_files)
          << failures << " descriptors: " << process.error().message;
      EXPECT_THAT(harness::leftovers_since(census, at_limit()), IsEmpty())
          << failures << " descriptors";
    }
  }
  EXPECT_TRUE(started);
  EXPECT_GE(failures, 10) << "both ends of five pipes, the pidfd";
}

TEST_F(port_start, a_start_for_an_owner_that_has_ended_leaves_nothing) {
  owner_->end();
  const auto process = open(echo());
  const auto exit = end_of(*process);
  EXPECT_EQ(exit.status, (exit_status{kind::signaled, SIGKILL}));
  EXPECT_TRUE(exit.asked);
}

TEST_F(port_start, what_is_queued_when_the_spawner_ends_fails_and_what_was_started_lives) {
  constexpr int starts = 40;
  std::mutex mutex;
  std::size_t refused = 0;
  std::vector<std::shared_ptr<port>> started;
  for (int i = 0; i < starts; ++i) {
    os_port::open(*spawner_, io_, echo(), {}, owner_, [&](opening process) {
      const std::lock_guard guard(mutex);
      if (process) {
        started.push_back(*process);
      } else if (process.error().code == spawn_errc::spawner_stopped) {
        ++refused;
      }
    });
  }
  spawner_.reset();
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard guard(mutex);
    return refused + started.size() == starts;
  }));
  ports_ = started;
  for (const auto& process : started) {
    EXPECT_THAT(exchange(*process, frame_of("hello")), gives("hello"));
  }
}

TEST_F(port_start, many_at_once_all_work_and_all_end) {
  constexpr int starts = 30;
  std::vector<std::future<opening>> opening_now;
  for (int i = 0; i < starts; ++i) {
    auto promise = std::make_shared<std::promise<opening>>();
    opening_now.push_back(promise->get_future());
    os_port::open(*spawner_, io_, echo(), {}, owner_,
                  [promise](opening process) { promise->set_value(std::move(process)); });
  }
  for (auto& next : opening_now) {
    ports_.push_back(next.get().value());
  }
  for (const auto& process : ports_) {
    EXPECT_THAT(exchange(*process, frame_of("hello")), gives("hello"));
    process->close();
  }
  for (const auto& process : ports_) {
    EXPECT_EQ(end_of(*process).status, (exit_status{kind::signaled, SIGTERM}));
  }
}

}  // namespace
}  // namespace slipway::live
