// slipway/harness/supervisor_scenario.hpp
//
// A ready-made scenario without processes: a supervisor of drawn flags, children of every kind that end
// in every way and suffer the faults of actors, and somebody who manages them.
// Belongs here: what is in such a run. Does not: what must hold of it (invariant).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/scenario.hpp>

#include <string>

namespace slipway::harness {

/// Four children that are permanent, transient or temporary, some of which ignore a `shutdown`. In some
/// runs one of the four is a supervisor of three more, so that giving up reaches the one above; in some
/// restarts fail; in others children are terminated and restarted by calls. A plan's faults of actors
/// strike the children ("child 1" to "child 4", "lower 1" to "lower 3", all with the tag "child") at the
/// messages to them; there are no processes for others.
[[nodiscard]] scenario supervisor_scenario(std::string name);

}  // namespace slipway::harness
