// slipway/tools/install_layout.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/install_layout.hpp>

#include <system_error>

namespace slipway::tools {
namespace {

std::filesystem::path from_bin(const char* way) {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return std::filesystem::weakly_canonical(program.parent_path() / way, failed);
}

}  // namespace

std::filesystem::path share_dir() {
  return from_bin(SLIPWAY_SHARE_FROM_BIN);
}

std::string package_dir() {
  std::error_code failed;
  return std::filesystem::weakly_canonical(share_dir() / "python", failed).string();
}

std::string fault_relay() {
  return (from_bin(SLIPWAY_LIBEXEC_FROM_BIN) / "slipway-fault-relay").string();
}

}  // namespace slipway::tools
