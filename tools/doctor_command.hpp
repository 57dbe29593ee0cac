// slipway/tools/doctor_command.hpp
//
// Checks whether pools can run here, and says how to mend what is missing.
// Belongs here: the course of `slipway doctor`.
// Does not: the checks (interpreter_check, machine_check).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const doctor_settings& wanted);

}  // namespace slipway::tools
