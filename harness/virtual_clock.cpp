// slipway/harness/virtual_clock.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/virtual_clock.hpp>

#include <utility>

namespace slipway::harness {

time_point virtual_clock::now() const noexcept {
  std::lock_guard guard(mutex_);
  return now_;
}

void virtual_clock::run_after(duration delay, std::function<void()> task) {
  std::lock_guard guard(mutex_);
  tasks_.emplace(deadline_after(now_, delay), std::move(task));
}

void virtual_clock::advance(duration by) {
  std::unique_lock lock(mutex_);
  const time_point end = deadline_after(now_, by);
  while (!tasks_.empty() && tasks_.begin()->first <= end) {
    auto due = tasks_.extract(tasks_.begin());
    now_ = due.key();
    lock.unlock();
    due.mapped()();
    lock.lock();
  }
  now_ = end;
}

std::size_t virtual_clock::pending() const {
  std::lock_guard guard(mutex_);
  return tasks_.size();
}

}  // namespace slipway::harness
