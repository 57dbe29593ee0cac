// slipway/protocol/internal/utf8.cpp
//
// Table 3-7 of the Unicode Standard: the second byte's range depends on the first byte.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/utf8.hpp>

namespace slipway::internal {
namespace {

struct sequence_rule {
  unsigned char first_low;
  unsigned char first_high;
  unsigned char second_low;
  unsigned char second_high;
  std::size_t length;
};

constexpr sequence_rule rules[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

bool lies_within(char byte, unsigned char low, unsigned char high) {
  const auto code = static_cast<unsigned char>(byte);
  return low <= code && code <= high;
}

// The length of the well-formed sequence at the start of `text`, which is not empty; 0 when there
// is none.
std::size_t sequence_length(std::string_view text) {
  for (const sequence_rule& rule : rules) {
    if (!lies_within(text[0], rule.first_low, rule.first_high)) {
      continue;
    }
    if (rule.length > text.size()) {
      return 0;
    }
    if (rule.length > 1 && !lies_within(text[1], rule.second_low, rule.second_high)) {
      return 0;
    }
    for (std::size_t i = 2; i < rule.length; ++i) {
      if (!lies_within(text[i], 0x80, 0xbf)) {
        return 0;
      }
    }
    return rule.length;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) {
      return at;
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace slipway::internal
