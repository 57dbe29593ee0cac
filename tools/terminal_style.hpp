// slipway/tools/terminal_style.hpp
//
// Colours and symbols, or their plain stand-ins where those would be garbage.
// Belongs here: what they look like.
// Does not: finding out what a terminal can do (console).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace slipway::tools {

enum class tone : unsigned char { plain, good, bad, odd, faint, strong };

struct terminal_style {
  bool colours = false;
  bool symbols = false;  ///< beyond ASCII

  [[nodiscard]] std::string paint(tone how, std::string_view text) const {
    const std::string_view code = !colours              ? ""
                                  : how == tone::good   ? "\x1b[32m"
                                  : how == tone::bad    ? "\x1b[31m"
                                  : how == tone::odd    ? "\x1b[33m"
                                  : how == tone::faint  ? "\x1b[2m"
                                  : how == tone::strong ? "\x1b[1m"
                                                        : "";
    return code.empty() ? std::string(text) : std::string(code).append(text) + "\x1b[0m";
  }
  [[nodiscard]] std::string_view pick(std::string_view symbol, std::string_view ascii) const {
    return symbols ? symbol : ascii;
  }
};

}  // namespace slipway::tools
