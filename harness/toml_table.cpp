// slipway/harness/toml_table.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/toml_table.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

namespace slipway::harness {
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

std::string most_like(std::string_view word, std::span<const std::string> candidates) {
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

std::string range_text(whole_range range) {
  if (range.greatest == std::numeric_limits<std::int64_t>::max()) {
    return "a whole number of at least " + std::to_string(range.least);
  }
  return "a whole number from " + std::to_string(range.least) + " to " +
         std::to_string(range.greatest);
}

}  // namespace

std::string one_of(std::span<const std::string_view> names) {
  std::string text = "one of: ";
  for (const auto& name : names) {
    text.append(&name == names.data() ? "" : ", ").append(name);
  }
  return text;
}

// -- the document ---------------------------------------------------------------------------------

struct toml_document::content {
  toml::table root;
  std::string file;
  toml_style style;
  std::vector<toml_fault> faults{};  // in the order in which they were found

  void add(const toml::source_position& place, std::string key, std::string found,
           std::string expected) {
    faults.push_back(
        {file, place.line, place.column, std::move(key), std::move(found), std::move(expected)});
  }
};

struct toml_table::state {
  toml_document::content* document;
  const toml::table* table;
  std::string path;  // empty for the whole file
  std::vector<std::string> known{};

  const toml::node* ask(std::string_view key) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      known.emplace_back(key);
    }
    return table->get(key);
  }

  [[nodiscard]] std::string path_to(std::string_view key) const {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  }

  [[nodiscard]] toml_table below(std::string_view key, const toml::table& inner) const {
    return toml_table(std::make_unique<state>(state{document, &inner, path_to(key)}));
  }
};

result<toml_document, std::vector<toml_fault>> toml_document::parse(std::string_view text,
                                                                    const std::string& file,
                                                                    toml_style style) {
  try {
    return toml_document(
        std::make_unique<content>(content{toml::parse(text, std::string_view(file)), file, style}));
  } catch (const toml::parse_error& error) {
    const toml::source_position place = error.source().begin;
    return failure(
        std::vector<toml_fault>{{file, place.line, place.column, "",
                                 std::string(error.description()), std::string(style.syntax)}});
  }
}

toml_document::toml_document(std::unique_ptr<content> parsed) : content_(std::move(parsed)) {}
toml_document::toml_document(toml_document&&) noexcept = default;
toml_document& toml_document::operator=(toml_document&&) noexcept = default;
toml_document::~toml_document() = default;

toml_table toml_document::root() {
  return toml_table(std::make_unique<toml_table::state>(
      toml_table::state{content_.get(), &content_->root, std::string()}));
}

std::vector<toml_fault> toml_document::faults() const {
  std::vector<toml_fault> sorted = content_->faults;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
    return std::pair(left.line, left.column) < std::pair(right.line, right.column);
  });
  return sorted;
}

// -- a table --------------------------------------------------------------------------------------

toml_table::toml_table(std::unique_ptr<state> made) : state_(std::move(made)) {}
toml_table::toml_table(toml_table&&) noexcept = default;
toml_table& toml_table::operator=(toml_table&&) noexcept = default;
toml_table::~toml_table() = default;

bool toml_table::has(std::string_view key) const {
  return state_->table->contains(key);
}

bool toml_table::is_text(std::string_view key) const {
  const toml::node* node = state_->table->get(key);
  return node != nullptr && node->is_string();
}

void toml_table::fault(std::string_view key, std::string found, std::string expected) {
  const toml::node* at = state_->table->get(key);
  state_->document->add((at != nullptr ? *at : *state_->table).source().begin, state_->path_to(key),
                        std::move(found), std::move(expected));
}

std::optional<std::string> toml_table::text(std::string_view key) {
  const toml::node* node = state_->ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* string = node->as_string();
  if (string == nullptr || string->get().empty()) {
    fault(key, describe(*node), "a string that is not empty");
    return std::nullopt;
  }
  return string->get();
}

std::optional<std::string> toml_table::any_text(std::string_view key) {
  const toml::node* node = state_->ask(key);
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

std::optional<bool> toml_table::flag(std::string_view key) {
  const toml::node* node = state_->ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_boolean()) {
    fault(key, describe(*node), "true or false");
  }
  return node->value_exact<bool>();
}

std::optional<std::int64_t> toml_table::whole(std::string_view key, whole_range range) {
  const toml::node* node = state_->ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < range.least || *number > range.greatest) {
    fault(key, describe(*node), range_text(range));
    return std::nullopt;
  }
  return number;
}

std::optional<double> toml_table::fraction(std::string_view key) {
  const toml::node* node = state_->ask(key);
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

std::optional<std::size_t> toml_table::choice(std::string_view key,
                                              std::span<const std::string_view> names) {
  const toml::node* node = state_->ask(key);
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

std::optional<std::vector<std::string>> toml_table::texts(std::string_view key) {
  const toml::node* node = state_->ask(key);
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

std::optional<std::map<std::string, std::string>> toml_table::text_map(std::string_view key) {
  auto inner = table(key);
  if (!inner) {
    return std::nullopt;
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, node] : *inner->state_->table) {
    if (const auto* string = node.as_string()) {
      texts.emplace(name.str(), string->get());
    } else {
      inner->fault(name.str(), describe(node), "a string");
    }
  }
  return texts;
}

std::optional<toml_table> toml_table::table(std::string_view key) {
  const toml::node* node = state_->ask(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    const bool in_braces = state_->document->style.tables == toml_tables::in_braces;
    fault(key, describe(*node),
          in_braces ? "a table, { … }" : "a table, [" + state_->path_to(key) + "]");
    return std::nullopt;
  }
  return state_->below(key, *node->as_table());
}

std::vector<toml_table> toml_table::tables(std::string_view key) {
  std::vector<toml_table> found;
  const toml::node* node = state_->ask(key);
  if (node == nullptr) {
    return found;
  }
  if (!node->is_array_of_tables()) {
    fault(key, describe(*node), "tables in double brackets, [[" + state_->path_to(key) + "]]");
    return found;
  }
  for (const auto& one : *node->as_array()) {
    found.push_back(state_->below(key, *one.as_table()));
  }
  return found;
}

void toml_table::report_unknown() {
  toml_document::content& document = *state_->document;
  const auto& known = state_->known;
  std::vector<std::string_view> sorted(known.begin(), known.end());
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [key, node] : *state_->table) {
    if (std::binary_search(sorted.begin(), sorted.end(), key.str())) {
      continue;
    }
    const auto like = document.style.guesses_keys ? most_like(key.str(), known) : std::string();
    document.add(key.source().begin, state_->path_to(key.str()), "an unknown key",
                 like.empty() ? one_of(sorted) : "perhaps " + like);
  }
}

}  // namespace slipway::harness
