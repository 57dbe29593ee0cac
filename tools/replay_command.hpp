// slipway/tools/replay_command.hpp
//
// Runs a simulated run again and prints each of its steps.
// Belongs here: the course of `slipway replay`. Does not: the run (harness).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const replay_settings& wanted);

}  // namespace slipway::tools
