// slipway/actors/process_spec.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/process_spec.hpp>

namespace slipway {

const char* to_string(spawn_errc code) {
  switch (code) {
    case spawn_errc::program_not_found:
      return "program_not_found";
    case spawn_errc::permission_denied:
      return "permission_denied";
    case spawn_errc::bad_working_directory:
      return "bad_working_directory";
    case spawn_errc::too_many_processes:
      return "too_many_processes";
    case spawn_errc::too_many_files:
      return "too_many_files";
    case spawn_errc::spawner_stopped:
      return "spawner_stopped";
    case spawn_errc::system_error:
      break;
  }
  return "system_error";
}

}  // namespace slipway
