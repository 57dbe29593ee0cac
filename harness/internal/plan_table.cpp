// slipway/harness/internal/plan_table.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/plan_table.hpp>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

namespace slipway::harness::internal {
namespace {

std::string describe(const toml::node& node) {
  std::ostringstream text;
  if (const auto* string = node.as_string()) {
    text << "the string \"" << string->get() << '"';
  } else if (const auto* integer = node.as_integer()) {
    text << "the whole number " << integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    text << "the number " << number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    text << (boolean->get() ? "true" : "false");
  } else if (node.is_table()) {
    text << "a table";
  } else if (node.is_array()) {
    text << (node.is_array_of_tables() ? "an array of tables" : "an array");
  } else {
    text << "a date or time";
  }
  return text.str();
}

std::string range_text(std::int64_t least, std::int64_t most) {
  if (most == plan_table::greatest) {
    return "a whole number of at least " + std::to_string(least);
  }
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

std::string one_of(std::span<const std::string_view> names) {
  std::string text = "one of: ";
  for (const auto& name : names) {
    text.append(&name == names.data() ? "" : ", ").append(name);
  }
  return text;
}

const toml::node* plan_table::ask(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
    known_.emplace_back(key);
  }
  return table_->get(key);
}

std::string plan_table::path_to(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void plan_table::fault(std::string_view key, std::string found, std::string expected) {
  const toml::node* at = table_->get(key);
  const toml::source_position place = (at != nullptr ? *at : *table_).source().begin;
  faults_->found.push_back({faults_->file, place.line, place.column, path_to(key), std::move(found),
                            std::move(expected)});
}

std::optional<std::string> plan_table::text(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* string = node->as_string();
  if (string == nullptr) {
    fault(key, describe(*node), "a string");
    return std::nullopt;
  }
  return string->get();
}

std::optional<std::int64_t> plan_table::whole(std::string_view key, std::int64_t least,
                                              std::int64_t most) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < least || *number > most) {
    fault(key, describe(*node), range_text(least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<double> plan_table::fraction(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto number = node->is_number() ? node->value<double>() : std::nullopt;
  if (!number || !(*number >= 0 && *number <= 1)) {
    fault(key, describe(*node), "a number from 0 to 1");
    return std::nullopt;
  }
  return number;
}

std::optional<std::vector<std::string>> plan_table::texts(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* array = node->as_array();
  if (array == nullptr ||
      !std::all_of(array->begin(), array->end(), [](const auto& one) { return one.is_string(); })) {
    fault(key, describe(*node), "an array of strings");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const auto& one : *array) {
    texts.push_back(one.as_string()->get());
  }
  return texts;
}

std::optional<duration> plan_table::length(std::string_view stem) {
  using std::chrono::milliseconds;
  constexpr std::int64_t most_ms =
      std::chrono::duration_cast<milliseconds>(duration::max()).count();
  const std::string in_ms = std::string(stem) + "_ms";
  const std::string in_ns = std::string(stem) + "_ns";
  const auto ms = whole(in_ms, 0, most_ms);
  const auto ns = whole(in_ns);
  if (has(in_ms) && has(in_ns)) {
    fault(in_ns, in_ns + " together with " + in_ms, "one of the two");
  }
  if (ms) {
    return milliseconds(*ms);
  }
  return ns ? std::optional<duration>(std::chrono::nanoseconds(*ns)) : std::nullopt;
}

std::optional<std::size_t> plan_table::choice(std::string_view key,
                                              std::span<const std::string_view> names) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* string = node->as_string();
  const auto found =
      string == nullptr ? names.end() : std::find(names.begin(), names.end(), string->get());
  if (found == names.end()) {
    fault(key, describe(*node), one_of(names));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<plan_table> plan_table::table(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    fault(key, describe(*node), "a table, { … }");
    return std::nullopt;
  }
  return plan_table(*node->as_table(), path_to(key), *faults_);
}

std::vector<plan_table> plan_table::tables(std::string_view key) {
  std::vector<plan_table> found;
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return found;
  }
  if (!node->is_array_of_tables()) {
    fault(key, describe(*node), "tables in double brackets, [[" + path_to(key) + "]]");
    return found;
  }
  for (const auto& one : *node->as_array()) {
    found.emplace_back(*one.as_table(), path_to(key), *faults_);
  }
  return found;
}

std::vector<std::string> plan_table::keys() const {
  std::vector<std::string> found;
  for (const auto& [key, node] : *table_) {
    found.emplace_back(key.str());
  }
  return found;
}

void plan_table::report_unknown() {
  std::vector<std::string_view> known(known_.begin(), known_.end());
  std::sort(known.begin(), known.end());
  for (const auto& [key, node] : *table_) {
    if (!std::binary_search(known.begin(), known.end(), key.str())) {
      const toml::source_position place = key.source().begin;
      faults_->found.push_back({faults_->file, place.line, place.column, path_to(key.str()),
                                "an unknown key", one_of(known)});
    }
  }
}

}  // namespace slipway::harness::internal
