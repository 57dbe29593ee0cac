// slipway/actors/spawner.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/process_launcher.hpp>
#include <slipway/actors/internal/signal_free_thread.hpp>
#include <slipway/actors/spawner.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace slipway {

class spawner::impl {
 public:
  impl() {
    thread_ = internal::signal_free_thread([this] { run(); });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;

  ~impl() {
    {
      std::lock_guard guard(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void push(process_spec spec, completion done) {
    {
      std::lock_guard guard(mutex_);
      queue_.push_back({std::move(spec), std::move(done)});
    }
    changed_.notify_one();
  }

 private:
  struct job {
    process_spec spec;
    completion done;
  };

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        return;
      }
      job next = std::move(queue_.front());
      queue_.pop_front();
      const bool stopped = stopping_;
      lock.unlock();
      next.done(stopped ? failure(spawn_error{spawn_errc::spawner_stopped,
                                              "the runtime is shutting down", 0})
                        : internal::launch_process(next.spec));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

spawner::spawner() : impl_(std::make_unique<impl>()) {}

spawner::~spawner() = default;

void spawner::spawn(process_spec spec, completion done) {
  impl_->push(std::move(spec), std::move(done));
}

}  // namespace slipway
