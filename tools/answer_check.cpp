// slipway/tools/answer_check.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/answer_check.hpp>

#include <map>

namespace slipway::tools {

value answer_check::args_of(std::uint64_t number, const value& args) const {
  using entries = std::map<std::string, value>;
  if (field_.empty()) {
    return args;
  }
  auto numbered = args.as<entries>().value_or(entries{});
  numbered.insert_or_assign(field_, value(number));
  return value(numbered);
}

std::optional<std::string> answer_check::flaw_of(std::uint64_t number, const value& answer) const {
  if (field_.empty()) {
    return std::nullopt;
  }
  const auto found = answer.find(field_);
  if (found && *found == value(number)) {
    return std::nullopt;
  }
  return "asked with " + field_ + " = " + std::to_string(number) + " and answered with " +
         (found ? field_ + " = " + found->to_text() : answer.to_text());
}

}  // namespace slipway::tools
