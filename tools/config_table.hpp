// slipway/tools/config_table.hpp
//
// Reads one table of a TOML file key by key and writes down everything that is wrong with it.
//
//     config_table pool(node, "pool", log);
//     options.size = pool.whole("size", {1, 1024}).value_or(4);
//     pool.report_unknown();
//
// Belongs here: types, ranges, unknown keys, places in the file.
// Does not: what the keys mean. Invariant: a key that was asked for is known; report_unknown
// reports all others.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/config_fault.hpp>

#include <toml++/toml.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// The faults of one file, in the order in which they were found.
struct fault_log {
  std::string file;
  std::vector<config_fault> faults{};
};

/// What a whole number may be, both ends included.
struct whole_range {
  std::int64_t least = 0;
  std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
};

/// A view of one table; lives no longer than table and log.
class config_table {
 public:
  /// @param path  how the table is called in faults: "pool", "pool.limits"; empty for the whole
  /// file.
  config_table(const toml::table& table, std::string path, fault_log& log);

  // Each gives nothing when the key is absent, and nothing with a fault when it is wrong.
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, whole_range range = {});
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
  [[nodiscard]] std::optional<std::map<std::string, std::string>> text_map(std::string_view key);
  [[nodiscard]] std::optional<config_table> table(std::string_view key);
  /// The elements of an array of tables, `[[key]]`.
  [[nodiscard]] std::vector<config_table> tables(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const { return table_->contains(key); }

  /// Writes a fault down at the key, or at the table when it has no such key.
  void fault(std::string_view key, std::string found, std::string expected);

  /// Writes a fault down for each key that was never asked for, with the known one most like it.
  void report_unknown();

 private:
  const toml::node* ask(std::string_view key);
  void wrong_type(std::string_view key, const toml::node& node, std::string expected);
  [[nodiscard]] std::string path_to(std::string_view key) const;

  const toml::table* table_;
  std::string path_;
  fault_log* log_;
  std::vector<std::string> known_;
};

/// "the string \"four\"", "the number 1.5", "a table".
[[nodiscard]] std::string describe(const toml::node& node);

}  // namespace slipway::tools
