// slipway/actors/call_error_format.hpp
//
// How fmt, and with it spdlog, prints a call_error: `{}` on one line, `{:#}` with all that is known.
// For programs that have fmt; no other header includes it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>

#include <fmt/format.h>

template <>
struct fmt::formatter<slipway::call_error> {
  constexpr auto parse(fmt::format_parse_context& context) {
    auto at = context.begin();
    if (at != context.end() && *at == '#') {
      whole = true;
      ++at;
    }
    if (at != context.end() && *at != '}') {
      throw fmt::format_error("a call_error is printed by {} or {:#}");
    }
    return at;
  }

  template <class Context>
  auto format(const slipway::call_error& error, Context& context) const {
    const std::string text = whole ? slipway::describe(error) : slipway::to_string(error);
    return fmt::format_to(context.out(), "{}", text);
  }

  bool whole = false;
};
