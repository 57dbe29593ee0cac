// tests/conformance/pool_process.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_process.hpp"

#include <utility>

namespace slipway::conformance {

pool_process::~pool_process() {
  let_go();
  {
    std::unique_lock lock(mutex_);
    await_settled(lock);
    over_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void pool_process::run(action what) {
  const std::lock_guard guard(mutex_);
  job_ = std::move(what);
  state_ = state::running;
  changed_.notify_all();
}

void pool_process::enter(const action& what) {
  const std::lock_guard turn(entering_);
  const auto held = hold();
  what();
  do_right_after();
  if (held) {
    wake(*held);
  }
}

void pool_process::do_right_after() {
  for (const action& each : std::exchange(right_after_, {})) {
    each();
  }
}

void pool_process::settle() {
  std::unique_lock lock(mutex_);
  await_settled(lock);
}

void pool_process::block(pause until) {
  std::unique_lock lock(mutex_);
  if (let_go_ || over_already_.erase(until) != 0) {
    return;
  }
  blocked_until_ = until;
  leave(state::blocked);
  changed_.wait(lock, [this] { return state_ == state::running; });
}

void pool_process::wake(pause which) {
  const std::lock_guard guard(mutex_);
  if (state_ == state::blocked && blocked_until_ == which) {
    leave(state::running);
  } else {
    over_already_.insert(which);
  }
}

void pool_process::let_go() {
  const std::lock_guard guard(mutex_);
  let_go_ = true;
  if (state_ == state::blocked) {
    leave(state::running);
  }
}

void pool_process::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || job_; });
    if (over_) {
      return;
    }
    const action job = std::exchange(job_, nullptr);
    lock.unlock();
    job();
    lock.lock();
    leave(state::parked);
  }
}

// A pool that is blocked is held already; one that was let go needs nobody to run it.
std::optional<pool_process::pause> pool_process::hold() {
  std::unique_lock lock(mutex_);
  await_settled(lock);
  if (state_ == state::blocked || let_go_ || !inspect_) {
    return std::nullopt;
  }
  const pause until_released = new_pause();
  job_ = [this, until_released] { inspect_([this, until_released] { block(until_released); }); };
  leave(state::running);
  await_settled(lock);
  return until_released;
}

void pool_process::leave(state next) {
  state_ = next;
  changed_.notify_all();
}

void pool_process::await_settled(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return state_ != state::running; });
}

}  // namespace slipway::conformance
