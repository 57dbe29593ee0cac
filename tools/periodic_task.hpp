// slipway/tools/periodic_task.hpp
//
// Does something again and again beside the work, as redrawing a status line.
// Belongs here: the thread.
// Does not: what it does.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/tools/stop_request.hpp>

#include <functional>
#include <thread>
#include <utility>

namespace slipway::tools {

/// Runs `task` every `interval` on a thread of its own, and a last time when it goes.
class periodic_task {
 public:
  /// @param task  must not throw.
  periodic_task(duration interval, std::function<void()> task)
      : task_(std::move(task)), thread_([this, interval] {
          while (!over_.wait_for(interval)) {
            task_();
          }
          task_();
        }) {}
  periodic_task(const periodic_task&) = delete;
  periodic_task& operator=(const periodic_task&) = delete;
  periodic_task(periodic_task&&) = delete;
  periodic_task& operator=(periodic_task&&) = delete;
  ~periodic_task() { finish(); }

  /// Runs the task the last time and waits for it. A second call does nothing.
  void finish() {
    over_.ask(0);
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  stop_request over_;
  std::function<void()> task_;
  std::thread thread_;
};

}  // namespace slipway::tools
