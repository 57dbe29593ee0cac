// slipway/harness/explore.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/explore.hpp>
#include <slipway/harness/fault_plan_code.hpp>
#include <slipway/harness/fault_text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "0x%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

// Tries smaller runs and keeps the smallest that breaks the same rule.
class shrinker {
 public:
  shrinker(const scenario& what, std::span<const invariant> rules, const run_result& failed,
           std::size_t most_runs)
      : what_(what), rules_(rules), best_(failed), runs_left_(most_runs) {
    best_.setup.steps = failed.chosen;
  }

  run_result shrink() {
    bool smaller = true;
    while (smaller && runs_left_ != 0) {
      smaller = drop_rules();
      smaller = shorten() || smaller;
      smaller = calm() || smaller;
    }
    // Once more, with its lines.
    run_setup setup = best_.setup;
    setup.trace = run_trace::detail::lines;
    run_result told = run_once(what_, setup, rules_);
    told.setup.steps = setup.steps;
    return told.broken ? told : best_;
  }

 private:
  bool attempt(fault_plan plan, schedule steps) {
    if (runs_left_ == 0) {
      return false;
    }
    --runs_left_;
    run_setup setup = best_.setup;
    setup.plan = std::move(plan);
    setup.steps = std::move(steps);
    run_result tried = run_once(what_, setup, rules_);
    if (!tried.broken || tried.broken->name != best_.broken->name) {
      return false;
    }
    tried.setup = std::move(setup);
    best_ = std::move(tried);
    return true;
  }

  bool drop_rules() {
    bool smaller = false;
    for (std::size_t i = best_.setup.plan->rules.size(); i-- != 0;) {
      fault_plan plan = *best_.setup.plan;
      plan.rules.erase(plan.rules.begin() + static_cast<std::ptrdiff_t>(i));
      smaller = attempt(std::move(plan), *best_.setup.steps) || smaller;
    }
    return smaller;
  }

  // Without its end: whoever can go on first does.
  bool shorten() {
    bool smaller = false;
    for (std::size_t cut = length() / 2; cut != 0;) {
      schedule steps = *best_.setup.steps;
      steps.choices.resize(length() - std::min(cut, length()));
      if (length() != 0 && attempt(*best_.setup.plan, std::move(steps))) {
        smaller = true;
        cut = std::min(cut, length());
      } else {
        cut /= 2;
      }
    }
    return smaller;
  }

  // Parts of it made zero, each half as long as those before.
  bool calm() {
    bool smaller = false;
    for (std::size_t part = length() / 2; part != 0; part /= 2) {
      for (std::size_t begin = 0; begin < length(); begin += part) {
        schedule steps = *best_.setup.steps;
        const auto from = steps.choices.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto to = begin + part < length() ? from + static_cast<std::ptrdiff_t>(part)
                                                : steps.choices.end();
        if (std::all_of(from, to, [](std::uint32_t each) { return each == 0; })) {
          continue;
        }
        std::fill(from, to, 0);
        smaller = attempt(*best_.setup.plan, std::move(steps)) || smaller;
      }
    }
    return smaller;
  }

  // Zeros at the end are not there.
  [[nodiscard]] std::size_t length() const {
    const auto& choices = best_.setup.steps->choices;
    std::size_t end = choices.size();
    while (end != 0 && choices[end - 1] == 0) {
      --end;
    }
    return end;
  }

  const scenario& what_;
  std::span<const invariant> rules_;
  run_result best_;
  std::size_t runs_left_;
};

std::string identifier_of(const std::string& text) {
  std::string made;
  for (const char each : text) {
    const bool fits = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                      (each >= '0' && each <= '9');
    made += fits ? each : '_';
  }
  return made;
}

}  // namespace

exploration_report explore(const scenario& what, std::span<const invariant> rules,
                           const exploration& how) {
  exploration_report report;
  for (std::size_t i = 0; i != how.seeds; ++i) {
    run_result run =
        run_once(what, {.seed = how.first_seed + i, .most_steps = how.most_steps}, rules);
    ++report.runs;
    report.steps += run.steps;
    report.calls += run.calls;
    report.results += run.results;
    report.hash = (report.hash ^ run.hash) * 0x100000001b3U;
    const bool goes_on = !how.after_run || how.after_run(run);
    if (run.broken) {
      if (how.shrink_runs != 0) {
        report.smallest = shrink(what, rules, run, how.shrink_runs);
      }
      report.failure = std::move(run);
      return report;
    }
    if (!goes_on) {
      break;
    }
  }
  return report;
}

run_result shrink(const scenario& what, std::span<const invariant> rules, const run_result& failed,
                  std::size_t most_runs) {
  return shrinker(what, rules, failed, most_runs).shrink();
}

std::string to_text(const scenario& what, const run_result& failed) {
  std::string text =
      "scenario '" + what.name + "', seed " + std::to_string(failed.setup.seed) + ": ";
  if (failed.broken) {
    text += "\"" + failed.broken->name + "\" is broken after step " +
            std::to_string(failed.broken->step) + ": " + failed.broken->what + "\n";
  } else {
    text += "no rule is broken\n";
  }
  if (failed.setup.plan) {
    for (const auto& each : failed.setup.plan->rules) {
      text += "  fault: " + to_string(each.what) + "\n";
    }
  }
  text += "  steps: " + failed.chosen.to_text() + "\n  hash:  " + hexadecimal(failed.hash) + "\n";
  for (const auto& line : failed.lines) {
    text += "  " + line + "\n";
  }
  return text;
}

std::string to_test(const scenario& what, const run_result& failed,
                    const std::string& scenario_text) {
  const schedule& steps = failed.setup.steps ? *failed.setup.steps : failed.chosen;
  std::string text = "TEST(" + identifier_of(what.name) + "_regressions, seed_" +
                     std::to_string(failed.setup.seed);
  if (failed.broken) {
    text += "_keeps_" + identifier_of(failed.broken->name);
  }
  text += ") {\n  using namespace slipway;\n  using namespace slipway::harness;\n";
  text += "  fault_plan plan;\n";
  if (failed.setup.plan) {
    for (const auto& each : failed.setup.plan->rules) {
      text += "  plan.rules.push_back(" + code_of(each) + ");\n";
    }
  }
  text += "  const auto run = run_once(" + scenario_text +
          ",\n                            {.seed = " + std::to_string(failed.setup.seed) +
          ", .plan = plan,\n                             .steps = schedule::from_text(\"" +
          steps.to_text() + "\")},\n                            invariants::all());\n";
  text += "  EXPECT_FALSE(run.broken) << run.broken->name << \": \" << run.broken->what;\n}\n";
  return text;
}

}  // namespace slipway::harness
