// slipway/actors/call_breakers.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_breakers.hpp>

#include <iterator>
#include <utility>

namespace slipway {

breaker_permit::breaker_permit(breaker_permit&& from) noexcept
    : of_(std::exchange(from.of_, nullptr)), token_(std::move(from.token_)) {}

breaker_permit& breaker_permit::operator=(breaker_permit&& from) noexcept {
  if (this != &from) {
    settle(circuit_outcome::abandoned);
    of_ = std::exchange(from.of_, nullptr);
    token_ = std::move(from.token_);
  }
  return *this;
}

void breaker_permit::settle(circuit_outcome outcome) {
  if (call_breakers* of = std::exchange(of_, nullptr)) {
    of->end(token_, outcome);
  }
}

call_breakers::call_breakers(call_breakers_options options, std::shared_ptr<const clock> time,
                             listener on_change)
    : time_(std::move(time)), on_change_(std::move(on_change)), core_(options) {}

result<breaker_permit, breaker_refusal> call_breakers::ask(std::string_view command) {
  std::unique_lock lock(mutex_);
  auto answer = core_.allow(command, time_->now());
  tell(std::move(lock), std::move(answer.changes));
  if (answer.refusal) {
    return failure(std::move(*answer.refusal));
  }
  return breaker_permit(*this, std::move(*answer.token));
}

void call_breakers::reset() {
  std::unique_lock lock(mutex_);
  auto changes = core_.reset(time_->now());
  tell(std::move(lock), std::move(changes));
}

void call_breakers::reset(std::string_view command) {
  std::unique_lock lock(mutex_);
  auto changes = core_.reset(command, time_->now());
  tell(std::move(lock), std::move(changes));
}

std::optional<circuit_state> call_breakers::state() const {
  std::lock_guard guard(mutex_);
  return core_.state();
}

std::optional<circuit_state> call_breakers::state(std::string_view command) const {
  std::lock_guard guard(mutex_);
  return core_.state(command);
}

void call_breakers::end(const breaker_token& call, circuit_outcome outcome) {
  std::unique_lock lock(mutex_);
  auto changes = core_.ended(call, outcome, time_->now());
  tell(std::move(lock), std::move(changes));
}

// Whoever finds nobody telling tells for all, so that nobody waits and the order is kept.
void call_breakers::tell(std::unique_lock<std::mutex> lock, std::vector<breaker_change> changes) {
  if (!on_change_) {
    return;
  }
  untold_.insert(untold_.end(), std::make_move_iterator(changes.begin()),
                 std::make_move_iterator(changes.end()));
  if (telling_) {
    return;
  }
  telling_ = true;
  while (!untold_.empty()) {
    const breaker_change next = std::move(untold_.front());
    untold_.pop_front();
    lock.unlock();
    on_change_(next);
    lock.lock();
  }
  telling_ = false;
}

}  // namespace slipway
