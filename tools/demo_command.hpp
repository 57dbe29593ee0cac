// slipway/tools/demo_command.hpp
//
// Real Python work while its workers are being killed and frozen, and the proof that nothing was
// lost.
// Belongs here: the course of `slipway demo`.
// Does not: the work (demo_work), the kills (demo_chaos), the rule (demo_verdict).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const demo_settings& wanted);

}  // namespace slipway::tools
