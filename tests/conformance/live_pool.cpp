// tests/conformance/live_pool.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "live_pool.hpp"

#include "pool_run.hpp"
#include <slipway/actors/io_loop.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace slipway::conformance {

namespace {

using namespace std::chrono_literals;

// As much later than asked for, as those of the original, which count in whole milliseconds: a
// worker that came up while a timer was being set has then been there for all of its time.
constexpr duration lateness = 2ms;
// Times in a recording are 100 ms apart from each other.
constexpr duration tolerated_delay = 40ms;

class live_time final : public pool_time {
 public:
  live_time() : planned_(clock_.now()) {}

  [[nodiscard]] time_point now() const noexcept override { return clock_.now(); }

  void run_after(duration delay, std::function<void()> task) override {
    const std::lock_guard guard(mutex_);
    if (std::this_thread::get_id() == steps_) {
      set_ = now();
    }
    const auto due = due_.insert(now() + delay + lateness);
    loop_.run_after(delay + lateness, [this, due, task = std::move(task)] {
      task();
      is_done(due);
    });
  }

  void pass(std::chrono::milliseconds time) override {
    {
      // What the step did after it had set a timer took longer than timers are late.
      const std::lock_guard guard(mutex_);
      disturbed_ = disturbed_ || (set_ && now() - *set_ > lateness);
      set_.reset();
    }
    planned_ += time;
    std::this_thread::sleep_until(planned_);
  }

  void await_due() override {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return due_.empty() || *due_.begin() > now(); });
    disturbed_ = disturbed_ || now() - planned_ > tolerated_delay;
  }

  void stop() override { loop_.stop(); }

  [[nodiscard]] bool disturbed() const override { return disturbed_; }

 private:
  void is_done(std::multiset<time_point>::const_iterator due) {
    const std::lock_guard guard(mutex_);
    due_.erase(due);
    done_.notify_all();
  }

  steady_clock clock_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::multiset<time_point> due_;
  const std::thread::id steps_ = std::this_thread::get_id();
  std::optional<time_point> set_;  // when the step under way set its latest timer
  time_point planned_;
  bool disturbed_ = false;
  io_loop loop_;
};

}  // namespace

std::unique_ptr<scenario_run> drive_live_pool(const scenario& script) {
  return drive_pool(script, std::make_unique<live_time>());
}

}  // namespace slipway::conformance
