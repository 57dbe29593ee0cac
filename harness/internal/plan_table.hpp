// slipway/harness/internal/plan_table.hpp
//
// Reads one table of a plan file key by key and writes down everything that is wrong with it.
// Belongs here: types, ranges, unknown keys, places in the file. Does not: what the keys mean.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_plan_toml.hpp>

#include <toml++/toml.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness::internal {

/// What is wrong with one file, in the order in which it was found.
struct plan_faults {
  std::string file;
  std::vector<plan_fault> found{};
};

/// A view; lives no longer than table and faults.
class plan_table {
 public:
  static constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

  /// @param path  how the table is called in what is told of it; empty for the whole file.
  plan_table(const toml::table& table, std::string path, plan_faults& faults)
      : table_(&table), path_(std::move(path)), faults_(&faults) {}

  // Each gives nothing when the key is absent, and nothing with a fault when it is wrong.
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t least = 0,
                                                  std::int64_t most = greatest);
  [[nodiscard]] std::optional<double> fraction(std::string_view key);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
  /// `stem_ms`, or `stem_ns` for what no human has written.
  [[nodiscard]] std::optional<duration> length(std::string_view stem);
  /// Its place among `names`.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  std::span<const std::string_view> names);
  [[nodiscard]] std::optional<plan_table> table(std::string_view key);
  [[nodiscard]] std::vector<plan_table> tables(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const { return table_->contains(key); }
  [[nodiscard]] bool is_text(std::string_view key) const {
    return table_->get(key) != nullptr && table_->get(key)->is_string();
  }
  /// The keys that are there.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// Writes down what is wrong at the key, or at the table when it has no such key.
  void fault(std::string_view key, std::string found, std::string expected);
  /// Writes down each key that was never asked for.
  void report_unknown();

 private:
  const toml::node* ask(std::string_view key);
  [[nodiscard]] std::string path_to(std::string_view key) const;

  const toml::table* table_;
  std::string path_;
  plan_faults* faults_;
  std::vector<std::string> known_;
};

/// "one of: a, b, c".
[[nodiscard]] std::string one_of(std::span<const std::string_view> names);

}  // namespace slipway::harness::internal
