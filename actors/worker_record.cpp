// slipway/actors/worker_record.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/worker_record.hpp>

#include <utility>

namespace slipway {

using state = lifecycle_state;
using cause = lifecycle_cause;

worker_record::worker_record(worker_id id, std::string name,
                             const std::optional<health_options>& health, time_point born)
    : id_(id), name_(std::move(name)), lifecycle_(born) {
  if (health) {
    health_.emplace(*health);
  }
}

std::optional<exit_reason> worker_record::unfit() const {
  if (!unfit_.load(std::memory_order_acquire)) {
    return std::nullopt;
  }
  std::lock_guard guard(mutex_);
  return health_->unfit();
}

worker_lifecycle worker_record::lifecycle() const {
  std::lock_guard guard(mutex_);
  return lifecycle_;
}

void worker_record::ready(const std::shared_ptr<port>& process, const port_owner_ptr& owner,
                          std::function<void()> look_at, time_point now) {
  std::lock_guard guard(mutex_);
  process_ = process;
  owner_ = owner;
  look_at_ = std::move(look_at);
  move(state::ready, cause::handshake_answered, now);
}

void worker_record::start_failed(const exit_reason& reason, time_point now) {
  std::lock_guard guard(mutex_);
  move(state::terminating, cause::start_failed, now, to_string(reason));
}

void worker_record::start_cancelled(time_point now) {
  std::lock_guard guard(mutex_);
  move(state::terminating, cause::start_cancelled, now);
}

void worker_record::checked_out(time_point now) {
  std::lock_guard guard(mutex_);
  move(state::busy, cause::checkout, now);
  if (health_) {
    health_->checked_out(now);
  }
}

health_step worker_record::checked_in(lease_end how, time_point now) {
  std::lock_guard guard(mutex_);
  lifecycle_.count(how, now);
  health_step step = health_ ? health_->checked_in(now) : health_step{};
  if (step.degraded) {
    move(state::degraded, cause::slow_call, now, *step.degraded);
  } else {
    move(health_ && health_->degraded() ? state::degraded : state::ready, cause::checkin, now);
  }
  publish();
  return step;
}

void worker_record::removed(const exit_reason& reason, time_point now) {
  std::lock_guard guard(mutex_);
  if (lifecycle_.state() == state::busy) {
    lifecycle_.count(lease_end::close, now);
  }
  move(state::terminating, cause::removed, now, to_string(reason));
}

void worker_record::exited(const exit_status& status, time_point now) {
  std::lock_guard guard(mutex_);
  if (lifecycle_.state() == state::busy) {
    lifecycle_.count(lease_end::close, now);
  }
  move(state::terminated, cause::process_exited, now, to_string(status));
}

health_step worker_record::flooded() {
  std::lock_guard guard(mutex_);
  if (!health_ || lifecycle_.state() == state::initializing) {
    return {};
  }
  health_step step = health_->flooded();
  publish();
  return step;
}

bool worker_record::ping(std::span<const std::byte> frame, port::answer_test is_answer) {
  std::lock_guard guard(mutex_);
  const auto process = process_.lock();
  const auto owner = owner_.lock();
  if (!health_ || !health_->wants_ping() || !process || !owner ||
      !process->probe(*owner, frame, std::move(is_answer))) {
    return false;
  }
  health_->ping_sent();
  return true;
}

health_step worker_record::look_for_answer(time_point now) {
  std::lock_guard guard(mutex_);
  const auto process = process_.lock();
  const auto owner = owner_.lock();
  if (!health_ || !process || !owner) {
    return {};
  }
  const probe_result found = process->probed(*owner);
  health_step step;
  switch (found.how) {
    case probe_result::kind::answered:
      step = health_->ping_answered();
      break;
    case probe_result::kind::unanswered:
      step = health_->ping_unanswered();
      break;
    case probe_result::kind::overtaken:
      health_->ping_overtaken();
      break;
    case probe_result::kind::garbled:
      step = health_->ping_garbled(found.what);
      break;
  }
  // A port comes back a moment before its worker is recorded as checked in; the checkin then goes
  // where its health says.
  if (step.degraded) {
    move(state::degraded, cause::failed_check, now, *step.degraded);
  } else if (step.recovered) {
    move(state::ready, cause::passed_check, now);
  }
  publish();
  return step;
}

void worker_record::tell_pool() const {
  std::function<void()> look_at;
  {
    std::lock_guard guard(mutex_);
    look_at = look_at_;
  }
  if (look_at) {
    look_at();
  }
}

void worker_record::publish() {
  degraded_.store(health_ && health_->degraded(), std::memory_order_release);
  unfit_.store(health_ && health_->unfit(), std::memory_order_release);
}

void worker_record::move(lifecycle_state to, lifecycle_cause by, time_point now,
                         std::string detail) {
  static_cast<void>(lifecycle_.move_to(to, by, now, std::move(detail)));
}

}  // namespace slipway
