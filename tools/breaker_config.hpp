// slipway/tools/breaker_config.hpp
//
// A breaker of a pool, from its table in the configuration.
// Belongs here: its keys and which contradict each other. Does not: the rest of a pool (config_reader).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/harness/toml_table.hpp>

#include <optional>
#include <string_view>

namespace slipway::tools {

/// Reads the table `key` of `pool`; nothing when there is none. Faults go to the table's log.
[[nodiscard]] std::optional<circuit_breaker_options> read_breaker(harness::toml_table& pool,
                                                                  std::string_view key);

}  // namespace slipway::tools
