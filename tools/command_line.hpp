// slipway/tools/command_line.hpp
//
// From the words of the command line to settings.
// Belongs here: options, their help and examples.
// Does not: doing anything.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

#include <string>
#include <vector>

namespace slipway::tools {

/// There is nothing to do: help or version was asked for (`ok`), or the words are wrong (`usage`).
struct nothing_to_do {
  exit_code code = exit_code::ok;
  std::string text;  ///< for standard output when `ok`, else for standard error
};

/// @param words  without the program's name.
[[nodiscard]] result<settings, nothing_to_do> read_command_line(std::vector<std::string> words);

}  // namespace slipway::tools
