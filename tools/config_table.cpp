// slipway/tools/config_table.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/config_table.hpp>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

namespace slipway::tools {
namespace {

// How many letters must be changed, added or left out to get from one word to the other
// (Levenshtein).
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string most_like(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t typing_error = 2;
  std::string best;
  std::size_t best_distance = typing_error + 1;
  for (const auto& candidate : candidates) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string listed(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string range_text(whole_range range) {
  if (range.greatest == std::numeric_limits<std::int64_t>::max()) {
    return "a whole number of at least " + std::to_string(range.least);
  }
  return "a whole number from " + std::to_string(range.least) + " to " +
         std::to_string(range.greatest);
}

config_fault fault_at(const std::string& file, toml::source_position place, std::string key,
                      std::string found, std::string expected) {
  return {file, place.line, place.column, std::move(key), std::move(found), std::move(expected)};
}

}  // namespace

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

config_table::config_table(const toml::table& table, std::string path, fault_log& log)
    : table_(&table), path_(std::move(path)), log_(&log) {}

const toml::node* config_table::ask(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
    known_.emplace_back(key);
  }
  return table_->get(key);
}

std::string config_table::path_to(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void config_table::fault(std::string_view key, std::string found, std::string expected) {
  const toml::node* at = table_->get(key);
  const toml::source_position place = (at != nullptr ? *at : *table_).source().begin;
  log_->faults.push_back(
      fault_at(log_->file, place, path_to(key), std::move(found), std::move(expected)));
}

void config_table::wrong_type(std::string_view key, const toml::node& node, std::string expected) {
  fault(key, describe(node), std::move(expected));
}

std::optional<std::string> config_table::text(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* string = node->as_string();
  if (string == nullptr || string->get().empty()) {
    wrong_type(key, *node, "a string that is not empty");
    return std::nullopt;
  }
  return string->get();
}

std::optional<bool> config_table::flag(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_boolean()) {
    wrong_type(key, *node, "true or false");
  }
  return node->value_exact<bool>();
}

std::optional<std::int64_t> config_table::whole(std::string_view key, whole_range range) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < range.least || *number > range.greatest) {
    wrong_type(key, *node, range_text(range));
    return std::nullopt;
  }
  return number;
}

std::optional<std::vector<std::string>> config_table::texts(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* array = node->as_array();
  if (array == nullptr ||
      !std::all_of(array->begin(), array->end(), [](const auto& one) { return one.is_string(); })) {
    wrong_type(key, *node, "an array of strings");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const auto& one : *array) {
    texts.push_back(one.as_string()->get());
  }
  return texts;
}

std::optional<std::map<std::string, std::string>> config_table::text_map(std::string_view key) {
  auto inner = table(key);
  if (!inner) {
    return std::nullopt;
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, node] : *inner->table_) {
    if (const auto* string = node.as_string()) {
      texts.emplace(name.str(), string->get());
    } else {
      inner->fault(name.str(), describe(node), "a string");
    }
  }
  return texts;
}

std::optional<config_table> config_table::table(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    wrong_type(key, *node, "a table, [" + path_to(key) + "]");
    return std::nullopt;
  }
  return config_table(*node->as_table(), path_to(key), *log_);
}

std::vector<config_table> config_table::tables(std::string_view key) {
  std::vector<config_table> found;
  const toml::node* node = ask(key);
  if (node == nullptr) {
    return found;
  }
  if (!node->is_array_of_tables()) {
    wrong_type(key, *node, "tables in double brackets, [[" + path_to(key) + "]]");
    return found;
  }
  for (const auto& one : *node->as_array()) {
    found.emplace_back(*one.as_table(), path_to(key), *log_);
  }
  return found;
}

void config_table::report_unknown() {
  for (const auto& [key, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) {
      continue;
    }
    const std::string like = most_like(key.str(), known_);
    log_->faults.push_back(
        fault_at(log_->file, key.source().begin, path_to(key.str()), "an unknown key",
                 like.empty() ? "one of: " + listed(known_) : "perhaps " + like));
  }
}

}  // namespace slipway::tools
