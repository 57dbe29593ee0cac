// slipway/tools/json_text.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/json_text.hpp>

#include <nlohmann/json.hpp>

namespace slipway::tools {

std::string json_quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

json_object& json_object::add(std::string_view key, std::string_view text) {
  return add_json(key, json_quoted(text));
}

json_object& json_object::add(std::string_view key, bool flag) {
  return add_json(key, flag ? "true" : "false");
}

json_object& json_object::add(std::string_view key, std::int64_t number) {
  return add_json(key, std::to_string(number));
}

json_object& json_object::add(std::string_view key, std::uint64_t number) {
  return add_json(key, std::to_string(number));
}

json_object& json_object::add(std::string_view key, const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const auto& text : texts) {
    list.append(list.size() > 1 ? "," : "").append(json_quoted(text));
  }
  return add_json(key, list + "]");
}

json_object& json_object::add_json(std::string_view key, std::string_view json) {
  if (text_.size() > 1) {
    text_ += ',';
  }
  text_.append(json_quoted(key)).append(1, ':').append(json);
  return *this;
}

}  // namespace slipway::tools
