// slipway/actors/pool_lease.hpp
//
// A checked-out worker as its client holds it.
// Belongs here: giving it back, once, however the client ends.
// Does not: how it was got (pool).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_ticket.hpp>
#include <slipway/actors/worker_behaviour.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace slipway {

template <worker_behaviour W>
class pool;

/// A checked-out worker. Checked in when it goes; cancelled with `error` when an exception unwinds
/// through it. Movable; outlives its pool safely. Thread: one at a time; a lease from a blocking
/// checkout belongs to the thread that made it, whose end is a DOWN.
template <worker_behaviour W>
class lease {
 public:
  using ticket = pool_ticket<typename W::command, typename W::client_state>;

  lease(std::shared_ptr<pool<W>> from, std::shared_ptr<ticket> held, typename W::client_state state)
      : pool_(std::move(from)), ticket_(std::move(held)), state_(std::move(state)) {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&& other) noexcept {
    if (this != &other) {
      checkin();
      pool_ = std::move(other.pool_);
      ticket_ = std::move(other.ticket_);
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~lease() {
    if (std::uncaught_exceptions() > exceptions_) {
      cancel(exit_reason::error("error", "an exception left the scope of the lease"));
    } else {
      checkin();
    }
  }

  [[nodiscard]] typename W::client_state& state() { return state_; }

  /// Tells `handle_update` of the worker, and waits for nothing. After the end of the lease it does
  /// nothing. NimblePool: update/2.
  void update(update_of<W> message) requires requires { typename W::update; }
  {
    if (pool_ && ticket_->holds()) {
      pool_->update(ticket_->id(), std::move(message));
    }
  }

  /// Gives the worker back. A second call does nothing.
  void checkin() {
    if (const auto from = std::exchange(pool_, nullptr); from && ticket_->finish()) {
      from->checkin(ticket_->id(), std::move(state_));
    }
  }

  /// Gives it back as unusable: the pool removes it for this reason and starts another.
  void cancel(exit_reason reason) {
    if (const auto from = std::exchange(pool_, nullptr); from && ticket_->finish()) {
      from->cancel(ticket_->id(), std::move(reason));
    }
  }

  /// The client of this lease has ended: its worker is removed. NimblePool: DOWN.
  void client_down(exit_reason reason) {
    if (const auto from = std::exchange(pool_, nullptr)) {
      from->client_down(ticket_, std::move(reason));
    }
  }

  /// The calling thread is the client from now on.
  void bind_to_this_thread() {
    if (pool_) {
      ticket_->bind_to_this_thread(pool_);
    }
  }

 private:
  std::shared_ptr<pool<W>> pool_;
  std::shared_ptr<ticket> ticket_;
  typename W::client_state state_;
  int exceptions_ = std::uncaught_exceptions();
};

}  // namespace slipway
