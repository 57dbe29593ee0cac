// slipway/tools/install_layout.hpp
//
// Where the command finds what belongs to it, in the build tree and once installed alike: from its
// own path.
// Belongs here: the places.
// Does not: checking what lies there.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace slipway::tools {

/// The folder with `python/` and `examples/`. Absolute, without links.
[[nodiscard]] std::filesystem::path share_dir();

/// The folder with the package slipway_worker.
[[nodiscard]] std::string package_dir();

/// The program that stands before a worker whose process a fault plan may break.
[[nodiscard]] std::string fault_relay();

}  // namespace slipway::tools
