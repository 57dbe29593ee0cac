// slipway/actors/package_dir.hpp
//
// Where the Python package of this build, or of this installation, lies. Belongs here: the place.
// Does not: checking what lies there.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace slipway {

/// The folder with the package slipway_worker. Absolute.
[[nodiscard]] std::string default_package_dir();

}  // namespace slipway
