// slipway/supervision/supervision_tree.hpp
//
// Takes the picture of a running tree.
// Belongs here: asking all supervisors of a tree, with a deadline.
// Does not: the picture itself (tree_node.hpp), what a supervisor tells of its children (the
// cores).
// Source: supervisor:which_children/1, all the way down.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/supervisor_answers.hpp>
#include <slipway/supervision/tree_node.hpp>

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <string>

namespace slipway {

/// Asks a running supervisor, and all supervisors below it, for what they know of their children.
/// One that does not answer within `deadline` is shown with the state "no answer", and nothing below
/// it; the others are not held up by it for longer than that.
/// Thread: plain threads only. Errors: supervisor_down, timed_out, of the root alone.
[[nodiscard]] result<tree_node, supervisor_error> tree_of(caf::actor_system& system,
                                                          const caf::actor& supervisor,
                                                          std::string name,
                                                          std::chrono::milliseconds deadline);

}  // namespace slipway
