// slipway/tools/result_sink.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/result_sink.hpp>

#include <utility>

namespace slipway::tools {

void reorder_buffer::put(std::uint64_t place, std::string text) {
  held_bytes_ += text.size();
  held_.emplace(place, std::move(text));
}

std::string reorder_buffer::take() {
  std::string ready;
  while (!held_.empty() && held_.begin()->first == next_) {
    ready += held_.begin()->second;
    held_.erase(held_.begin());
    ++next_;
  }
  held_bytes_ -= ready.size();
  return ready;
}

result_sink::result_sink(result_order order, writer write, sink_limits limits)
    : order_(order), write_(std::move(write)), limits_(limits) {}

bool result_sink::wait_for_room(std::uint64_t place) {
  std::unique_lock lock(mutex_);
  // The oldest unfinished request always has room, so what is held back is released in the end.
  room_.wait(lock, [&] {
    return failed_ || order_ == result_order::as_finished || place == buffer_.next() ||
           (place - buffer_.next() < limits_.max_lines && buffer_.held_bytes() < limits_.max_bytes);
  });
  return !failed_;
}

void result_sink::put(std::uint64_t place, std::string line) {
  {
    std::lock_guard guard(mutex_);
    line += '\n';
    if (order_ == result_order::of_requests) {
      buffer_.put(place, std::move(line));
      line = buffer_.take();
    }
    if (!failed_ && !line.empty()) {
      failed_ = write_(line);
    }
  }
  room_.notify_all();
}

std::optional<std::string> result_sink::failed() const {
  std::lock_guard guard(mutex_);
  return failed_;
}

}  // namespace slipway::tools
