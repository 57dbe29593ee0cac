// Probes of a port: what an answer that is owed means to the exchanges after it.
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/os_port.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <utility>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;

using answer = result<std::string, port_error>;
using kind = probe_result::kind;

bool is_ping(port::payload given) {
  return text_of(given) == "ping";
}

class port_probe : public live_test, public testing::WithParamInterface<bool> {
 protected:
  port_probe() : io_(std::make_shared<io_loop>()), spawner_(std::make_unique<spawner>()) {}
  ~port_probe() override {
    process_->kill();
    EXPECT_TRUE(process_->wait_exited(at_limit()));
    process_.reset();
    spawner_.reset();
    io_->stop();
  }
  port_probe(const port_probe&) = delete;
  port_probe& operator=(const port_probe&) = delete;
  port_probe(port_probe&&) = delete;
  port_probe& operator=(port_probe&&) = delete;

  port& open(process_spec spec) {
    std::promise<std::shared_ptr<port>> promise;
    os_port::open(*spawner_, io_, std::move(spec), {}, owner_,
                  [&](auto process) { promise.set_value(process.value()); });
    process_ = promise.get_future().get();
    return *process_;
  }

  bool ping(port& process) { return process.probe(*owner_, frame_of("ping"), is_ping); }
  kind found(port& process) { return process.probed(*owner_).how; }
  bool answered(port& process) {
    return eventually([&] { return found(process) == kind::answered; });
  }

  // On the I/O thread if the parameter says so, else on this one.
  answer ask(port& process, const std::string& text) {
    std::promise<answer> promise;
    const auto take = [&](auto given) {
      promise.set_value(given ? answer(text_of(*given)) : failure(given.error()));
    };
    if (GetParam()) {
      process.async_exchange(owner_, frame_of(text), at_limit(), take);
    } else {
      take(process.exchange(*owner_, frame_of(text), at_limit()));
    }
    return promise.get_future().get();
  }

  std::shared_ptr<io_loop> io_;
  std::unique_ptr<spawner> spawner_;
  port_owner_ptr owner_ = std::make_shared<port_owner>();
  std::shared_ptr<port> process_;
};

process_spec echo() {
  return {.program = "cat"};
}

INSTANTIATE_TEST_SUITE_P(each, port_probe, testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "on_the_io_thread" : "blocking");
});

TEST_P(port_probe, its_answer_is_found_and_leaves_nothing_behind) {
  port& process = open(echo());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(ping(process));
    ASSERT_TRUE(answered(process));
    EXPECT_THAT(ask(process, "word"), gives(std::string("word")));
  }
}

TEST_P(port_probe, an_exchange_passes_over_the_answer_that_is_owed) {
  port& process = open(echo());
  for (int round = 0; round < 200; ++round) {
    const std::string word = "word " + std::to_string(round);
    ASSERT_TRUE(ping(process));
    ASSERT_THAT(ask(process, word), gives(word));
    ASSERT_EQ(found(process), kind::answered);
  }
}

TEST_P(port_probe, a_process_that_does_not_answer_gets_one_ping_however_often_it_is_probed) {
  port& process = open(echo());
  ASSERT_EQ(::kill(process.os_pid(), SIGSTOP), 0);
  ASSERT_TRUE(ping(process));
  EXPECT_EQ(found(process), kind::unanswered);
  ASSERT_TRUE(ping(process));
  EXPECT_EQ(found(process), kind::unanswered);
  ASSERT_EQ(::kill(process.os_pid(), SIGCONT), 0);
  ASSERT_TRUE(answered(process));
  // A second ping would be the answer to this.
  EXPECT_THAT(ask(process, "word"), gives(std::string("word")));
}

TEST_P(port_probe, half_an_answer_is_none_and_the_exchange_takes_the_rest) {
  port& process =
      open(python_code("import os\n"
                       "os.read(0, 8); os.write(1, b'\\0\\0\\0\\4pi'); os.write(2, b'half\\n')\n"
                       "os.read(0, 8); os.write(1, b'ng' + b'\\0\\0\\0\\4word'); os.read(0, 1)\n"));
  ASSERT_TRUE(ping(process));
  ASSERT_TRUE(eventually([&] { return !process.stderr_lines().empty(); }));
  EXPECT_EQ(found(process), kind::unanswered);
  EXPECT_THAT(ask(process, "word"), gives(std::string("word")));
}

TEST_P(port_probe, a_frame_that_is_not_its_answer_goes_to_the_exchange_under_way) {
  // It answers the exchange first and the ping with the next.
  port& process = open(python_code(
      "import os\n"
      "os.read(0, 8); os.read(0, 8); os.write(1, b'\\0\\0\\0\\3one')\n"
      "os.read(0, 8); os.write(1, b'\\0\\0\\0\\4ping' + b'\\0\\0\\0\\3two'); os.read(0, 1)\n"));
  ASSERT_TRUE(ping(process));
  EXPECT_THAT(ask(process, "call"), gives(std::string("one")));
  EXPECT_EQ(found(process), kind::unanswered);
  EXPECT_THAT(ask(process, "call"), gives(std::string("two")));
  EXPECT_EQ(found(process), kind::answered);
}

TEST_P(port_probe, what_an_idle_process_says_otherwise_is_told) {
  port& process = open(python_code(
      "import os\n"
      "os.read(0, 8); os.write(1, b'\\0\\0\\0\\4pong'); os.write(2, b'done\\n'); os.read(0, 1)\n"));
  ASSERT_TRUE(ping(process));
  ASSERT_TRUE(eventually([&] { return !process.stderr_lines().empty(); }));
  EXPECT_EQ(found(process), kind::garbled);
}

TEST_P(port_probe, only_the_owner_probes_and_only_while_nobody_exchanges) {
  port& process = open(echo());
  const auto other = std::make_shared<port_owner>();
  EXPECT_FALSE(process.probe(*other, frame_of("ping"), is_ping));
  ASSERT_TRUE(ping(process));
  ASSERT_TRUE(process.connect(*owner_, other));
  EXPECT_FALSE(ping(process));
  EXPECT_EQ(found(process), kind::overtaken);
  ASSERT_TRUE(process.connect(*other, owner_));
  EXPECT_TRUE(answered(process));

  ASSERT_EQ(::kill(process.os_pid(), SIGSTOP), 0);
  std::promise<void> over;
  process.async_exchange(owner_, frame_of("word"), at_limit(), [&](auto) { over.set_value(); });
  ASSERT_TRUE(eventually([&] { return !ping(process) || found(process) == kind::overtaken; }));
  ASSERT_EQ(::kill(process.os_pid(), SIGCONT), 0);
  over.get_future().get();
}

}  // namespace
}  // namespace slipway::live
