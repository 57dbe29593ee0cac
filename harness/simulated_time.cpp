// slipway/harness/simulated_time.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/simulated_time.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace slipway::harness {

simulated_time::timer_id simulated_time::set(time_point when, task what) {
  const timer_id id{++last_};
  timers_.emplace(key{std::max(when, now_), id}, std::move(what));
  whens_.emplace(id, std::max(when, now_));
  return id;
}

void simulated_time::cancel(timer_id timer) {
  if (const auto found = whens_.find(timer); found != whens_.end()) {
    // What the task holds may set or cancel others when it goes.
    const auto dropped = timers_.extract({found->second, timer});
    whens_.erase(found);
  }
}

std::optional<time_point> simulated_time::next() const {
  return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->first.when);
}

std::size_t simulated_time::due() const {
  std::size_t count = 0;
  for (auto each = timers_.begin(); each != timers_.end() && each->first.when <= now_ &&
                                    each->first.when == timers_.begin()->first.when;
       ++each) {
    ++count;
  }
  return count;
}

simulated_time::task simulated_time::take_due(std::size_t n) {
  auto taken = timers_.extract(std::next(timers_.begin(), static_cast<std::ptrdiff_t>(n)));
  whens_.erase(taken.key().id);
  return std::move(taken.mapped());
}

void simulated_time::pass_until(time_point when) {
  now_ = std::max(now_, when);
}

void simulated_time::drop() {
  while (!timers_.empty()) {
    whens_.clear();
    const auto dropped = std::exchange(timers_, {});
  }
}

}  // namespace slipway::harness
