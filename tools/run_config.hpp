// slipway/tools/run_config.hpp
//
// The tree that a configuration describes, read and checked.
// Belongs here: the values.
// Does not: TOML (config_reader), starting it (running_tree). The keys, their defaults and their
// ranges are documented in docs/configuration.md.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/system.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace slipway::tools {

struct run_config {
  std::string file{};  ///< as given on the command line, for error texts
  /// Name, intensity and period of the top supervisor; the rest is for whoever starts it.
  system_options system{};
  /// At least one; names are unique; paths are absolute.
  std::vector<python_pool_options> pools{};
};

}  // namespace slipway::tools
