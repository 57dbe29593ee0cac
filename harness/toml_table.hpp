// slipway/harness/toml_table.hpp
//
// Reads the tables of a TOML file key by key and writes down everything that is wrong with them.
//
//     toml_table root = document->root();
//     options.size = root.whole("size", {1, 1024}).value_or(4);
//     root.report_unknown();
//
// Belongs here: types, ranges, unknown keys, places in the file. Does not: what the keys mean.
// Invariant: a key that was asked for is known; report_unknown reports all others.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/toml_fault.hpp>
#include <slipway/protocol/result.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {

/// What a whole number may be, both ends included.
struct whole_range {
  std::int64_t least = 0;
  std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
};

/// How tables within tables are written.
enum class toml_tables : std::uint8_t { under_headers, in_braces };

/// How the author of such a file is told what it should look like.
struct toml_style {
  std::string_view syntax = "TOML";  ///< what a text that cannot be parsed should have been
  toml_tables tables = toml_tables::under_headers;
  /// Whether one who mistyped a key is told the one most like it; else, or if none is, all.
  bool guesses_keys = true;
};

/// A view of one table; lives no longer than its document.
class toml_table {
 public:
  toml_table(const toml_table&) = delete;
  toml_table& operator=(const toml_table&) = delete;
  toml_table(toml_table&&) noexcept;
  toml_table& operator=(toml_table&&) noexcept;
  ~toml_table();

  // Each gives nothing when the key is absent, and nothing with a fault when it is wrong.
  /// A string that is not empty.
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<std::string> any_text(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, whole_range range = {});
  /// A number from 0 to 1.
  [[nodiscard]] std::optional<double> fraction(std::string_view key);
  /// The place of the string among `names`.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  std::span<const std::string_view> names);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
  [[nodiscard]] std::optional<std::map<std::string, std::string>> text_map(std::string_view key);
  [[nodiscard]] std::optional<toml_table> table(std::string_view key);
  /// The elements of an array of tables, `[[key]]`.
  [[nodiscard]] std::vector<toml_table> tables(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool is_text(std::string_view key) const;

  /// Writes a fault down at the key, or at the table when it has no such key.
  void fault(std::string_view key, std::string found, std::string expected);

  /// Writes a fault down for each key that was never asked for.
  void report_unknown();

 private:
  friend class toml_document;
  struct state;

  explicit toml_table(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

/// A text that was parsed, and what is wrong with it so far. One thread.
class toml_document {
 public:
  /// @param file  the name of the file, for faults.
  /// Errors  what is wrong with the syntax, which comes alone.
  [[nodiscard]] static result<toml_document, std::vector<toml_fault>> parse(std::string_view text,
                                                                            const std::string& file,
                                                                            toml_style style = {});

  toml_document(const toml_document&) = delete;
  toml_document& operator=(const toml_document&) = delete;
  toml_document(toml_document&&) noexcept;
  toml_document& operator=(toml_document&&) noexcept;
  ~toml_document();

  /// The whole file as a table.
  [[nodiscard]] toml_table root();
  /// All that the tables have written down, in the order of the file.
  [[nodiscard]] std::vector<toml_fault> faults() const;

 private:
  friend class toml_table;
  struct content;

  explicit toml_document(std::unique_ptr<content> parsed);

  std::unique_ptr<content> content_;
};

/// "one of: a, b, c".
[[nodiscard]] std::string one_of(std::span<const std::string_view> names);

}  // namespace slipway::harness
