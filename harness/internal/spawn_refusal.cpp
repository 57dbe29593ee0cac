// slipway/harness/internal/spawn_refusal.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/spawn_refusal.hpp>

#include <cerrno>
#include <system_error>

namespace slipway::harness {

spawn_error spawn_refusal(spawn_fault why, const std::string& program) {
  const auto made = [&](spawn_errc code, int system_errno) {
    return spawn_error{
        code, "cannot start '" + program + "': " + std::generic_category().message(system_errno),
        system_errno};
  };
  switch (why) {
    case spawn_fault::enoent:
      return made(spawn_errc::program_not_found, ENOENT);
    case spawn_fault::eacces:
      return made(spawn_errc::permission_denied, EACCES);
    case spawn_fault::eagain:
      return made(spawn_errc::too_many_processes, EAGAIN);
    case spawn_fault::emfile:
      break;
  }
  return made(spawn_errc::too_many_files, EMFILE);
}

}  // namespace slipway::harness
