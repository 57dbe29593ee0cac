// slipway/tools/install_layout.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/install_layout.hpp>

#include <system_error>

namespace slipway::tools {

std::filesystem::path share_dir() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return std::filesystem::weakly_canonical(program.parent_path() / SLIPWAY_SHARE_FROM_BIN, failed);
}

std::string package_dir() {
  std::error_code failed;
  return std::filesystem::weakly_canonical(share_dir() / "python", failed).string();
}

}  // namespace slipway::tools
