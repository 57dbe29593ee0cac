// slipway/tools/event_teller.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/event_teller.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace slipway::tools {

std::string time_stamp(duration since_start, const terminal_style& style) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%7.2f s",
                std::chrono::duration<double>(since_start).count());
  return style.paint(tone::faint, text.data()) + "  ";
}

void event_teller::tell() {
  constexpr std::size_t most_at_once = 30;
  const auto lines = take_lines();
  for (std::size_t i = 0; i < std::min(lines.size(), most_at_once); ++i) {
    screen_.line(time_stamp(lines[i].at - start_, screen_.style()).append(lines[i].text));
  }
  if (lines.size() > most_at_once) {
    screen_.line("            and " + std::to_string(lines.size() - most_at_once) + " more events");
  }
}

std::vector<event_teller::told_line> event_teller::take_lines() {
  std::vector<told_line> lines;
  {
    std::lock_guard guard(mutex_);
    lines.swap(noted_);
  }
  for (const auto& noted : watch_.drain()) {
    if (auto text = event_line(noted.event, noted.role, screen_.style())) {
      lines.push_back({noted.at, std::move(*text)});
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
  return lines;
}

void event_teller::note(std::string text, time_point at) {
  std::lock_guard guard(mutex_);
  noted_.push_back({at, std::move(text)});
}

}  // namespace slipway::tools
