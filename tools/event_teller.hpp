// slipway/tools/event_teller.hpp
//
// Prints what happens in a tree, with the time since it was started.
// Belongs here: the time stamp, and that a storm of events does not bury the rest.
// Does not: words (event_line).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/tree_watch.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace slipway::tools {

/// "   1.23 s  ".
[[nodiscard]] std::string time_stamp(duration since_start, const terminal_style& style);

/// Thread: one at a time for `tell`.
class event_teller {
 public:
  event_teller(console& screen, tree_watch& watch, time_point start)
      : screen_(screen), watch_(watch), start_(start) {}

  /// Prints what came since the last call, in the order in which it happened; of more than thirty
  /// lines at once, the first thirty.
  void tell();
  /// Adds a line of somebody else's to what is told next. Thread: any.
  void note(std::string text, time_point at);

 private:
  struct told_line {
    time_point at;
    std::string text;
  };

  [[nodiscard]] std::vector<told_line> take_lines();

  console& screen_;
  tree_watch& watch_;
  const time_point start_;
  std::mutex mutex_;
  std::vector<told_line> noted_;
};

}  // namespace slipway::tools
