// slipway/actors/pool_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_core.hpp>

#include <algorithm>
#include <utility>

namespace slipway {

const char* to_string(worker_status status) {
  switch (status) {
    case worker_status::starting:
      return "starting";
    case worker_status::handshaking:
      return "handshaking";
    case worker_status::idle:
      return "idle";
    case worker_status::checked_out:
      break;
  }
  return "checked_out";
}

// One step: the core, what it was told, and where its actions go.
class pool_core::turn {
 public:
  turn(pool_core& core, time_point now, worker_callbacks& callbacks,
       std::vector<any_pool_action>& actions)
      : core_(core), now_(now), callbacks_(callbacks), actions_(actions) {}

  void operator()(const pool_event::start& /*event*/) {
    if (!core_.options_.lazy) {
      for (std::size_t i = 0; i < core_.options_.pool_size && !core_.ended_; ++i) {
        init_worker(0);
      }
    }
  }

  void operator()(const pool_event::checkout& event) {
    if (core_.ended_) {
      reject(event.request, reject_reason::pool_stopped);
      return;
    }
    request entry;
    entry.queue_place = core_.next_place_++;
    entry.deadline = event.deadline;
    entry.arrived = now_;
    core_.queue_.emplace(entry.queue_place, event.request);
    core_.requests_.emplace(event.request, entry);
    serve();
    // Only who has to wait can be one too many.
    if (core_.queue_.size() > core_.options_.max_queue && queued(event.request)) {
      forget(event.request);
      ++core_.counters_.overloaded;
      reject(event.request, reject_reason::overloaded);
    }
  }

  void operator()(const pool_event::checkin& event) {
    if (const auto held = take_back(event.request)) {
      ++core_.counters_.checked_in;
      check_in(event.request, *held);
      serve();
    }
  }

  void operator()(const pool_event::undelivered& event) {
    if (const auto held = take_back(event.request)) {
      check_in(event.request, *held);
      serve();
    }
  }

  void operator()(const pool_event::cancel& event) {
    if (core_.ended_) {
      return;
    }
    ++core_.counters_.cancelled;
    if (const auto held = take_back(event.request)) {
      callbacks_.handle_cancelled(cancel_context::checked_out);
      remove_worker(*held, event.reason);
    } else {
      // NimblePool: a client that timed out says so even if its request was dropped meanwhile.
      callbacks_.handle_cancelled(cancel_context::queued);
      forget(event.request);
    }
    serve();
  }

  void operator()(const pool_event::worker_handshaking& event) {
    if (worker* found = find(event.worker); found != nullptr && is_starting(*found)) {
      enter(*found, worker_status::handshaking);
    }
  }

  void operator()(const pool_event::worker_ready& event) {
    if (worker* found = find(event.worker); found != nullptr && is_starting(*found)) {
      --core_.starting_;
      become_idle(event.worker, *found);
      serve();
    }
  }

  void operator()(const pool_event::worker_failed& event) {
    if (worker* found = find(event.worker); found != nullptr && is_starting(*found)) {
      --core_.starting_;
      const std::uint32_t failures = found->failures + 1;
      core_.workers_.erase(event.worker);
      init_failed(failures, event.reason);
    }
  }

  void operator()(const pool_event::retry_init& event) {
    if (!core_.ended_) {
      --core_.retrying_;
      init_worker(event.failures);
      serve();
    }
  }

  void operator()(const pool_event::worker_info& event) {
    worker* found = find(event.worker);
    if (found == nullptr || found->status != worker_status::idle) {
      return;
    }
    const auto decided = callbacks_.handle_info(event.worker);
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      core_.idle_.erase(found->idle_place);
      remove_worker(event.worker, removal->reason);
      serve();
    }
  }

  void operator()(const pool_event::stop& event) {
    if (!core_.ended_) {
      end(event.reason);
    }
  }

 private:
  // -- requests -----------------------------------------------------------------------------------

  // Invariants (5) and (6): the head of the queue is served, or waits because no worker is idle.
  void serve() {
    while (!core_.queue_.empty() && !core_.ended_) {
      const request_id head = core_.queue_.begin()->second;
      if (core_.requests_.at(head).deadline <= now_) {
        forget(head);
        ++core_.counters_.timed_out;
        reject(head, reject_reason::timeout);
        continue;
      }
      if (core_.idle_.empty()) {
        init_lazily();
      }
      if (core_.idle_.empty()) {
        return;
      }
      offer_next_worker(head);
    }
  }

  // Afterwards the request has been answered, or one worker is gone and the next one can be asked.
  void offer_next_worker(request_id id) {
    const auto next = core_.idle_.begin();
    const worker_id offered = next->second;
    const auto decided = callbacks_.handle_checkout(id, offered);
    if (std::holds_alternative<outcome::ok>(decided)) {
      request& granted = core_.requests_.at(id);
      core_.idle_.erase(next);
      core_.queue_.erase(granted.queue_place);
      granted.holds = offered;
      worker& taken = core_.workers_.at(offered);
      enter(taken, worker_status::checked_out);
      taken.held_by = id;
      ++core_.counters_.granted;
      actions_.emplace_back(pool_action::grant{id, offered});
    } else if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      core_.idle_.erase(next);
      remove_worker(offered, removal->reason);
    } else {
      forget(id);
      reject(id, reject_reason::skipped);
    }
  }

  [[nodiscard]] bool queued(request_id id) const {
    const auto found = core_.requests_.find(id);
    return found != core_.requests_.end() && !found->second.holds;
  }

  // The worker that the request holds; the request is over.
  std::optional<worker_id> take_back(request_id id) {
    const auto found = core_.requests_.find(id);
    if (core_.ended_ || found == core_.requests_.end() || !found->second.holds) {
      return std::nullopt;
    }
    const worker_id held = *found->second.holds;
    core_.requests_.erase(found);
    return held;
  }

  void forget(request_id id) {
    const auto found = core_.requests_.find(id);
    if (found != core_.requests_.end()) {
      core_.queue_.erase(found->second.queue_place);
      core_.requests_.erase(found);
    }
  }

  void reject(request_id id, reject_reason reason) {
    actions_.emplace_back(pool_action::reject{id, reason});
  }

  // -- workers ------------------------------------------------------------------------------------

  static bool is_starting(const worker& entry) {
    return entry.status == worker_status::starting || entry.status == worker_status::handshaking;
  }

  worker* find(worker_id id) {
    const auto found = core_.workers_.find(id);
    return found == core_.workers_.end() || core_.ended_ ? nullptr : &found->second;
  }

  void enter(worker& entry, worker_status status) const {
    entry.status = status;
    entry.since = now_;
  }

  void become_idle(worker_id id, worker& entry) {
    enter(entry, worker_status::idle);
    entry.held_by.reset();
    entry.failures = 0;
    entry.idle_place = core_.next_place_++;
    core_.idle_.emplace(entry.idle_place, id);
  }

  void check_in(request_id request, worker_id id) {
    const auto decided = callbacks_.handle_checkin(request, id);
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      remove_worker(id, removal->reason);
    } else {
      become_idle(id, core_.workers_.at(id));
    }
  }

  void init_worker(std::uint32_t failures) {
    const worker_id id{core_.next_worker_++};
    ++core_.counters_.workers_started;
    // Entered first: the callback may already ask for this worker's state.
    worker& entry = core_.workers_[id];
    entry.failures = failures;
    enter(entry, worker_status::starting);
    const auto decided = callbacks_.init_worker(id);
    if (std::holds_alternative<outcome::ok>(decided)) {
      become_idle(id, entry);
    } else if (std::holds_alternative<outcome::async>(decided)) {
      ++core_.starting_;
    } else {
      core_.workers_.erase(id);
      init_failed(failures + 1, std::get<outcome::failed>(decided).reason);
    }
  }

  // One starting worker serves one waiting request, so no more are started than wait.
  void init_lazily() {
    const std::size_t on_their_way = core_.starting_ + core_.retrying_;
    if (core_.options_.lazy && on_their_way < core_.queue_.size() &&
        core_.workers_.size() + core_.retrying_ < core_.options_.pool_size) {
      init_worker(0);
    }
  }

  void init_failed(std::uint32_t failures, const exit_reason& reason) {
    ++core_.counters_.init_failures;
    const init_retry& rule = core_.options_.retry;
    if (failures > rule.retries) {
      end(exit_reason::error("init_failed", "a worker failed to start " + std::to_string(failures) +
                                                " times in a row")
              .with_cause(reason));
      return;
    }
    ++core_.retrying_;
    const std::uint32_t doublings = std::min(failures - 1, 20U);
    actions_.emplace_back(pool_action::retry_init_after{
        std::min(rule.longest, rule.first * (std::int64_t{1} << doublings)), failures});
  }

  void remove_worker(worker_id id, const exit_reason& reason) {
    ++core_.counters_.workers_removed;
    core_.workers_.erase(id);
    callbacks_.terminate_worker(id, reason);
    if (!core_.options_.lazy) {
      init_worker(0);
    }
  }

  // -- end ----------------------------------------------------------------------------------------

  void end(const exit_reason& reason) {
    core_.ended_ = reason;
    for (const auto& [_, id] : core_.queue_) {
      reject(id, reject_reason::pool_stopped);
    }
    for (const auto& [id, entry] : core_.workers_) {
      if (is_starting(entry)) {
        actions_.emplace_back(pool_action::abort_init{id});
        continue;
      }
      if (entry.held_by) {
        actions_.emplace_back(pool_action::revoke{*entry.held_by});
      }
      callbacks_.terminate_worker(id, reason);
    }
    callbacks_.terminate_pool(reason);
    core_.queue_.clear();
    core_.requests_.clear();
    core_.idle_.clear();
    core_.workers_.clear();
    actions_.emplace_back(pool_action::exit{reason});
  }

  pool_core& core_;
  time_point now_;
  worker_callbacks& callbacks_;
  std::vector<any_pool_action>& actions_;
};

void pool_core::step(const any_pool_event& event, time_point now, worker_callbacks& callbacks,
                     std::vector<any_pool_action>& actions) {
  std::visit(turn(*this, now, callbacks, actions), event);
}

std::optional<time_point> pool_core::oldest_wait() const {
  if (queue_.empty()) {
    return std::nullopt;
  }
  return requests_.at(queue_.begin()->second).arrived;
}

}  // namespace slipway
