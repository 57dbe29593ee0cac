// slipway/actors/stderr_tail.hpp
//
// Cuts a process's standard error into lines and keeps the last of them, for the reason of its end.
// Belongs here: cutting and keeping.
// Does not: reading the pipe, logging.
// Invariants: (1) size() <= max_lines;
//             (2) no line is longer than max_line_bytes, a longer one is cut into several;
//             (3) the lines kept are the newest.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// The last lines that a process wrote to its standard error. Value type, one thread at a time.
class stderr_tail {
 public:
  static constexpr std::size_t default_max_lines = 50;
  static constexpr std::size_t default_max_line_bytes = 8192;

  explicit stderr_tail(std::size_t max_lines = default_max_lines,
                       std::size_t max_line_bytes = default_max_line_bytes)
      : max_lines_(max_lines), max_line_bytes_(max_line_bytes) {}

  /// Takes what was read, in whatever pieces it came, and hands each line that it completes to
  /// `on_line`, without its line end.
  void feed(std::string_view text, const std::function<void(std::string_view)>& on_line);

  /// Ends the stream: a last line without a line end counts as well.
  void finish(const std::function<void(std::string_view)>& on_line);

  /// Oldest first; at most `max_lines`.
  [[nodiscard]] std::vector<std::string> lines() const { return {kept_.begin(), kept_.end()}; }

 private:
  void complete(const std::function<void(std::string_view)>& on_line);

  std::size_t max_lines_;
  std::size_t max_line_bytes_;
  std::string partial_;
  std::deque<std::string> kept_;
};

}  // namespace slipway
