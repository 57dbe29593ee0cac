// slipway/tools/console.hpp
//
// Standard error as people look at it: lines that scroll, and on a terminal one status line below
// them.
// Belongs here: drawing, and what the terminal can do.
// Does not: what is said. Invariant: each line, and the status below it, goes out in one write, so
// that lines never mix.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/terminal_style.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace slipway::tools {

/// Thread: any.
class console {
 public:
  enum class kind : unsigned char { terminal, log };

  /// Looks at `descriptor`, TERM, NO_COLOR and the locale's variables.
  [[nodiscard]] static console on(int descriptor);

  console(int descriptor, kind what, terminal_style style)
      : descriptor_(descriptor), kind_(what), style_(style) {}
  console(console&& other) noexcept
      : descriptor_(other.descriptor_), kind_(other.kind_), style_(other.style_) {}
  console(const console&) = delete;
  console& operator=(const console&) = delete;
  console& operator=(console&&) = delete;
  /// Removes the status line.
  ~console() { status(""); }

  /// Prints a line; `text` may hold several, and no line end at its end.
  void line(std::string_view text);
  /// Replaces the status line on a terminal; empty removes it. Does nothing in a log.
  void status(std::string_view text);

  [[nodiscard]] bool is_terminal() const { return kind_ == kind::terminal; }
  /// Columns of the terminal now; 0 for a log.
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] const terminal_style& style() const { return style_; }

 private:
  void write(std::string_view text) const;

  const int descriptor_;
  const kind kind_;
  const terminal_style style_;
  std::mutex mutex_;
  std::string status_;
};

}  // namespace slipway::tools
