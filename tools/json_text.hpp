// slipway/tools/json_text.hpp
//
// Writes one JSON object on one line, field by field, in the order given.
// Belongs here: quoting and commas.
// Does not: which fields there are. Invariant: the text is valid JSON in valid UTF-8, whatever
// bytes a string holds.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// A string literal; bytes that are no UTF-8 become U+FFFD, since a worker's stderr may hold
/// anything.
[[nodiscard]] std::string json_quoted(std::string_view text);

class json_object {
 public:
  json_object& add(std::string_view key, std::string_view text);
  json_object& add(std::string_view key, const char* text) {
    return add(key, std::string_view(text));
  }
  json_object& add(std::string_view key, bool flag);
  json_object& add(std::string_view key, std::int64_t number);
  json_object& add(std::string_view key, std::uint64_t number);
  json_object& add(std::string_view key, int number) {
    return add(key, static_cast<std::int64_t>(number));
  }
  json_object& add(std::string_view key, const std::vector<std::string>& texts);
  /// @param json  a JSON text on one line, taken as it is.
  json_object& add_json(std::string_view key, std::string_view json);

  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

}  // namespace slipway::tools
