// slipway/tools/finding.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/finding.hpp>

#include <algorithm>
#include <sstream>

namespace slipway::tools {
namespace {

constexpr std::size_t subject_columns = 16;

std::string level_text(finding_level level, const terminal_style& style) {
  switch (level) {
    case finding_level::ok:
      return style.paint(tone::good, "ok  ");
    case finding_level::warn:
      return style.paint(tone::odd, "warn");
    case finding_level::fail:
      break;
  }
  return style.paint(tone::bad, "FAIL");
}

}  // namespace

finding_level worst(const std::vector<finding>& findings) {
  finding_level level = finding_level::ok;
  for (const auto& one : findings) {
    level = std::max(level, one.level);
  }
  return level;
}

bool any_failed(const std::vector<finding>& findings) {
  return worst(findings) == finding_level::fail;
}

std::string findings_text(const std::vector<finding>& findings, const terminal_style& style) {
  std::string text;
  for (const auto& one : findings) {
    std::string subject = one.subject;
    subject.resize(std::max(subject.size() + 1, subject_columns), ' ');
    text += "  " + level_text(one.level, style) + "  " + subject + one.text + "\n";
    std::istringstream lines(one.remedy);
    const std::string indent(8 + subject_columns, ' ');
    for (std::string line; std::getline(lines, line);) {
      text.append(indent).append(style.pick("→ ", "-> ")).append(line).append("\n");
    }
  }
  return text;
}

}  // namespace slipway::tools
