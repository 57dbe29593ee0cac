// slipway/tools/run_command.hpp
//
// Feeds a file of requests to the tree of a configuration and writes a file of results.
// Belongs here: the course of `slipway run`.
// Does not: how a request is carried out (request_runner).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const run_settings& wanted);

}  // namespace slipway::tools
