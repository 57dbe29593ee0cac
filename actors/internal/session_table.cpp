// slipway/actors/internal/session_table.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/session_table.hpp>

namespace slipway::internal {

session_table::session_table(std::string pool, session_options options,
                             std::shared_ptr<const clock> time,
                             std::shared_ptr<timer_service> timers,
                             std::shared_ptr<const event_outlet> events)
    : pool_(std::move(pool)),
      time_(std::move(time)),
      timers_(std::move(timers)),
      events_(std::move(events)),
      core_(options) {}

// -- the pool -------------------------------------------------------------------------------------

std::uint64_t session_table::pool_started(std::shared_ptr<void> held) {
  std::lock_guard guard(mutex_);
  held_ = std::move(held);
  return ++runs_;
}

void session_table::pool_exited(std::uint64_t run, const exit_reason& reason) {
  std::vector<session_loss> lost;
  std::shared_ptr<void> held;  // let go without the lock
  {
    std::lock_guard guard(mutex_);
    lost = core_.run_ended(run, reason);
    if (run == runs_) {
      held = std::move(held_);
    }
  }
  report_losses(lost, pool_);
}

void session_table::worker_lost(worker_ref worker, const std::string& name,
                                const exit_reason& reason) {
  std::vector<session_loss> lost;
  {
    std::lock_guard guard(mutex_);
    lost = core_.worker_lost(worker, reason);
  }
  if (lost.empty()) {
    return;
  }
  // Elsewhere: this runs in the pool, and they can be many.
  timers_->run_after(
      duration::zero(), [events = events_, pool = pool_, lost = std::move(lost), name] {
        for (const auto& each : lost) {
          events->report(runtime_events::session_lost{pool, each.session, name, each.reason});
        }
      });
}

void session_table::listen(std::shared_ptr<session_listener> listener) {
  std::lock_guard guard(mutex_);
  listener_ = std::move(listener);
}

void session_table::clean_with(cleaner clean) {
  std::lock_guard guard(mutex_);
  clean_ = std::move(clean);
}

// -- sessions -------------------------------------------------------------------------------------

result<session_table::opened, session_error> session_table::open(const std::string& id,
                                                                 session_spec spec) {
  std::shared_ptr<session_record> record;
  std::shared_ptr<session_listener> listener;
  {
    std::lock_guard guard(mutex_);
    const auto given = core_.open(id, spec, static_cast<bool>(spec.rebuild), time_->now());
    if (!given) {
      return failure(given.error());
    }
    if (!given->begun) {
      return opened{records_.at(given->number).record, core_.losses(given->number)};
    }
    record = std::make_shared<session_record>(
        session_record{given->number, id, std::move(spec.rebuild)});
    records_[given->number].record = record;
    listener = listener_;
  }
  arm_expiry();
  report(runtime_events::session_begun{pool_, id});
  if (listener) {
    if (auto failed = listener->begun(record)) {
      std::optional<session_remains> remains;
      end(record->number, exit_reason::error("start_failed", failed->message), remains);
      return failure(std::move(*failed));
    }
  }
  return opened{std::move(record), 0};
}

std::optional<session_table::opened> session_table::find(const std::string& id) const {
  std::lock_guard guard(mutex_);
  const auto number = core_.find(id);
  if (!number) {
    return std::nullopt;
  }
  return opened{records_.at(*number).record, core_.losses(*number)};
}

bool session_table::end(session_number number, const exit_reason& reason,
                        std::optional<session_remains>& remains) {
  std::optional<session_table_core::ended_session> ended;
  {
    std::lock_guard guard(mutex_);
    ended = core_.end(number);
  }
  if (!ended) {
    return false;
  }
  remains = std::move(ended->remains);
  over({{ended->number, ended->id, std::nullopt}}, reason);
  return true;
}

std::optional<session_status> session_table::status(session_number number) const {
  std::lock_guard guard(mutex_);
  return core_.status(number, time_->now());
}

session_counts session_table::counts() const {
  std::lock_guard guard(mutex_);
  return core_.counts();
}

// -- calls ----------------------------------------------------------------------------------------

session_call_number session_table::next_call() {
  return session_call_number{next_call_.fetch_add(1, std::memory_order_relaxed)};
}

void session_table::enter(session_number number, session_call_number call,
                          std::shared_ptr<session_turn> turn) {
  {
    std::lock_guard guard(mutex_);
    if (!core_.enter(number, call)) {
      records_.at(number).waiting.emplace(call, std::move(turn));
      return;
    }
  }
  turn->begin_turn();
}

bool session_table::withdraw(session_number number, session_call_number call) {
  std::shared_ptr<session_turn> dropped;
  std::lock_guard guard(mutex_);
  if (!core_.withdraw(number, call)) {
    return false;
  }
  if (const auto found = records_.find(number); found != records_.end()) {
    if (auto waiting = found->second.waiting.extract(call); !waiting.empty()) {
      dropped = std::move(waiting.mapped());
    }
  }
  return true;
}

void session_table::leave(session_number number, bool ok) {
  {
    std::lock_guard guard(mutex_);
    const auto next = core_.leave(number, ok, time_->now());
    const auto found = records_.find(number);
    if (found == records_.end()) {
      return;
    }
    if (next) {
      auto turn = found->second.waiting.extract(*next);
      found->second.due.push_back(std::move(turn.mapped()));
    } else if (!core_.is_known(number)) {
      // It had ended, and this was the last call of it.
      records_.erase(found);
      return;
    }
  }
  arm_expiry();
}

// Not by recursion: each of many calls that wait may be over at once, as when the pool has stopped.
void session_table::give_turns(session_number number) {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto found = records_.find(number);
    if (found == records_.end() || found->second.giving || found->second.due.empty()) {
      return;
    }
    found->second.giving = true;
    auto next = std::move(found->second.due.front());
    found->second.due.pop_front();
    lock.unlock();
    next->begin_turn();
    next.reset();
    lock.lock();
    found = records_.find(number);
    if (found != records_.end()) {
      found->second.giving = false;
    }
  }
}

session_placement session_table::place(session_number number, std::uint64_t told) const {
  std::lock_guard guard(mutex_);
  return core_.place(number, told);
}

session_grant session_table::granted(session_number number, worker_ref worker, std::uint64_t told) {
  std::optional<session_remains> remains;
  std::optional<session_loss> moved;
  cleaner clean;
  session_grant decided;
  {
    std::lock_guard guard(mutex_);
    decided = core_.granted(number, worker, told, remains);
    if (remains) {
      clean = clean_;
      moved = session_loss{remains->session, core_.losses(number),
                           exit_reason::error("moved", "the worker that holds its state was busy")};
    }
  }
  if (moved) {
    report_losses({*moved}, {});
    if (clean) {
      clean(*remains);
    }
  }
  return decided;
}

void session_table::bind(session_number number, worker_ref worker, const std::string& worker_name) {
  std::optional<session_status> rebuilt;
  {
    std::lock_guard guard(mutex_);
    const auto before = core_.counts().rebuilds;
    core_.bind(number, worker);
    if (core_.counts().rebuilds != before) {
      rebuilt = core_.status(number, time_->now());
    }
  }
  if (rebuilt) {
    report(runtime_events::session_rebuilt{pool_, rebuilt->id, worker_name});
  }
}

void session_table::unbind(session_number number) {
  std::lock_guard guard(mutex_);
  core_.unbind(number);
}

void session_table::home_gone(session_number number, const std::optional<exit_reason>& reason) {
  std::optional<session_loss> lost;
  {
    std::lock_guard guard(mutex_);
    const auto before = core_.losses(number);
    core_.home_gone(number, reason);
    if (core_.losses(number) != before) {
      lost = session_loss{records_.at(number).record->id, core_.losses(number),
                          reason.value_or(exit_reason::noproc())};
    }
  }
  if (lost) {
    report_losses({*lost}, {});
  }
}

bool session_table::is_home(const std::string& id, worker_ref worker) const {
  std::lock_guard guard(mutex_);
  return core_.is_home(id, worker);
}

std::shared_ptr<void> session_table::hold() const {
  std::lock_guard guard(mutex_);
  return held_;
}

// -- within ---------------------------------------------------------------------------------------

void session_table::report(const runtime_event& event) const {
  events_->report(event);
}

void session_table::report_losses(const std::vector<session_loss>& lost,
                                  const std::string& worker) const {
  for (const auto& each : lost) {
    report(runtime_events::session_lost{pool_, each.session, worker, each.reason});
  }
}

void session_table::arm_expiry() {
  duration delay{};
  {
    std::lock_guard guard(mutex_);
    const auto next = core_.next_expiry();
    if (!next || (armed_for_ && *armed_for_ <= *next)) {
      return;
    }
    armed_for_ = next;
    const time_point now = time_->now();
    delay = *next > now ? *next - now : duration::zero();
  }
  timers_->run_after(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->expire();
    }
  });
}

void session_table::expire() {
  std::vector<session_table_core::ended_session> ended;
  cleaner clean;
  {
    std::lock_guard guard(mutex_);
    armed_for_.reset();
    ended = core_.expire(time_->now());
    clean = clean_;
  }
  over(ended, exit_reason::shutdown("expired"));
  for (const auto& each : ended) {
    if (each.remains && clean) {
      clean(*each.remains);
    }
  }
  arm_expiry();
}

void session_table::over(const std::vector<session_table_core::ended_session>& ended,
                         const exit_reason& reason) {
  std::shared_ptr<session_listener> listener;
  {
    std::lock_guard guard(mutex_);
    listener = listener_;
    for (const auto& each : ended) {
      const auto found = records_.find(each.number);
      // One with a call under way goes with that.
      if (found != records_.end() && !core_.is_known(each.number)) {
        records_.erase(found);
      }
    }
  }
  for (const auto& each : ended) {
    report(runtime_events::session_ended{pool_, each.id, reason});
    if (listener) {
      listener->ended(each.number, reason);
    }
  }
}

}  // namespace slipway::internal
