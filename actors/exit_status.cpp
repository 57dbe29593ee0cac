// slipway/actors/exit_status.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/exit_status.hpp>

#include <cstring>

namespace slipway {

std::string to_string(const exit_status& status) {
  switch (status.how) {
    case exit_status::kind::exited:
      return "exit code " + std::to_string(status.value);
    case exit_status::kind::signaled: {
      // sigdescr_np is the one description that neither allocates nor depends on the locale.
      const char* text = ::sigdescr_np(status.value);
      return "killed by signal " + std::to_string(status.value) +
             (text != nullptr ? " (" + std::string(text) + ")" : std::string());
    }
    case exit_status::kind::unknown:
      break;
  }
  return "exit status unknown";
}

}  // namespace slipway
