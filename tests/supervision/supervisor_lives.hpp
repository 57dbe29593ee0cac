// slipway/tests/supervision/supervisor_lives.hpp
//
// Random lives of supervisors beside the same lives of the naive model: at each step both must have
// done and answered the same. A seed is a life.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core_driver.hpp"
#include "naive_supervisor.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace slipway::testing {

/// Draws worlds, rules and events.
class dice {
 public:
  explicit dice(unsigned seed) : random_(seed) {}

  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_);
  }

  exit_reason reason() {
    switch (below(5)) {
      case 0:
        return exit_reason::normal();
      case 1:
        return exit_reason::shutdown();
      case 2:
        return exit_reason::shutdown("x");
      case 3:
        return exit_reason::killed();
      default:
        return boom();
    }
  }

  static child_id id(unsigned which) {
    child_id id{"c"};
    id += std::to_string(which);  // GCC 12 warns without cause of "c" + std::to_string(…)
    return id;
  }

  /// Six ids; each has a script of start outcomes, and some do not listen when asked to stop.
  naive_world world() {
    naive_world made;
    for (unsigned i = 0; i < 6; ++i) {
      for (unsigned left = below(12); left > 0; --left) {
        const unsigned what = below(8);
        made.scripts[id(i)].push_back(what == 0 ? declines() : what < 3 ? fails(boom()) : ok());
      }
      if (below(3) == 0) {
        made.deaf.insert(id(i));
      }
    }
    return made;
  }

  child_rules rules(const child_id& id, const naive_world& world, auto_shutdown_type how) {
    child_rules made{.id = id, .restart = static_cast<restart_type>(below(3))};
    made.type = below(4) == 0 ? child_type::supervisor : child_type::worker;
    const bool deaf = world.deaf.count(id) != 0;
    switch (below(deaf ? 2 : 3)) {  // who neither listens nor is killed lives for ever
      case 0:
        made.shutdown = shutdown_type::brutal_kill();
        break;
      case 1:
        made.shutdown = shutdown_type::timeout(std::chrono::milliseconds{100 * (1 + below(8))});
        break;
      default:
        made.shutdown = shutdown_type::infinity();
    }
    made.significant = how != auto_shutdown_type::never &&
                       made.restart != restart_type::permanent && below(2) == 0;
    return made;
  }

  supervisor_flags flags() {
    return {.strategy = static_cast<restart_strategy>(below(3)),
            .intensity = below(6),
            .period = std::chrono::seconds{1 + below(4)},
            .auto_shutdown = static_cast<auto_shutdown_type>(below(3))};
  }

 private:
  std::mt19937 random_;
};

template <class Driver>
void inhabit(Driver& core, const naive_world& world) {
  for (const auto& [id, script] : world.scripts) {
    core.script(id, script);
  }
  for (const child_id& id : world.deaf) {
    core.ignores_shutdown(id);
  }
}

/// Whether model and core have come to the same.
template <class Driver, class Model>
::testing::AssertionResult agree(Driver& core, Model& model, const std::string& answer_of_core,
                                 const std::string& answer_of_model) {
  const lines seen = core.take();
  const lines expected = model.take();
  if (seen != expected || answer_of_core != answer_of_model) {
    return ::testing::AssertionFailure()
           << "core: " << ::testing::PrintToString(seen) << " answers " << answer_of_core
           << "\nmodel: " << ::testing::PrintToString(expected) << " answers " << answer_of_model;
  }
  if (model.ended() != core.core().ended() || model.now() != core.now()) {
    return ::testing::AssertionFailure() << "core at " << core.now().count() << "\n"
                                         << core.core().dump() << "model at " << model.now().count()
                                         << (model.ended() ? " ended" : " alive");
  }
  if (!model.ended() && (core.which() != model.which() || core.count() != model.count())) {
    return ::testing::AssertionFailure() << "core: " << core.which() << ", " << core.count()
                                         << "\nmodel: " << model.which() << ", " << model.count();
  }
  return ::testing::AssertionSuccess();
}

/// Holds back retries now and then, so that other things come between two of them.
template <class Driver, class Model>
class retry_gate {
 public:
  retry_gate(Driver& core, Model& model) : core_(core), model_(model) {}
  void flip(dice& draw) {
    if (!held_ && draw.below(4) == 0) {
      core_.hold_retries();
      held_ = true;
    } else if (held_ && draw.below(3) == 0) {
      held_ = false;
      core_.release_retries();
      settle();
    }
  }
  void settle() {
    core_.settle();
    if (!held_) {
      model_.retry_all();
    }
  }

 private:
  Driver& core_;
  Model& model_;
  bool held_ = false;
};

inline void live_ordinary(unsigned seed) {
  dice draw(seed);
  const naive_world world = draw.world();
  const supervisor_flags flags = draw.flags();
  std::vector<child_rules> first;
  for (unsigned i = draw.below(5); i > 0; --i) {
    first.push_back(draw.rules(dice::id(i), world, flags.auto_shutdown));
  }
  core_driver core{flags, first};
  naive_supervisor model{flags, first, world};
  inhabit(core, world);
  retry_gate gate{core, model};
  core.start();
  core.settle();
  model.start_up();
  ASSERT_TRUE(agree(core, model, "", ""));
  for (int i = 0; i < 60 && !model.ended(); ++i) {
    gate.flip(draw);
    const child_id id = dice::id(draw.below(6));
    call_number call = 0;
    std::string answer = "none";
    switch (draw.below(8)) {
      case 0:
        call = core.terminate_child(id);
        answer = model.ended() ? "none" : model.terminate_child(id);
        break;
      case 1:
        call = core.restart_child(id);
        answer = model.ended() ? "none" : model.restart_child(id);
        break;
      case 2:
        call = core.delete_child(id);
        answer = model.ended() ? "none" : model.delete_child(id);
        break;
      case 3:
      case 4: {
        const child_rules rules = draw.rules(id, world, flags.auto_shutdown);
        call = core.start_child(rules);
        answer = model.ended() ? "none" : model.start_child(rules);
        break;
      }
      case 5: {
        const std::chrono::milliseconds time{draw.below(3000)};
        core.wait(time);
        model.pass(time);
        break;
      }
      default:
        if (const lines running = model.running(); !model.ended() && !running.empty()) {
          const child_id& victim = running[draw.below(static_cast<unsigned>(running.size()))];
          const exit_reason reason = draw.reason();
          core.down(victim, reason);
          model.down(victim, reason);
        }
    }
    gate.settle();
    ASSERT_TRUE(agree(core, model, core.reply(call), answer));
  }
  if (!model.ended()) {
    core.stop();
    core.settle();
    model.end(exit_reason::shutdown());
    ASSERT_TRUE(agree(core, model, "", ""));
  }
}

inline void live_dynamic(unsigned seed, bool simple) {
  dice draw(seed);
  const naive_world world = draw.world();
  supervisor_flags flags = draw.flags();
  flags.strategy = restart_strategy::simple_one_for_one;
  const child_rules only = draw.rules(dice::id(0), world, flags.auto_shutdown);
  const dynamic_supervisor_flags dynamic_flags{
      .max_restarts = flags.intensity,
      .max_seconds = flags.period,
      .max_children = draw.below(2) == 0 ? std::nullopt : std::optional<std::size_t>(3)};
  dynamic_core_driver core =
      simple ? dynamic_core_driver{flags, {only}} : dynamic_core_driver{dynamic_flags};
  naive_dynamic_supervisor model = simple ? naive_dynamic_supervisor{flags, only, world}
                                          : naive_dynamic_supervisor{dynamic_flags, world};
  inhabit(core, world);
  retry_gate gate{core, model};
  core.start();
  core.take();
  lines names{"nobody#1"};
  for (int i = 0; i < 60 && !model.ended(); ++i) {
    gate.flip(draw);
    call_number call = 0;
    std::string answer = "none";
    switch (draw.below(8)) {
      case 0:
      case 1:
      case 2: {
        const child_rules rules =
            draw.rules(dice::id(draw.below(6)), world, auto_shutdown_type::never);
        call = simple ? core.start_child(argument_list{}) : core.start_child(rules);
        answer = model.ended() ? "none" : model.start_child(rules);
        break;
      }
      case 3: {
        const std::string& name = names[draw.below(static_cast<unsigned>(names.size()))];
        call = core.terminate_process(name);
        answer = model.ended() ? "none" : model.terminate_process(name);
        break;
      }
      case 4: {
        const std::chrono::milliseconds time{draw.below(3000)};
        core.wait(time);
        model.pass(time);
        break;
      }
      default:
        if (const lines running = model.running(); !model.ended() && !running.empty()) {
          const std::string& victim = running[draw.below(static_cast<unsigned>(running.size()))];
          const exit_reason reason = draw.reason();
          core.down(core.process(victim).run, reason);
          model.down(victim, reason);
        }
    }
    gate.settle();
    for (const std::string& name : model.running()) {
      names.push_back(name);
    }
    ASSERT_TRUE(agree(core, model, core.reply(call), answer));
  }
  if (!model.ended()) {
    core.stop();
    core.settle();
    model.end(exit_reason::shutdown());
    ASSERT_TRUE(agree(core, model, "", ""));
  }
}

}  // namespace slipway::testing
