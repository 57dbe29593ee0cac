// slipway/actors/ready_watch.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/ready_watch.hpp>

#include <chrono>
#include <utility>

namespace slipway {

bool ready_watch::look(const std::string& pool, const pool_core& core) {
  if (answered()) {
    return true;
  }
  if (core.ended()) {
    say(failure(pool_gone(pool, *core.ended())));
    return true;
  }
  if (core.ready_count() >= wanted_) {
    say({});
    return true;
  }
  return false;
}

void ready_watch::timed_out(const std::string& pool, const pool_core& core) {
  if (answered()) {
    return;
  }
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count();
  checkout_error error;
  error.code = checkout_errc::timeout;
  error.message = "pool '" + pool + "': " + std::to_string(core.ready_count()) + " of " +
                  std::to_string(wanted_) + " workers ready after " + std::to_string(waited) +
                  " ms";
  if (core.last_init_failure()) {
    error.message += "; the last start that failed: " + to_string(*core.last_init_failure());
    error.last_init_failure = core.last_init_failure();
  }
  error.timeout = timeout_;
  say(failure(std::move(error)));
}

void ready_watch::can_never_be(const std::string& pool, std::size_t pool_size) {
  checkout_error error;
  error.code = checkout_errc::invalid_argument;
  error.message = "pool '" + pool + "' has " + std::to_string(pool_size) + " workers, " +
                  std::to_string(wanted_) + " are asked for";
  say(failure(std::move(error)));
}

void ready_watch::say(answer given) {
  answered_.store(true, std::memory_order_release);
  const auto done = std::exchange(done_, nullptr);
  done(std::move(given));
}

}  // namespace slipway
