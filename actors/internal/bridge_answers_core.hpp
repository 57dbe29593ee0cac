// slipway/actors/internal/bridge_answers_core.hpp
//
// Which workers a command of a bridge goes to, and what one answer becomes of several.
// Belongs here: the table of known commands. Does not: calling.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::internal {

/// The workers from `first` on, `count` of them.
struct bridge_route {
  std::size_t first = 0;
  std::size_t count = 1;

  friend bool operator==(const bridge_route&, const bridge_route&) = default;
};

/// A session goes to one worker, always the same; so does a program outside of sessions. What is
/// about all of them goes to all workers, anything else to the one whose turn it is.
/// @param workers  how many there are, at least one.
/// @param turn     any number, another for each call.
[[nodiscard]] bridge_route route(std::string_view command, const value& args, std::size_t workers,
                                 std::size_t turn);

/// Makes one answer of those that the workers gave: programs are sorted by id and session, counts
/// are summed, anything else is the first. `get_stats` has `programs_count` and `workers` then.
/// @param answers  at least one, in the order of the workers.
/// @returns        failed: what the answer of a known command lacks.
[[nodiscard]] result<value, std::string> merge(std::string_view command,
                                               const std::vector<value>& answers);

}  // namespace slipway::internal
