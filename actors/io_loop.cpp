// slipway/actors/io_loop.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/signal_free_thread.hpp>
#include <slipway/actors/io_loop.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <optional>
#include <thread>

namespace slipway {

namespace asio = boost::asio;

namespace {

// A context whose pending handlers can be let go of while ports, which a client may hold longer
// than the runtime lives, still refer to it.
class own_context : public asio::io_context {
 public:
  using asio::io_context::io_context;
  void drop_handlers() { shutdown(); }
};

}  // namespace

class io_loop::impl {
 public:
  impl() : own_(std::in_place, 1), context_(*own_), work_(asio::make_work_guard(context_)) {
    thread_ = internal::signal_free_thread([this] { context_.run(); });
  }
  explicit impl(asio::io_context& host) : context_(host), work_(asio::make_work_guard(context_)) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;

  ~impl() { stop(); }

  void stop() {
    {
      std::lock_guard guard(mutex_);
      stopped_ = true;
    }
    work_.reset();
    if (thread_.joinable()) {
      context_.stop();
      thread_.join();
      // They hold ports, which hold this loop: nobody else would ever break that circle.
      own_->drop_handlers();
    }
  }

  // Nothing enters the context once `stop` has begun to empty it.
  template <class Enter>
  void unless_stopped(Enter enter) {
    std::lock_guard guard(mutex_);
    if (!stopped_) {
      enter(context_);
    }
  }

  asio::io_context& context() { return context_; }

 private:
  std::optional<own_context> own_;
  asio::io_context& context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::thread thread_;
};

io_loop::io_loop() : impl_(std::make_unique<impl>()) {}
io_loop::io_loop(asio::io_context& host) : impl_(std::make_unique<impl>(host)) {}
io_loop::~io_loop() = default;

asio::io_context& io_loop::context() {
  return impl_->context();
}

void io_loop::stop() {
  impl_->stop();
}

void io_loop::post(std::function<void()> task) {
  impl_->unless_stopped([&](asio::io_context& context) { asio::post(context, std::move(task)); });
}

void io_loop::run_after(duration delay, std::function<void()> task) {
  impl_->unless_stopped([&](asio::io_context& context) {
    auto timer = std::make_shared<asio::steady_timer>(context);
    timer->expires_after(delay);
    timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& failed) {
      if (!failed) {
        task();
      }
    });
  });
}

}  // namespace slipway
