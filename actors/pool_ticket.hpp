// slipway/actors/pool_ticket.hpp
//
// One checkout on its way: where a client waits, where the pool leaves the answer, and who may say
// that it is over.
// Belongs here: the meeting of the two.
// Does not: who gets what (pool_core).
// Invariants: (1) it is answered or abandoned, once, and whichever comes first holds;
//             (2) the pool hears of its end once: a timeout, a checkin, a cancel, or the end of its
//                 client.
//
//     waiting --deliver--> answering --> answered --finish--> over
//     waiting --abandon--> over            waiting, answered --client_down--> over
//
// All transitions are one atomic exchange each, so that a client that waits awake and the thread
// that runs the pool never stop each other.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/client_thread.hpp>
#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace slipway {

/// Where the end of a client is told: a pool.
class down_receiver {
 public:
  down_receiver() = default;
  down_receiver(const down_receiver&) = delete;
  down_receiver& operator=(const down_receiver&) = delete;
  down_receiver(down_receiver&&) = delete;
  down_receiver& operator=(down_receiver&&) = delete;
  virtual ~down_receiver() = default;

  virtual void client_down(request_id request, exit_reason reason) = 0;
};

template <class Command, class ClientState>
class pool_ticket final : public thread_bound,
                          public std::enable_shared_from_this<pool_ticket<Command, ClientState>> {
 public:
  using answer = result<ClientState, checkout_error>;
  /// Runs in the pool: it must be brief and must not throw.
  using completion = std::function<void(std::shared_ptr<pool_ticket>, answer)>;

  pool_ticket(request_id id, Command command, time_point deadline, completion done)
      : id_(id), command_(std::move(command)), deadline_(deadline), done_(std::move(done)) {}

  [[nodiscard]] request_id id() const { return id_; }
  [[nodiscard]] const Command& command() const { return command_; }
  [[nodiscard]] time_point deadline() const { return deadline_; }

  // -- the pool's side ----------------------------------------------------------------------------

  /// The pool looks at the request for the first time. False when its client had ended by then: the
  /// pool then tells itself so, behind whatever else waits for it, as a monitor that is set up too
  /// late does.
  [[nodiscard]] bool seen_by_pool() {
    return (word_.fetch_or(seen, std::memory_order_acq_rel) & client_ended) == 0;
  }

  /// The pool's answer. False when the client has gone; the answer is then not taken.
  [[nodiscard]] bool deliver(answer&& given) {
    if (!enter(state::waiting, state::answering)) {
      return false;
    }
    const state answered_as = given ? state::answered : state::over;
    if (done_) {
      // Taken out, so that what the completion holds goes with this call.
      const completion done = std::exchange(done_, nullptr);
      settle(answered_as);
      done(this->shared_from_this(), std::move(given));
    } else {
      answer_.emplace(std::move(given));
      settle(answered_as);
      if (asleep_.load(std::memory_order_seq_cst)) {
        { std::lock_guard guard(mutex_); }
        answered_.notify_one();
      }
    }
    return true;
  }

  // -- the client's side --------------------------------------------------------------------------

  /// The client gives up. Gives back its completion, which the pool will not run any more and which
  /// is null for a client that waits; nothing when the answer was faster, which `wait` then has.
  [[nodiscard]] std::optional<completion> abandon() {
    if (!enter(state::waiting, state::over)) {
      // Else `wait` might find the answer still on its way, and its deadline passed.
      static_cast<void>(settled());
      return std::nullopt;
    }
    return std::exchange(done_, nullptr);
  }

  /// The client gives its worker back. False when the request is over already.
  [[nodiscard]] bool finish() { return enter(state::answered, state::over); }

  /// The client has ended. True when the pool is to be told now.
  [[nodiscard]] bool client_down() {
    word now = settled();
    while (state_of(now) != state::over) {
      if (word_.compare_exchange_weak(now, with(now, state::over) | client_ended,
                                      std::memory_order_acq_rel)) {
        if (state_of(now) == state::waiting) {
          done_ = nullptr;
        }
        return (now & seen) != 0;
      }
      now = settled();
    }
    return false;
  }

  /// Whether the client still holds its worker.
  [[nodiscard]] bool holds() const { return current() == state::answered; }
  [[nodiscard]] bool waiting() const {
    return current() == state::waiting || current() == state::answering;
  }
  /// Answered with an error, abandoned, given back, or its client has ended.
  [[nodiscard]] bool is_over() const { return current() == state::over; }

  /// Blocks until the answer is there or the deadline has come.
  [[nodiscard]] std::optional<answer> wait() {
    // Whoever runs the pool now answers within a microsecond if a worker is idle: worth a look
    // before a sleep, which costs several.
    for (int looks = 0; looks < most_looks && waiting(); ++looks) {
      if (looks > first_yield) {
        std::this_thread::yield();
      }
    }
    if (waiting()) {
      std::unique_lock lock(mutex_);
      asleep_.store(true, std::memory_order_seq_cst);
      const auto is_answered = [this] { return !waiting(); };
      if (deadline_ == time_point::max()) {
        answered_.wait(lock, is_answered);
      } else {
        answered_.wait_until(lock, deadline_, is_answered);
      }
    }
    if (waiting()) {
      return std::nullopt;
    }
    return std::exchange(answer_, std::nullopt);
  }

  /// From now on the end of the calling thread is the end of the client.
  void bind_to_this_thread(const std::weak_ptr<down_receiver>& pool) {
    if (pool_.expired()) {
      pool_ = pool;
    }
    thread_.store(std::this_thread::get_id(), std::memory_order_release);
    tell_at_end_of_thread(this->shared_from_this());
  }

  // -- thread_bound -------------------------------------------------------------------------------

  [[nodiscard]] bool bound() const override {
    return !is_over() && thread_.load(std::memory_order_acquire) == std::this_thread::get_id();
  }
  void thread_ended() override {
    if (client_down()) {
      if (const auto pool = pool_.lock()) {
        pool->client_down(id_, exit_reason::error("thread_ended", "the client's thread has ended"));
      }
    }
  }

 private:
  using word = std::uint8_t;
  enum class state : word { waiting, answering, answered, over };
  // Beside the state, in the same word.
  static constexpr word state_mask = 0x0F;
  static constexpr word seen = 0x10;
  static constexpr word client_ended = 0x20;

  static constexpr int first_yield = 200;
  static constexpr int most_looks = 300;

  static constexpr state state_of(word from) { return static_cast<state>(from & state_mask); }
  static constexpr word with(word from, state next) {
    return static_cast<word>((from & ~state_mask) | static_cast<word>(next));
  }
  [[nodiscard]] state current() const { return state_of(word_.load(std::memory_order_acquire)); }

  // From `before` to `next`; false when it is in another state.
  bool enter(state before, state next) {
    word now = word_.load(std::memory_order_acquire);
    while (state_of(now) == before) {
      if (word_.compare_exchange_weak(now, with(now, next), std::memory_order_acq_rel)) {
        return true;
      }
    }
    return false;
  }

  // Waits while the pool is answering, a moment only: it is between two instructions.
  [[nodiscard]] word settled() const {
    word now = word_.load(std::memory_order_acquire);
    while (state_of(now) == state::answering) {
      std::this_thread::yield();
      now = word_.load(std::memory_order_acquire);
    }
    return now;
  }

  // Ends `answering`, which nobody else leaves. Ordered before the look whether the client sleeps.
  void settle(state next) {
    word now = word_.load(std::memory_order_acquire);
    while (!word_.compare_exchange_weak(now, with(now, next), std::memory_order_seq_cst)) {
    }
  }

  const request_id id_;
  const Command command_;
  const time_point deadline_;
  std::atomic<word> word_{0};
  std::atomic<std::thread::id> thread_{};
  std::weak_ptr<down_receiver> pool_;
  // Touched by whoever has led the state out of `waiting`.
  completion done_;
  std::optional<answer> answer_;
  // For a client that sleeps.
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable answered_;
};

}  // namespace slipway
