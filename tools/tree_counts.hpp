// slipway/tools/tree_counts.hpp
//
// How often the tree had to help itself.
// Belongs here: the numbers.
// Does not: counting them (tree_watch).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway::tools {

struct tree_counts {
  std::uint64_t workers_started = 0;  ///< that became ready
  std::uint64_t workers_removed = 0;  ///< given up by their pool, for whatever reason
  std::uint64_t init_failures = 0;    ///< starts that did not get as far as ready
  std::uint64_t pool_restarts = 0;    ///< by the supervisor

  friend bool operator==(const tree_counts&, const tree_counts&) = default;
};

}  // namespace slipway::tools
