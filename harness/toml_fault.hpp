// slipway/harness/toml_fault.hpp
//
// One thing that is wrong with a file in TOML, as its author needs to be told.
// Belongs here: the value and its text.
// Does not: finding it (toml_table, and who knows what the keys mean).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::harness {

struct toml_fault {
  std::string file;
  std::uint32_t line = 0;  ///< counted from 1; 0 when the file itself is at fault
  std::uint32_t column = 0;
  std::string key;       ///< with its table: "pool.size"; empty when no key is at fault
  std::string found;     ///< "the string \"four\"", "nothing"
  std::string expected;  ///< "a whole number from 1 to 1024"

  friend bool operator==(const toml_fault&, const toml_fault&) = default;
};

/// "run.toml:7:8: pool.size: found the string "four", expected a whole number from 1 to 1024".
[[nodiscard]] std::string to_string(const toml_fault& wrong);

/// One line each.
[[nodiscard]] std::string to_string(const std::vector<toml_fault>& faults);

}  // namespace slipway::harness
