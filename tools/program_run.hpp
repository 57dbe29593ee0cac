// slipway/tools/program_run.hpp
//
// Runs a short-lived program and gives what it printed.
// Belongs here: one run with a time limit.
// Does not: workers (they are ports).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/exit_status.hpp>
#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <string>

namespace slipway::tools {

struct program_output {
  exit_status status;
  std::string out;
  std::string err;
};

/// Runs `spec` (its limits are not applied) with nothing to read, and waits for its end.
/// @param patience  after which it is killed.
/// Errors  a sentence: it cannot be started, or took too long.
[[nodiscard]] result<program_output, std::string> run_program(const process_spec& spec,
                                                              duration patience);

}  // namespace slipway::tools
