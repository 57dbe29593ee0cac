// slipway/tools/tree_watch.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/tree_watch.hpp>

#include <utility>
#include <variant>

namespace slipway::tools {

void tree_watch::take(const runtime_event& event, time_point now) {
  std::lock_guard guard(mutex_);
  const event_role role = note(event);
  if (kept_.size() < most_kept) {
    kept_.push_back({now, event, role});
  }
}

event_role tree_watch::note(const runtime_event& event) {
  if (const auto* ready = std::get_if<runtime_events::worker_ready>(&event)) {
    ++counts_.workers_started;
    pool_record& pool = pools_[ready->pool];
    ++pool.ready;
    if (pool.unreplaced > 0) {
      --pool.unreplaced;
      return event_role::replacement;
    }
  } else if (const auto* removed = std::get_if<runtime_events::worker_removed>(&event)) {
    ++counts_.workers_removed;
    pool_record& pool = pools_[removed->pool];
    pool.unreplaced += pool.recycled.erase(removed->worker) > 0 ? 0 : 1;
  } else if (const auto* recycled = std::get_if<runtime_events::worker_recycled>(&event)) {
    pool_record& pool = pools_[recycled->pool];
    pool.unreplaced += pool.recycled.insert(recycled->worker).second ? 1 : 0;
  } else if (const auto* failed = std::get_if<runtime_events::worker_init_failed>(&event)) {
    ++counts_.init_failures;
    pools_[failed->pool].failed_to_start.insert(failed->worker);
  } else if (const auto* exited = std::get_if<runtime_events::worker_exited>(&event)) {
    if (pools_[exited->pool].failed_to_start.erase(exited->worker) > 0) {
      return event_role::repetition;
    }
  } else if (const auto* started = std::get_if<runtime_events::pool_started>(&event)) {
    if (pools_[started->pool].starts++ > 0) {
      ++counts_.pool_restarts;
      return event_role::replacement;
    }
  } else if (const auto* ended = std::get_if<runtime_events::pool_exited>(&event)) {
    if (ended->reason.is_abnormal()) {
      last_pool_end_ = pool_end{ended->pool, ended->reason, pool_end::kind::gave_up};
      if (!start_failure_ && pools_[ended->pool].ready == 0) {
        start_failure_ = last_pool_end_;
        start_failure_->how = pool_end::kind::never_ready;
      }
    }
  }
  return event_role::first;
}

std::vector<noted_event> tree_watch::drain() {
  std::lock_guard guard(mutex_);
  return std::exchange(kept_, {});
}

tree_counts tree_watch::counts() const {
  std::lock_guard guard(mutex_);
  return counts_;
}

std::uint64_t tree_watch::ready_count(const std::string& pool) const {
  std::lock_guard guard(mutex_);
  const auto found = pools_.find(pool);
  return found == pools_.end() ? 0 : found->second.ready;
}

bool tree_watch::has_been_ready(const std::string& pool) const {
  return ready_count(pool) > 0;
}

std::optional<pool_end> tree_watch::start_failure() const {
  std::lock_guard guard(mutex_);
  return start_failure_;
}

std::optional<pool_end> tree_watch::last_pool_end() const {
  std::lock_guard guard(mutex_);
  return last_pool_end_;
}

}  // namespace slipway::tools
