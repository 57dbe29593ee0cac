// slipway/tools/config_reader.hpp
//
// From a TOML file to the tree that it describes, or to everything that is wrong with it.
// Belongs here: which keys there are, what they mean, which contradict each other.
// Does not: whether what they name exists on this machine (interpreter_check).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/toml_fault.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/tools/run_config.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// Reads `text` as the content of a file.
/// @param file         the file's name, for faults; relative paths in it are relative to its
/// folder.
/// @param package_dir  where the package `slipway_worker` lies.
/// Errors  every fault that was found, in the order of the file; a syntax error comes alone.
[[nodiscard]] result<run_config, std::vector<harness::toml_fault>> read_config_text(
    std::string_view text, const std::string& file, const std::string& package_dir);

/// The same for a file. Errors  also that it cannot be read.
[[nodiscard]] result<run_config, std::vector<harness::toml_fault>> read_config(
    const std::filesystem::path& file, const std::string& package_dir);

}  // namespace slipway::tools
