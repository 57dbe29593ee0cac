// slipway/tools/progress_line.hpp
//
// The line that shows how far a run is.
// Belongs here: its text, for a terminal or for a log.
// Does not: when and where it is shown (live_view).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/tools/terminal_style.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace slipway::tools {

struct progress {
  std::optional<double> done{};  ///< from 0 to 1; nothing when the end is not known
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  duration elapsed{};
};

/// "  42 %  1234 ok, 2 failed  310/s  3.97 s, 5.5 s to go", with a bar when there is room for one.
/// @param width  columns of the terminal; the text takes fewer of them. 0: a line for a log,
/// without bar.
[[nodiscard]] std::string progress_text(const progress& state, std::size_t width,
                                        const terminal_style& style);

/// Says when a log gets its next line: after 2 s, and each time after twice as long, at most every
/// minute, so that a run of hours does not fill it.
class log_pace {
 public:
  [[nodiscard]] bool due(duration elapsed) {
    if (elapsed < next_) {
      return false;
    }
    next_ = elapsed + step_;
    step_ = std::min<duration>(2 * step_, std::chrono::minutes(1));
    return true;
  }

 private:
  duration next_ = std::chrono::seconds(2);
  duration step_ = std::chrono::seconds(2);
};

}  // namespace slipway::tools
