// slipway/tools/machine_check.hpp
//
// Checks what the machine grants: system calls and limits.
// Belongs here: the checks and what they mean.
// Does not: Python (interpreter_check).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/finding.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::tools {

/// What this process may use; the greatest number stands for no limit.
struct machine_limits {
  std::uint64_t open_files = 0;
  std::uint64_t processes = 0;
  bool has_pidfd = false;
  bool has_close_range = false;
};

[[nodiscard]] machine_limits read_machine_limits();

/// @param workers  how many shall run at once.
[[nodiscard]] std::vector<finding> judge_machine(const machine_limits& limits, std::size_t workers);

}  // namespace slipway::tools
