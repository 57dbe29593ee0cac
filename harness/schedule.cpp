// slipway/harness/schedule.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/schedule.hpp>

#include <algorithm>
#include <charconv>

namespace slipway::harness {

std::string schedule::to_text() const {
  std::size_t end = choices.size();
  while (end != 0 && choices[end - 1] == 0) {
    --end;
  }
  std::string text;
  for (std::size_t i = 0; i != end;) {
    std::size_t next = i;
    while (next != end && choices[next] == choices[i]) {
      ++next;
    }
    text += (text.empty() ? "" : " ") + std::to_string(choices[i]);
    if (next - i > 1) {
      text += "*" + std::to_string(next - i);
    }
    i = next;
  }
  return text;
}

schedule schedule::from_text(std::string_view text) {
  // More than any run has: a file shall not ask for all memory.
  constexpr std::size_t most = std::size_t{1} << 24U;
  schedule read;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::uint32_t choice = 0;
    const auto number = std::from_chars(at, end, choice);
    if (number.ec != std::errc{}) {
      break;
    }
    at = number.ptr;
    std::size_t times = 1;
    if (at != end && *at == '*') {
      const auto repeated = std::from_chars(at + 1, end, times);
      if (repeated.ec != std::errc{}) {
        break;
      }
      at = repeated.ptr;
    }
    read.choices.insert(read.choices.end(), std::min(times, most - read.choices.size()), choice);
    while (at != end && *at == ' ') {
      ++at;
    }
  }
  return read;
}

std::size_t seeded_choices::choose(const choice_point& from) {
  if (from.last_is_time && random_.below(time_rarity) == 0) {
    return from.options - 1;
  }
  return static_cast<std::size_t>(random_.below(from.options - (from.last_is_time ? 1 : 0)));
}

std::size_t replayed_choices::choose(const choice_point& from) {
  if (next_ == recorded_.choices.size()) {
    return 0;
  }
  return std::min<std::size_t>(recorded_.choices[next_++], from.options - 1);
}

}  // namespace slipway::harness
