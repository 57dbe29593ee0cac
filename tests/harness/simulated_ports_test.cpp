// slipway/tests/harness/simulated_ports_test.cpp
//
// One script for a port, carried out on a real Python worker and on a simulated one: both must tell
// the same, word for word.
//
// SPDX-License-Identifier: Apache-2.0
#include "../actors/live_fixture.hpp"
#include <slipway/actors/internal/python_command_line.hpp>
#include <slipway/actors/os_port.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <string>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

std::string name_of(const port_error& error) {
  return std::string(to_string(error.code)) +
         (error.sent == frame_sent::yes ? ", sent" : ", not sent") + ": " + error.message +
         (error.exit ? "; " + to_string(error.exit->status) : "");
}

/// A port from somewhere, and what it says, in its order.
class subject {
 public:
  subject() = default;
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  subject(subject&&) = delete;
  subject& operator=(subject&&) = delete;
  virtual ~subject() = default;

  virtual port_source& source() = 0;
  [[nodiscard]] virtual time_point now() const = 0;
  /// Until so much has been said.
  virtual void wait(std::size_t lines) = 0;
  /// SIGKILL, by somebody else.
  virtual void strike() = 0;

  void say(std::string line) {
    std::lock_guard guard(mutex_);
    said_.push_back(std::move(line));
  }
  std::vector<std::string> said() const {
    std::lock_guard guard(mutex_);
    return said_;
  }

  void open() {
    python_pool_options options = live::echo_pool("pool");
    port_options port;
    static_cast<void>(encode_request(codec::msgpack, 2, "shutdown", value(), port.shutdown_frame));
    port.on_exit = [this](const port_exit& exit) {
      say("exit: " + to_string(exit.status) + (exit.asked ? ", asked" : ""));
    };
    source().open(internal::worker_command_line(options, "pool/1"), std::move(port), owner,
                  [this](auto opened) {
                    port_ = *opened;
                    say("opened");
                  });
    wait(1);
  }

  void ask(const port_owner_ptr& whose, const std::string& command, const value& args,
           duration timeout) {
    byte_buffer frame;
    static_cast<void>(encode_request(codec::msgpack, ++last_id_, command, args, frame));
    port_->async_exchange(whose, std::move(frame), deadline_after(now(), timeout),
                          [this, id = last_id_](result<port::payload, port_error> answer) {
                            say(answer ? told(id, *answer) : name_of(answer.error()));
                          });
  }

  port& process() { return *port_; }

  port_owner_ptr owner = std::make_shared<port_owner>();

 private:
  static std::string told(std::uint64_t id, port::payload answer) {
    const auto read = decode_response_to(codec::msgpack, id, answer);
    return read && read->outcome ? read->outcome->to_text() : "no result";
  }

  mutable std::mutex mutex_;
  std::vector<std::string> said_;
  std::shared_ptr<port> port_;
  std::uint64_t last_id_ = 100;
};

class real_subject final : public subject {
 public:
  real_subject() : ports_(std::make_shared<io_loop>()) {}
  real_subject(const real_subject&) = delete;
  real_subject& operator=(const real_subject&) = delete;
  real_subject(real_subject&&) = delete;
  real_subject& operator=(real_subject&&) = delete;
  ~real_subject() override { ports_.stop(); }

  port_source& source() override { return ports_; }
  [[nodiscard]] time_point now() const override { return std::chrono::steady_clock::now(); }
  void wait(std::size_t lines) override {
    ASSERT_TRUE(live::eventually([&] { return said().size() >= lines; }));
  }
  void strike() override { ::kill(process().os_pid(), SIGKILL); }

 private:
  os_port_source ports_;
};

class simulated_subject final : public subject {
 public:
  simulated_subject()
      : choices_(1), run_(choices_, {.time_races = false}), ports_(run_, counting_program) {}

  port_source& source() override { return ports_; }
  [[nodiscard]] time_point now() const override { return run_.now(); }
  void wait(std::size_t lines) override {
    while (said().size() < lines && run_.step()) {
    }
    ASSERT_GE(said().size(), lines);
  }
  void strike() override { ports_.kill("pool/1"); }

 private:
  seeded_choices choices_;
  simulation run_;
  simulated_ports ports_;
};

using script = void (*)(subject&);

void shake_hands(subject& on) {
  on.open();
  on.ask(on.owner, "echo", value::map({{"n", value(1)}}), live::limit);
  on.wait(2);
}

void ends_when_asked(subject& on) {
  shake_hands(on);
  on.process().close();
  on.wait(3);
}

void dies_of_its_owner(subject& on) {
  shake_hands(on);
  on.owner->end();
  on.wait(3);
}

void is_struck_while_it_computes(subject& on) {
  shake_hands(on);
  on.ask(on.owner, "hang", value::map({}), live::limit);
  on.ask(on.owner, "echo", value::map({}), live::limit);
  on.wait(3);  // the second is refused at once
  on.strike();
  on.wait(5);
}

void is_too_slow(subject& on) {
  shake_hands(on);
  on.ask(on.owner, "hang", value::map({}), 50ms);
  on.wait(3);
  on.process().kill();
  on.wait(4);
}

void has_one_owner(subject& on) {
  shake_hands(on);
  const auto other = std::make_shared<port_owner>();
  const auto dead = std::make_shared<port_owner>();
  dead->end();
  const auto hand_over = [&](const port_owner& from, const port_owner_ptr& to) {
    const auto handed = on.process().connect(from, to);
    on.say(handed ? "handed over" : name_of(handed.error()));
  };
  hand_over(*other, other);
  hand_over(*on.owner, dead);
  hand_over(*on.owner, other);
  hand_over(*on.owner, other);
  on.ask(on.owner, "echo", value::map({}), live::limit);
  on.wait(7);
  on.process().kill();
  hand_over(*other, on.owner);
  on.wait(9);
}

struct named_script {
  const char* name;
  script run;
};

class simulated_ports_tell : public testing::TestWithParam<named_script> {};

TEST_P(simulated_ports_tell, what_real_ones_tell) {
  real_subject real;
  simulated_subject simulated;
  GetParam().run(real);
  GetParam().run(simulated);
  EXPECT_EQ(simulated.said(), real.said());
  EXPECT_GT(real.said().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(each, simulated_ports_tell,
                         testing::Values(named_script{"when_it_is_asked_to_end", ends_when_asked},
                                         named_script{"when_its_owner_ends", dies_of_its_owner},
                                         named_script{"when_it_is_killed_while_it_computes",
                                                      is_struck_while_it_computes},
                                         named_script{"when_it_is_too_slow", is_too_slow},
                                         named_script{"of_its_owner", has_one_owner}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace slipway::harness
