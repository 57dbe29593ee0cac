// slipway/tools/finding.hpp
//
// One thing that was checked, how it stands, and how to mend it.
// Belongs here: the value, the table of them.
// Does not: the checks.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/terminal_style.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::tools {

enum class finding_level : std::uint8_t {
  ok,
  warn,  ///< works, but somebody will stumble over it
  fail,  ///< nothing will work until it is mended
};

struct finding {
  finding_level level = finding_level::ok;
  std::string subject;   ///< "python", "open files"
  std::string text;      ///< what was found
  std::string remedy{};  ///< what to do; empty when all is well. May have several lines.
};

[[nodiscard]] bool any_failed(const std::vector<finding>& findings);

/// The worst level; `ok` for none.
[[nodiscard]] finding_level worst(const std::vector<finding>& findings);

/// One line each, and one for each line of a remedy.
[[nodiscard]] std::string findings_text(const std::vector<finding>& findings,
                                        const terminal_style& style);

}  // namespace slipway::tools
