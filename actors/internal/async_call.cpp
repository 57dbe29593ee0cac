// slipway/actors/internal/async_call.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_call.hpp>
#include <slipway/actors/internal/call_lease.hpp>

#include <utility>

namespace slipway::internal {

async_call::async_call(std::shared_ptr<pool_slot> slot, call_subject call,
                       std::vector<std::byte> frame, duration timeout, completion done)
    : slot_(std::move(slot)),
      call_(std::move(call)),
      watch_(*slot_, call_.command),
      gate_(*slot_),
      frame_(std::move(frame)),
      deadline_(deadline_after(slot_->now(), timeout)),
      done_(std::move(done)) {}

void async_call::start() {
  if (auto refused = gate_.refusal(call_)) {
    end(failure(std::move(*refused)));
    return;
  }
  ask_for_a_worker();
}

void async_call::ask_for_a_worker() {
  pool_ = slot_->current();
  if (!pool_) {
    end(failure(no_worker(call_, slot_->not_started())));
    return;
  }
  watch_.asks();
  const std::uint64_t request = begin_request();
  auto ticket = pool_->async_checkout(
      anonymous{}, deadline_ - slot_->now(),
      [self = shared_from_this()](auto given) { self->granted(std::move(given)); });
  if (const auto gone = asked(request, ticket)) {
    client_down(*gone);
  }
}

std::uint64_t async_call::begin_request() {
  std::lock_guard guard(mutex_);
  held_ = {};
  return ++requests_;
}

// By now the request may have been answered, and the next one made by another thread.
std::optional<exit_reason> async_call::asked(std::uint64_t request,
                                             std::shared_ptr<python_pool::ticket> ticket) {
  std::lock_guard guard(mutex_);
  if (request == requests_) {
    held_ = {pool_, std::move(ticket)};
  }
  return client_gone_;
}

void async_call::client_down(const exit_reason& reason) {
  pool_request held;
  {
    std::lock_guard guard(mutex_);
    client_gone_ = reason;
    held = held_;
  }
  if (held.ticket) {
    held.pool->client_down(held.ticket, reason);
  }
}

bool async_call::client_gone() const {
  std::lock_guard guard(mutex_);
  return client_gone_.has_value();
}

void async_call::end(result<value, call_error> outcome) {
  if (client_gone()) {
    gate_.abandoned();  // the worker may have been killed for it
  } else {
    gate_.ended(outcome);
  }
  watch_.ended(outcome);
  done_(std::move(outcome));
}

void async_call::granted(result<lease<python_worker>, checkout_error> given) {
  if (!given) {
    watch_.not_granted(given.error(), *pool_);
    end(failure(no_worker(call_, given.error())));
    return;
  }
  lease_.emplace(std::move(*given));
  auto& client = lease_->state();
  watch_.granted(client.name, *pool_);
  client.process->async_exchange(
      client.owner, frame_, deadline_,
      [self = shared_from_this()](auto answer) { self->answered(std::move(answer)); });
}

void async_call::answered(result<port::payload, port_error> answer) {
  if (answer) {
    auto outcome = take_answer(*lease_, call_, *answer, watch_);
    lease_.reset();
    end(std::move(outcome));
    return;
  }
  auto told = give_up(*lease_, call_, answer.error(), *pool_, watch_);
  lease_.reset();
  if (may_try_another_worker(answer.error()) && slot_->now() < deadline_ && !client_gone()) {
    ask_for_a_worker();
  } else {
    end(failure(std::move(told)));
  }
}

}  // namespace slipway::internal
