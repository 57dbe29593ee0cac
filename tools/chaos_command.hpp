// slipway/tools/chaos_command.hpp
//
// `slipway chaos`: runs a configuration's tree under load while a fault plan breaks it.
// Belongs here: the order of things. Does not: faults (harness), the reports (chaos_report).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const chaos_settings& wanted);

}  // namespace slipway::tools
