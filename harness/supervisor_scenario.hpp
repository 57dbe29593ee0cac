// slipway/harness/supervisor_scenario.hpp
//
// A ready-made scenario without processes: a supervisor of drawn flags, children of every kind that end
// in every way, and somebody who manages them.
// Belongs here: what is in such a run. Does not: what must hold of it (invariant).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/scenario.hpp>

#include <string>

namespace slipway::harness {

/// Four children that are permanent, transient or temporary, some of which ignore a `shutdown`. In some
/// runs restarts fail; in others children are terminated and restarted by calls. It has no faults of
/// processes.
[[nodiscard]] scenario supervisor_scenario(std::string name);

}  // namespace slipway::harness
