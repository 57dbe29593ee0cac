// slipway/actors/stderr_tail.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/stderr_tail.hpp>

#include <algorithm>
#include <utility>

namespace slipway {

void stderr_tail::feed(std::string_view text,
                       const std::function<void(std::string_view)>& on_line) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t room = max_line_bytes_ - partial_.size();
    const std::size_t taken = std::min({end, room, text.size()});
    partial_.append(text.substr(0, taken));
    text.remove_prefix(taken);
    if (end == taken) {
      text.remove_prefix(1);
      complete(on_line);
    } else if (partial_.size() == max_line_bytes_) {
      complete(on_line);
    }
  }
}

void stderr_tail::finish(const std::function<void(std::string_view)>& on_line) {
  if (!partial_.empty()) {
    complete(on_line);
  }
}

void stderr_tail::complete(const std::function<void(std::string_view)>& on_line) {
  if (on_line) {
    on_line(partial_);
  }
  kept_.push_back(std::exchange(partial_, {}));
  if (kept_.size() > max_lines_) {
    kept_.pop_front();
  }
}

}  // namespace slipway
