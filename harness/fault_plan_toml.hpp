// slipway/harness/fault_plan_toml.hpp
//
// Fault plans as text: read from TOML, and written so that reading gives the same plan.
//
//     [[fault]]
//     what = "kill"
//     when = { request = 3 }
//     whom = { name = "echo", worker = 2 }
//     times = 5
//
// Belongs here: the keys, their ranges and what they mean; docs/faults-plan.md lists them.
// Does not: what the faults do.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/toml_fault.hpp>
#include <slipway/protocol/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {

/// Reads the tables `[[fault]]` of `text`.
/// @param file  its name, for what is told of it.
/// Errors  all that was found, in the order of the file; a syntax error comes alone.
[[nodiscard]] result<fault_plan, std::vector<toml_fault>> read_fault_plan_text(
    std::string_view text, const std::string& file);

/// The same for a file. Errors  also that it cannot be read.
[[nodiscard]] result<fault_plan, std::vector<toml_fault>> read_fault_plan(
    const std::filesystem::path& file);

/// Reading the text gives this plan again, to the nanosecond. Numbers of which TOML has no greater
/// ones become the greatest, 2^63 - 1.
[[nodiscard]] std::string to_toml(const fault_plan& plan);

}  // namespace slipway::harness
