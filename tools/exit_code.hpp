// slipway/tools/exit_code.hpp
//
// What the command tells its caller by how it ends. Documented in docs/configuration.md and in
// --help.
// Belongs here: the numbers.
// Does not: who decides which.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway::tools {

enum class exit_code : std::uint8_t {
  ok = 0,             ///< everything asked for was done
  some_failed = 1,    ///< requests failed, or the demo did not hold what it promises
  usage = 2,          ///< command line or configuration is wrong; nothing was started
  environment = 3,    ///< the tree could not be started, or gave up
  interrupted = 130,  ///< stopped by SIGINT (128 + 2)
  terminated = 143,   ///< stopped by SIGTERM (128 + 15)
};

}  // namespace slipway::tools
