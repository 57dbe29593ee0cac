// slipway/tools/preflight.hpp
//
// What every subcommand that starts workers does first: read the configuration, check its
// interpreters.
// Belongs here: the order of it and what is said when it fails.
// Does not: the checks themselves.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/run_config.hpp>

#include <string>

namespace slipway::tools {

/// Reads the configuration. When it is wrong, says all that is, and gives `usage`.
[[nodiscard]] result<run_config, exit_code> load_config(const std::string& file, console& screen);

/// Checks the interpreter of each pool. When one cannot work, says which, why and how to mend it,
/// and gives `environment`; otherwise gives `ok` and says nothing.
[[nodiscard]] exit_code check_interpreters(const run_config& config, console& screen);

}  // namespace slipway::tools
