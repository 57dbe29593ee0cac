// slipway/actors/package_dir.cpp
//
// Compiled in the build tree, and once more by each project that uses an installation, because a
// library that is built before it is installed cannot know where to; see
// cmake/slipwayConfig.cmake.in.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/package_dir.hpp>

namespace slipway {

std::string default_package_dir() {
  return SLIPWAY_PYTHON_DIR;
}

}  // namespace slipway
