// slipway/tools/progress_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/duration_text.hpp>
#include <slipway/tools/progress_line.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace slipway::tools {
namespace {

constexpr std::size_t bar_columns = 24;
constexpr std::size_t text_columns = 60;

std::string percent_text(double done) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%3d %%", static_cast<int>(done * 100));
  return text.data();
}

std::string bar_text(double done, const terminal_style& style) {
  const auto filled = static_cast<std::size_t>(std::lround(done * bar_columns));
  std::string full;
  std::string empty;
  for (std::size_t i = 0; i < bar_columns; ++i) {
    (i < filled ? full : empty) += i < filled ? style.pick("█", "#") : style.pick("░", ".");
  }
  return style.paint(tone::good, full) + style.paint(tone::faint, empty) + "  ";
}

std::string counts_text(const progress& state, const terminal_style& style) {
  const std::string failed = std::to_string(state.failed) + " failed";
  return style.paint(tone::strong, std::to_string(state.ok)) + " ok, " +
         (state.failed > 0 ? style.paint(tone::bad, failed) : failed);
}

std::string pace_text(const progress& state) {
  const double seconds = std::chrono::duration<double>(state.elapsed).count();
  const double finished = static_cast<double>(state.ok + state.failed);
  std::string text = std::to_string(static_cast<long>(seconds > 0 ? finished / seconds : 0.0)) +
                     "/s  " +
                     to_text(std::chrono::duration_cast<std::chrono::milliseconds>(state.elapsed));
  constexpr double enough_to_guess = 0.02;
  if (state.done && *state.done > enough_to_guess && *state.done < 1) {
    const std::chrono::duration<double> left(seconds * (1 - *state.done) / *state.done);
    text += ", " + to_text(std::chrono::round<std::chrono::seconds>(left)) + " to go";
  }
  return text;
}

}  // namespace

std::string progress_text(const progress& given, std::size_t width, const terminal_style& style) {
  progress state = given;
  if (state.done) {
    state.done = std::clamp(*state.done, 0.0, 1.0);
  }
  std::string text;
  if (state.done && width > bar_columns + text_columns) {
    text += bar_text(*state.done, style);
  }
  if (state.done) {
    text += percent_text(*state.done) + "  ";
  }
  text += counts_text(state, style);
  // A line that is broken by the terminal could not be taken back.
  const bool has_room = width == 0 || width > text_columns;
  return has_room ? text + "  " + pace_text(state) : text;
}

}  // namespace slipway::tools
