// slipway/actors/affinity.hpp
//
// How much a request insists on one worker.
// Belongs here: the three modes, and a wish for a worker.
// Does not: what a pool does about it (pool_core), why one would insist (session_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

/// One worker, from its first start to its end; never used again within its pool.
enum class worker_id : std::uint64_t {};

enum class affinity : std::uint8_t {
  hint,              ///< this worker if it is idle, else any
  strict_queue,      ///< this worker only; waits for it, fails when it goes
  strict_fail_fast,  ///< this worker only, and at once; fails when it is busy or gone
};

[[nodiscard]] constexpr const char* to_string(affinity mode) {
  switch (mode) {
    case affinity::hint:
      return "hint";
    case affinity::strict_queue:
      return "strict_queue";
    case affinity::strict_fail_fast:
      break;
  }
  return "strict_fail_fast";
}

/// The mode of this name.
[[nodiscard]] constexpr std::optional<affinity> affinity_from_string(std::string_view name) {
  for (const affinity mode : {affinity::hint, affinity::strict_queue, affinity::strict_fail_fast}) {
    if (name == to_string(mode)) {
      return mode;
    }
  }
  return std::nullopt;
}

/// Which worker a request wants, and how.
struct worker_wish {
  worker_id worker;
  affinity mode = affinity::strict_queue;

  friend bool operator==(const worker_wish&, const worker_wish&) = default;
};

/// One worker among those of all restarts of a pool, whose workers' ids begin anew with each.
struct worker_ref {
  std::uint64_t run = 0;  ///< counted from 1
  worker_id worker{};

  friend auto operator<=>(const worker_ref&, const worker_ref&) = default;
};

}  // namespace slipway
