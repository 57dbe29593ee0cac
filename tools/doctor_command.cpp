// slipway/tools/doctor_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/console.hpp>
#include <slipway/tools/default_python.hpp>
#include <slipway/tools/doctor_command.hpp>
#include <slipway/tools/install_layout.hpp>
#include <slipway/tools/interpreter_check.hpp>
#include <slipway/tools/machine_check.hpp>
#include <slipway/tools/preflight.hpp>

#include <cstdio>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr std::size_t usual_workers = 4;

/// A heading and what stands below it.
struct section {
  std::string heading;
  std::vector<finding> findings;
};

std::vector<section> examine(const run_config& config) {
  std::vector<section> sections;
  std::size_t workers = 0;
  for (const auto& pool : config.pools) {
    workers += pool.size;
    sections.push_back({"pool '" + pool.name + "'", check_interpreter(pool)});
  }
  sections.push_back({"machine", judge_machine(read_machine_limits(), workers)});
  return sections;
}

// Without a configuration, one interpreter that works is enough; the others are worth knowing of.
std::vector<section> examine() {
  std::vector<section> sections;
  bool found = false;
  for (const auto& candidate : python_candidates()) {
    python_pool_options options{.python = candidate, .package_dir = package_dir()};
    auto findings = check_interpreter(options);
    const bool usable = !any_failed(findings);
    sections.push_back({"interpreter " + candidate, std::move(findings)});
    found = found || usable;
  }
  if (found) {
    for (auto& one : sections) {
      for (auto& each : one.findings) {
        each.level = each.level == finding_level::fail ? finding_level::warn : each.level;
      }
    }
  }
  sections.push_back({"machine", judge_machine(read_machine_limits(), usual_workers)});
  return sections;
}

std::string verdict(finding_level level, const terminal_style& style) {
  switch (level) {
    case finding_level::ok:
      return style.paint(tone::good, "All is well.");
    case finding_level::warn:
      return style.paint(tone::odd, "Usable; see the warnings above.");
    case finding_level::fail:
      break;
  }
  return style.paint(tone::bad, "Not usable yet; each FAIL above says how to mend it.");
}

}  // namespace

exit_code perform(const doctor_settings& wanted) {
  console errors = console::on(STDERR_FILENO);
  console screen = console::on(STDOUT_FILENO);
  std::vector<section> sections;
  if (wanted.config.empty()) {
    sections = examine();
  } else {
    const auto config = load_config(wanted.config, errors);
    if (!config) {
      return config.error();
    }
    sections = examine(*config);
  }
  screen.line("slipway " SLIPWAY_VERSION);
  finding_level level = finding_level::ok;
  for (const auto& [heading, findings] : sections) {
    std::string text = findings_text(findings, screen.style());
    text.pop_back();
    screen.line("");
    screen.line(screen.style().paint(tone::strong, heading));
    screen.line(text);
    level = std::max(level, worst(findings));
  }
  screen.line("");
  screen.line(verdict(level, screen.style()));
  return level == finding_level::fail ? exit_code::environment : exit_code::ok;
}

}  // namespace slipway::tools
