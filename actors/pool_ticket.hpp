// slipway/actors/pool_ticket.hpp
//
// One checkout on its way: where a client waits and where the pool leaves the answer.
// Belongs here: the meeting of the two.
// Does not: who gets what (pool_core).
// Invariants: (1) it is answered or abandoned, once, and whichever comes first holds.
//
//     waiting --answer--> answered        waiting --abandon--> abandoned
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace slipway {

template <class Command, class ClientState>
class pool_ticket {
 public:
  using answer = result<ClientState, checkout_error>;
  /// Runs in the pool: it must be brief and must not throw.
  using completion = std::function<void(answer)>;

  pool_ticket(request_id id, Command command, time_point deadline, completion done)
      : id_(id), command_(std::move(command)), deadline_(deadline), done_(std::move(done)) {}

  [[nodiscard]] request_id id() const { return id_; }
  [[nodiscard]] const Command& command() const { return command_; }
  [[nodiscard]] time_point deadline() const { return deadline_; }

  /// The pool's answer. False when the client has gone; the answer is then not taken.
  [[nodiscard]] bool deliver(answer&& given) {
    std::unique_lock lock(mutex_);
    if (state_ != state::waiting) {
      return false;
    }
    state_ = state::answered;
    if (done_) {
      // Taken out, so that what the completion holds goes with this call.
      const completion done = std::exchange(done_, nullptr);
      lock.unlock();
      done(std::move(given));
    } else {
      answer_.emplace(std::move(given));
      // With the lock held: the waiter may destroy the ticket as soon as it has it.
      answered_.notify_one();
    }
    return true;
  }

  /// The client gives up. False when the answer was faster; it is then taken by `wait`.
  [[nodiscard]] bool abandon() {
    std::lock_guard guard(mutex_);
    if (state_ != state::waiting) {
      return false;
    }
    state_ = state::abandoned;
    done_ = nullptr;
    return true;
  }

  [[nodiscard]] bool waiting() const {
    std::lock_guard guard(mutex_);
    return state_ == state::waiting;
  }

  /// Blocks until the answer is there or the deadline has come.
  [[nodiscard]] std::optional<answer> wait() {
    std::unique_lock lock(mutex_);
    answered_.wait_until(lock, deadline_, [this] { return answer_.has_value(); });
    return std::exchange(answer_, std::nullopt);
  }

 private:
  enum class state : std::uint8_t { waiting, answered, abandoned };

  request_id id_;
  Command command_;
  time_point deadline_;
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  state state_ = state::waiting;
  completion done_;
  std::optional<answer> answer_;
};

}  // namespace slipway
