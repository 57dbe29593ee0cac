// slipway/tools/explore_command.hpp
//
// Looks for a schedule that breaks a rule, and keeps the smallest for `slipway replay`.
// Belongs here: the course of `slipway explore`. Does not: scenarios and rules (harness).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const explore_settings& wanted);

}  // namespace slipway::tools
