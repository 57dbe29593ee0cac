// slipway/tests/supervision/supervisor_core_life.hpp
//
// Random lives of supervisors: whatever comes in whatever order, the invariants in the head of
// supervisor_core.hpp hold. A seed is a life.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/supervisor_core.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::lives {

inline child_id name_of(unsigned which) {
  child_id id{"c"};
  id += std::to_string(which);  // GCC 12 warns without cause of "c" + std::to_string(…)
  return id;
}

/// Plays shell and children at random, and checks after each step.
class supervisor_core_life {
 public:
  explicit supervisor_core_life(unsigned seed) : random_(seed), core_(random_setup()) {}

  void run() {
    feed(supervisor_input::start{});
    for (int i = 0; i < 120 && !core_.ended(); ++i) {
      now_ += std::chrono::milliseconds{pick(3) == 0 ? pick(4000) : 0};
      random_input();
    }
    // Whatever it was doing, once told to stop it ends as soon as every child has answered.
    feed(supervisor_input::stop_requested{exit_reason::shutdown()});
    for (int i = 0; i < 10'000 && !core_.ended(); ++i) {
      settle();
    }
    EXPECT_TRUE(core_.ended()) << core_.dump();
    EXPECT_TRUE(living_.empty()) << "children left alive\n" << core_.dump();
    EXPECT_EQ(begun_, over_) << "a run without its end event";
  }

 private:
  unsigned pick(unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
  }

  child_rules random_rules(unsigned which) {
    child_rules rules{.id = name_of(which), .restart = static_cast<restart_type>(pick(3))};
    switch (pick(3)) {
      case 0:
        rules.shutdown = shutdown_type::brutal_kill();
        break;
      case 1:
        rules.shutdown = shutdown_type::timeout(std::chrono::milliseconds{pick(500)});
        break;
      default:
        rules.type = child_type::supervisor;
    }
    return rules;
  }

  supervisor_setup random_setup() {
    supervisor_setup setup{.flags = {.strategy = static_cast<restart_strategy>(pick(3)),
                                     .intensity = pick(6),
                                     .period = std::chrono::seconds{1 + pick(5)}}};
    for (unsigned i = 0; i < pick(5); ++i) {
      setup.children.push_back({random_rules(i), next_recipe_++});
    }
    return setup;
  }

  exit_reason random_reason() {
    switch (pick(4)) {
      case 0:
        return exit_reason::normal();
      case 1:
        return exit_reason::shutdown();
      case 2:
        return exit_reason::killed();
      default:
        return exit_reason::error("boom", "");
    }
  }

  void random_input() {
    const child_id id = name_of(pick(6));
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        if (!living_.empty()) {
          end_one(random_reason());
        }
        break;
      case 3:
        call(supervisor_call::start_child{random_rules(pick(6)), next_recipe_++});
        break;
      case 4:
        call(supervisor_call::terminate_child{id});
        break;
      case 5:
        call(supervisor_call::restart_child{id});
        break;
      case 6:
        call(supervisor_call::delete_child{id});
        break;
      case 7:
        call(supervisor_call::count_children{});
        break;
      default:
        settle();
    }
  }

  /// The world answers one thing that the supervisor waits for.
  void settle() {
    if (starting_ != 0 && pick(2) == 0) {
      finish_start();
    } else if (!asked_.empty() && pick(2) == 0) {
      const run_number run = *asked_.begin();
      end(run, exit_reason::shutdown());
    } else if (!retries_.empty() && pick(2) == 0) {
      const auto retry = retries_.back();
      retries_.pop_back();
      feed(supervisor_input::retry_restart{retry.id, retry.run, retry.attempt});
    } else if (timer_ != 0) {
      now_ += std::chrono::seconds(6);
      feed(supervisor_input::timer_fired{std::exchange(timer_, 0)});
    }
  }

  void finish_start() {
    const run_number run = std::exchange(starting_, 0);
    switch (pick(6)) {
      case 0:
        feed(supervisor_input::child_start_failed{run, random_reason()});
        break;
      case 1:
        feed(supervisor_input::child_ignored{run});
        break;
      case 2:
        feed(supervisor_input::child_down{run, random_reason()});
        break;
      default:
        living_.insert(run);
        feed(supervisor_input::child_started{run, {}});
    }
  }

  void end_one(exit_reason reason) {
    auto entry = living_.begin();
    std::advance(entry, pick(static_cast<unsigned>(living_.size())));
    end(*entry, std::move(reason));
  }

  void end(run_number run, exit_reason reason) {
    living_.erase(run);
    asked_.erase(run);
    feed(supervisor_input::child_down{run, std::move(reason)});
  }

  void call(supervisor_call::any what) {
    feed(supervisor_input::call{next_call_++, std::move(what)});
  }

  void feed(supervisor_input::any input) {
    const bool had_ended = core_.ended();
    const supervisor_core::actions actions = core_.step(std::move(input), now_);
    EXPECT_TRUE(!had_ended || actions.empty()) << "an action after the end";
    for (std::size_t i = 0; i < actions.size(); ++i) {
      if (std::holds_alternative<supervisor_action::start_child>(actions[i]) ||
          std::holds_alternative<supervisor_action::terminate>(actions[i])) {
        EXPECT_EQ(i + 1, actions.size()) << "start_child or terminate is not the last action";
      }
      std::visit([this](const auto& action) { note(action); }, actions[i]);
    }
    // A kill works at once here; its notice is one more input.
    if (killed_ != 0) {
      const run_number run = std::exchange(killed_, 0);
      if (living_.count(run) != 0) {
        end(run, exit_reason::killed());
      }
    }
  }

  void note(const supervisor_action::start_child& action) {
    EXPECT_EQ(starting_, 0u) << "two starts at a time";
    EXPECT_TRUE(runs_.insert(action.run).second) << "a run number used twice";
    starting_ = action.run;
  }
  void note(const supervisor_action::stop_child& action) {
    EXPECT_EQ(starting_, 0u) << "a stop during a start";
    EXPECT_TRUE(asked_.empty()) << "two stops at a time";
    EXPECT_EQ(living_.count(action.run), 1u) << "asked a child that has ended";
    asked_.insert(action.run);
  }
  void note(const supervisor_action::kill_child& action) {
    EXPECT_EQ(living_.count(action.run), 1u) << "killed a child that has ended";
    killed_ = action.run;
  }
  void note(const supervisor_action::arm_timer& action) {
    EXPECT_EQ(timer_, 0u) << "two timers at a time";
    timer_ = action.timer;
  }
  void note(const supervisor_action::cancel_timer& action) {
    EXPECT_EQ(timer_, action.timer);
    timer_ = 0;
  }
  void note(const supervisor_action::retry_later& action) { retries_.push_back(action); }
  void note(const supervisor_action::reply& action) {
    EXPECT_TRUE(answered_.insert(action.call).second) << "a call answered twice";
    EXPECT_LT(action.call, next_call_);
  }
  void note(const supervisor_action::forget_recipe& action) {
    EXPECT_TRUE(forgotten_.insert(action.recipe).second) << "a recipe forgotten twice";
  }
  void note(const supervisor_action::report& action) {
    if (const auto* outlives = std::get_if<child_outlives_kill>(&action.event)) {
      asked_.erase(outlives->run);
    }
    if (std::holds_alternative<child_started>(action.event) ||
        std::holds_alternative<child_restarted>(action.event)) {
      ++begun_;
    }
    if (std::holds_alternative<child_exited>(action.event) ||
        std::holds_alternative<child_stopped>(action.event)) {
      ++over_;
    }
  }
  template <class Action>
  void note(const Action& /*action*/) {}

  std::mt19937 random_;
  recipe_number next_recipe_ = 1;
  supervisor_core core_;
  monotonic_time now_{0};
  call_number next_call_ = 1;
  run_number starting_ = 0;
  run_number killed_ = 0;
  timer_number timer_ = 0;
  std::set<run_number> living_;
  std::set<run_number> asked_;
  std::set<run_number> runs_;
  std::set<call_number> answered_;
  std::set<recipe_number> forgotten_;
  std::vector<supervisor_action::retry_later> retries_;
  int begun_ = 0;
  int over_ = 0;
};

}  // namespace slipway::lives
