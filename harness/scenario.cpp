// slipway/harness/scenario.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/scenario.hpp>

#include <cstddef>
#include <exception>
#include <utility>

namespace slipway::harness {
namespace {

constexpr const char* ends_rule = "the run ends";
// Of a run that was given up.
constexpr std::size_t most_last_steps = 10'000;

class conductor {
 public:
  conductor(const scenario& what, run_setup setup, std::span<const invariant> rules,
            choice_source& choices, simulation_options options)
      : rules_(rules), choices_(choices), run_(choices, options) {
    result_.setup = std::move(setup);
    if (!result_.setup.plan) {
      result_.setup.plan = what.draw_plan(result_.setup.seed);
    }
    under_way_ = what.begin(run_, result_.setup.seed, *result_.setup.plan);
  }
  conductor(const conductor&) = delete;
  conductor& operator=(const conductor&) = delete;
  conductor(conductor&&) = delete;
  conductor& operator=(conductor&&) = delete;

  ~conductor() {
    if (given_up_ && !choices_.ends_run()) {
      wind_down();
    }
    // What has not happened refers to what the scenario owns.
    run_.abandon();
  }

  run_result conduct() {
    if (run_until([this] { return under_way_->over(); })) {
      under_way_->stop();
      while (go_on()) {
      }
      if (!result_.broken && !choices_.ends_run()) {
        ask(invariant::moment::at_end);
      }
    }
    given_up_ = result_.broken.has_value();
    result_.chosen = run_.chosen();
    result_.hash = run_.trace().hash();
    result_.steps = run_.steps();
    result_.lines = run_.trace().lines();
    for (const auto& each : under_way_->view().calls) {
      ++result_.calls;
      result_.results += each.outcomes == 1 && !each.error ? 1 : 0;
    }
    return std::move(result_);
  }

 private:
  // Actors that are to end hold each other until they have; nobody watches any more.
  void wind_down() {
    under_way_->stop();
    for (std::size_t step = 0; step != most_last_steps && run_.step(); ++step) {
    }
  }

  template <class Done>
  bool run_until(Done done) {
    while (!done()) {
      if (!go_on()) {
        if (!result_.broken && !choices_.ends_run()) {
          break_rule(ends_rule, "nobody can go on, and no timer waits");
        }
        return false;
      }
    }
    return true;
  }

  // False: nothing more happens, or a rule is broken.
  bool go_on() {
    if (result_.broken) {
      return false;
    }
    if (run_.steps() >= result_.setup.most_steps) {
      break_rule(ends_rule, std::to_string(run_.steps()) + " steps were not enough");
      return false;
    }
    if (!run_.runnable()) {
      ask(invariant::moment::at_rest);
    }
    if (result_.broken || !run_.step()) {
      return false;
    }
    ask(invariant::moment::each_step);
    return !result_.broken && !choices_.ends_run();
  }

  void ask(invariant::moment now) {
    for (const auto& each : rules_) {
      if (each.asked == now) {
        if (auto wrong = each.broken(under_way_->view())) {
          break_rule(each.name, std::move(*wrong));
          return;
        }
      }
    }
  }

  void break_rule(std::string name, std::string what) {
    result_.broken = broken_invariant{std::move(name), std::move(what), run_.steps()};
  }

  std::span<const invariant> rules_;
  choice_source& choices_;
  run_result result_;
  bool given_up_ = false;
  simulation run_;
  std::unique_ptr<scenario_run> under_way_;
};

}  // namespace

run_result run_once(const scenario& what, run_setup setup, std::span<const invariant> rules,
                    choice_source& choices, simulation_options options) {
  return conductor(what, std::move(setup), rules, choices, options).conduct();
}

run_result run_once(const scenario& what, run_setup setup, std::span<const invariant> rules) {
  const simulation_options options{.trace = setup.trace};
  if (setup.steps) {
    replayed_choices recorded(*setup.steps);
    return run_once(what, std::move(setup), rules, recorded, options);
  }
  // Not the numbers that the scenario and its plan are drawn with.
  constexpr std::uint64_t stream = 1;
  seeded_choices drawn(random_source(setup.seed).split(stream).next());
  return run_once(what, std::move(setup), rules, drawn, options);
}

}  // namespace slipway::harness
