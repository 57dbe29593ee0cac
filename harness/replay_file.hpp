// slipway/harness/replay_file.hpp
//
// A simulated run as a text that `slipway replay` runs again.
//
//     scenario = "pool"
//     seed = 42
//     steps = "0*19 3 0*3 1"
//
//     [[fault]]
//     …
//
// Belongs here: the text, which is TOML; the faults are those of docs/faults-plan.md.
// Does not: which scenarios there are.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/scenario.hpp>
#include <slipway/harness/schedule.hpp>
#include <slipway/protocol/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::harness {

/// A run of a scenario that has a name.
struct replay {
  std::string scenario{};
  std::uint64_t seed = 0;
  schedule steps{};
  fault_plan plan{};
};

[[nodiscard]] replay replay_of(const scenario& what, const run_result& run);

[[nodiscard]] std::string to_text(const replay& again);

/// @param file  its name, for what is told of it.
/// Errors  one line for each thing that is wrong.
[[nodiscard]] result<replay, std::string> read_replay(std::string_view text,
                                                      const std::string& file);

}  // namespace slipway::harness
