// slipway/tests/actors/call_breakers_test.cpp
//
// The breakers of a pool and its commands as a table of time lines on the virtual clock, through the
// locked shell; which breakers are forgotten; many threads at once.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_breakers.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using enum circuit_outcome;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto closed = circuit_state::closed;
constexpr auto open = circuit_state::open;
constexpr auto half_open = circuit_state::half_open;

circuit_breaker_options opens_at(std::uint32_t failures, std::uint32_t probes = 1) {
  return {.opens_at = failures_in_a_row{failures},
          .open_for = 100ms,
          .probes = {.under_way = probes, .successes = probes}};
}

// "pool: closed -> open", "x: open -> half_open"
std::string text_of(const breaker_change& told) {
  return (told.command.empty() ? "pool" : told.command) + ": " + to_string(told.change.from) +
         " -> " + to_string(told.change.to);
}

struct step {
  duration at;
  std::string what;  // "ask x", "refused x by y", "ok 1", "fail 1", "drop 1", "reset", "reset x"
  std::vector<std::string> told{};  // changes by this step
};

struct time_line {
  const char* rule;  // a sentence, and the test's name
  call_breakers_options options;
  std::vector<step> steps;
};

// GoogleTest finds it by this name.
void PrintTo(const time_line& line, std::ostream* out) {
  *out << line.rule;
}

// Calls are numbered from 1 in the order in which they are allowed.
class played {
 public:
  explicit played(const call_breakers_options& options)
      : breakers_(options, time_,
                  [this](const breaker_change& change) { told_.push_back(text_of(change)); }) {}

  std::vector<std::string> play(const step& next) {
    time_->advance(next.at - (time_->now() - time_point{}));
    told_.clear();
    const auto space = next.what.find(' ');
    const std::string verb = next.what.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : next.what.substr(space + 1);
    if (verb == "ask") {
      auto given = breakers_.ask(rest);
      EXPECT_TRUE(given) << "refused";
      permits_.push_back(given ? std::move(*given) : breaker_permit());
    } else if (verb == "refused") {
      const auto by = rest.find(" by ");
      const auto given = breakers_.ask(rest.substr(0, by));
      EXPECT_FALSE(given) << "allowed";
      const std::string who = rest.substr(by + 4);
      EXPECT_TRUE(given || given.error().command == (who == "pool" ? "" : who));
    } else if (verb == "reset") {
      rest.empty() ? breakers_.reset() : breakers_.reset(rest);
    } else if (verb == "drop") {
      permits_.at(std::stoul(rest) - 1) = {};
    } else {
      permits_.at(std::stoul(rest) - 1).settle(verb == "ok" ? succeeded : failed);
    }
    return told_;
  }

 private:
  std::shared_ptr<harness::virtual_clock> time_ = std::make_shared<harness::virtual_clock>();
  std::vector<std::string> told_;
  call_breakers breakers_;
  std::vector<breaker_permit> permits_;
};

std::vector<time_line> time_lines() {
  const call_breakers_options both{.pool = opens_at(3), .command = opens_at(2)};
  return {
      {"failures_of_one_command_refuse_that_command_alone",
       {.command = opens_at(2)},
       {{0ms, "ask x"},
        {1ms, "fail 1"},
        {2ms, "ask x"},
        {3ms, "fail 2", {"x: closed -> open"}},
        {4ms, "refused x by x"},
        {5ms, "ask y"},
        {102ms, "refused x by x"},
        {103ms, "ask x", {"x: open -> half_open"}},
        {104ms, "refused x by x"},
        {105ms, "ok 4", {"x: half_open -> closed"}},
        {106ms, "ask x"}}},
      {"failures_of_different_commands_open_the_breaker_of_the_pool",
       both,
       {{0ms, "ask x"},
        {0ms, "ask y"},
        {0ms, "ask z"},
        {1ms, "fail 1"},
        {2ms, "fail 2"},
        {3ms, "fail 3", {"pool: closed -> open"}},
        {4ms, "refused x by pool"},
        {103ms, "ask v", {"pool: open -> half_open"}},
        {104ms, "fail 4", {"pool: half_open -> open"}},
        {203ms, "refused v by pool"},
        {204ms, "ask v", {"pool: open -> half_open"}},
        {205ms, "ok 5", {"pool: half_open -> closed"}}}},
      {"one_failure_may_open_both",
       {.pool = opens_at(1), .command = opens_at(1)},
       {{0ms, "ask x"}, {1ms, "fail 1", {"pool: closed -> open", "x: closed -> open"}}}},
      {"a_command_that_is_refused_takes_no_place_of_a_probe_of_the_pool",
       {.pool = opens_at(2), .command = opens_at(1)},
       {{0ms, "ask x"},
        {0ms, "ask y"},
        {0ms, "ask z"},
        {0ms, "fail 2", {"y: closed -> open"}},
        {0ms, "fail 3", {"pool: closed -> open", "z: closed -> open"}},
        {50ms, "fail 1", {"x: closed -> open"}},
        {100ms, "refused x by x", {"pool: open -> half_open"}},
        {101ms, "ask v"},
        {101ms, "refused w by pool"}}},
      {"a_permit_that_is_dropped_gives_its_place_to_another_probe",
       {.pool = opens_at(1)},
       {{0ms, "ask x"},
        {0ms, "fail 1", {"pool: closed -> open"}},
        {100ms, "ask x", {"pool: open -> half_open"}},
        {100ms, "refused y by pool"},
        {101ms, "drop 2"},
        {102ms, "ask y"}}},
      {"what_was_settled_once_counts_once",
       {.pool = opens_at(2)},
       {{0ms, "ask x"}, {0ms, "fail 1"}, {0ms, "fail 1"}, {0ms, "ask x"}, {1ms, "ok 2"}}},
      {"a_reset_closes_that_breaker_and_no_other",
       {.pool = opens_at(1), .command = opens_at(1)},
       {{0ms, "ask x"},
        {0ms, "fail 1", {"pool: closed -> open", "x: closed -> open"}},
        {1ms, "reset", {"pool: open -> closed"}},
        {2ms, "refused x by x"},
        {3ms, "ask y"},
        {4ms, "reset x", {"x: open -> closed"}},
        {5ms, "ask x"}}},
      {"a_closed_breaker_that_was_asked_longest_ago_is_forgotten_first",
       {.command = opens_at(2), .most_commands = 2},
       {{0ms, "ask x"},
        {0ms, "ask y"},
        {1ms, "fail 1"},
        {1ms, "fail 2"},
        {2ms, "ask x"},
        {3ms, "ask z"},
        {4ms, "ask y"},
        {5ms, "fail 5"},
        {6ms, "ask y"},
        {6ms, "fail 6", {"y: closed -> open"}}}},
      {"an_open_breaker_is_not_forgotten_and_a_new_command_then_has_none",
       {.command = opens_at(1), .most_commands = 1},
       {{0ms, "ask x"},
        {0ms, "fail 1", {"x: closed -> open"}},
        {1ms, "ask y"},
        {1ms, "fail 2"},
        {2ms, "ask y"},
        {3ms, "refused x by x"}}},
      {"the_end_of_a_call_counts_for_no_later_breaker_of_the_same_command",
       {.command = opens_at(1), .most_commands = 1},
       {{0ms, "ask x"}, {1ms, "ask y"}, {2ms, "ask x"}, {3ms, "fail 1"}, {4ms, "ask x"}}},
  };
}

class call_breakers_time_lines : public testing::TestWithParam<time_line> {};

TEST_P(call_breakers_time_lines, hold) {
  played line(GetParam().options);
  for (const auto& next : GetParam().steps) {
    SCOPED_TRACE(std::to_string(next.at / 1ms) + " ms: " + next.what);
    EXPECT_EQ(line.play(next), next.told);
  }
}

INSTANTIATE_TEST_SUITE_P(, call_breakers_time_lines, testing::ValuesIn(time_lines()),
                         [](const auto& line) { return std::string(line.param.rule); });

TEST(call_breakers, a_refusal_says_which_breaker_and_until_when) {
  const auto time = std::make_shared<harness::virtual_clock>();
  call_breakers breakers({.command = opens_at(1)}, time);
  breakers.ask("x").value().settle(failed);
  const auto refused = breakers.ask("x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (breaker_refusal{"x", open, time->now() + 100ms}));
  time->advance(100ms);
  const auto probe = breakers.ask("x").value();
  EXPECT_EQ(breakers.ask("x").error(), (breaker_refusal{"x", half_open, std::nullopt}));
}

TEST(call_breakers, what_is_not_configured_has_no_state) {
  const auto time = std::make_shared<harness::virtual_clock>();
  const call_breakers of_pool({.pool = opens_at(1)}, time);
  EXPECT_EQ(of_pool.state(), closed);
  EXPECT_EQ(of_pool.state("x"), std::nullopt);
  const call_breakers of_commands({.command = opens_at(1)}, time);
  EXPECT_EQ(of_commands.state(), std::nullopt);
  EXPECT_EQ(of_commands.state("never called"), closed);
}

TEST(call_breakers, a_listener_may_ask_the_breaker_that_it_hears_of) {
  const auto time = std::make_shared<harness::virtual_clock>();
  std::vector<circuit_state> seen;
  call_breakers* asked = nullptr;
  call_breakers breakers({.pool = opens_at(1)}, time,
                         [&](const breaker_change&) { seen.push_back(asked->state().value()); });
  asked = &breakers;
  breakers.ask("x").value().settle(failed);
  EXPECT_THAT(seen, ElementsAre(open));
}

TEST(call_breakers, a_change_is_told_after_the_one_before_though_by_another_thread) {
  const auto time = std::make_shared<harness::virtual_clock>();
  std::promise<void> telling;
  std::promise<void> changed_again;
  std::vector<circuit_state> heard;
  call_breakers breakers({.pool = opens_at(1)}, time, [&](const breaker_change& told) {
    if (told.change.to == open) {
      telling.set_value();
      changed_again.get_future().wait();
    }
    heard.push_back(told.change.to);
  });
  std::thread other([&] {
    telling.get_future().wait();
    breakers.reset();
    changed_again.set_value();
  });
  breakers.ask("x").value().settle(failed);
  other.join();
  EXPECT_THAT(heard, ElementsAre(open, closed));
}

TEST(call_breakers, threads_hear_of_each_change_in_its_order_and_leave_no_probe_under_way) {
  const auto time = std::make_shared<harness::virtual_clock>();
  std::map<std::string, circuit_state> known;
  std::vector<std::string> out_of_order;
  call_breakers breakers({.pool = opens_at(2, 2), .command = opens_at(1), .most_commands = 3}, time,
                         [&](const breaker_change& told) {
                           auto& state = known.try_emplace(told.command, closed).first->second;
                           if (state != told.change.from) {
                             out_of_order.push_back(text_of(told));
                           }
                           state = told.change.to;
                         });
  std::vector<std::thread> callers;
  for (unsigned n = 0; n < 4; ++n) {
    callers.emplace_back([&, n] {
      std::mt19937 chance(n);
      for (int call = 0; call < 5000; ++call) {
        auto permit = breakers.ask(std::string(1, static_cast<char>('a' + chance() % 4)));
        if (permit) {
          permit->settle(static_cast<circuit_outcome>(chance() % 3));
        }
        if (n == 0) {
          time->advance(chance() % 8 * 10ms);
        }
      }
    });
  }
  for (auto& caller : callers) {
    caller.join();
  }
  EXPECT_THAT(out_of_order, IsEmpty());
  EXPECT_GT(known.size(), 1U) << "else nothing changed";
  // Half open, it takes as many probes as ever.
  time->advance(100ms);
  while (breakers.state() != closed) {
    breakers.ask("fresh").value().settle(succeeded);
  }
}

}  // namespace
}  // namespace slipway
