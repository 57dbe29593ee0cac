// slipway/tools/call_command.hpp
//
// Makes one call and prints its result.
// Belongs here: the course of `slipway call`.
// Does not: many calls (run_command).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const call_settings& wanted);

}  // namespace slipway::tools
