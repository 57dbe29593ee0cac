// slipway/actors/worker_lifecycle_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/worker_lifecycle_core.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace slipway {
namespace {

using enum lifecycle_state;
using cause = lifecycle_cause;

constexpr auto table = std::to_array<lifecycle_transition>({
    {initializing, ready, cause::handshake_answered},
    {initializing, terminating, cause::start_failed},
    {initializing, terminating, cause::start_cancelled},
    {initializing, terminated, cause::process_exited},
    {ready, busy, cause::checkout},
    {ready, degraded, cause::failed_check},
    {ready, terminating, cause::removed},
    {ready, terminated, cause::process_exited},
    {busy, ready, cause::checkin},
    {busy, degraded, cause::checkin},  // it was degraded before
    {busy, degraded, cause::slow_call},
    {busy, terminating, cause::removed},
    {busy, terminated, cause::process_exited},
    {degraded, busy, cause::checkout},
    {degraded, ready, cause::passed_check},
    {degraded, terminating, cause::removed},
    {degraded, terminated, cause::process_exited},
    {terminating, terminated, cause::process_exited},
});

bool is_everyday(const lifecycle_transition& each) {
  return each.cause == cause::checkout || each.cause == cause::checkin;
}

}  // namespace

const char* to_string(lifecycle_state state) {
  constexpr std::array names{"initializing", "ready",       "busy",
                             "degraded",     "terminating", "terminated"};
  return names.at(static_cast<std::size_t>(state));
}

const char* to_string(lifecycle_cause cause) {
  constexpr std::array names{
      "handshake_answered", "start_failed", "start_cancelled", "checkout", "checkin",
      "slow_call",          "failed_check", "passed_check",    "removed",  "process_exited"};
  return names.at(static_cast<std::size_t>(cause));
}

std::span<const lifecycle_transition> lifecycle_transitions() {
  return table;
}

std::string to_string(const lifecycle_transition& refused) {
  return std::string(to_string(refused.from)) + " does not become " + to_string(refused.to) +
         " by " + to_string(refused.cause);
}

worker_lifecycle::worker_lifecycle(time_point born) : last_activity_(born) {
  history_.push_back({initializing, std::nullopt, {}, born});
}

result<void, lifecycle_transition> worker_lifecycle::move_to(lifecycle_state state,
                                                             lifecycle_cause cause, time_point now,
                                                             std::string detail) {
  const lifecycle_transition wanted{state_, state, cause};
  if (std::find(table.begin(), table.end(), wanted) == table.end()) {
    return failure(wanted);
  }
  if (state_ == initializing && state == ready) {
    ready_at_ = now;
    last_activity_ = now;
  } else if (state == busy) {
    ++counts_.checkouts;
    last_activity_ = now;
  } else if (state == terminated) {
    ended_at_ = now;
  }
  state_ = state;
  if (!is_everyday(wanted)) {
    history_.push_back({state, cause, std::move(detail), now});
    if (history_.size() > max_history) {
      history_.pop_front();
    }
  }
  return {};
}

void worker_lifecycle::count(lease_end how, time_point now) {
  last_activity_ = now;
  switch (how) {
    case lease_end::ok:
      ++counts_.ok;
      return;
    case lease_end::error:
      ++counts_.error;
      return;
    case lease_end::close:
      ++counts_.close;
  }
}

duration worker_lifecycle::uptime(time_point now) const {
  return ready_at_ ? ended_at_.value_or(now) - *ready_at_ : duration::zero();
}

std::string to_string(const worker_lifecycle& life) {
  const lease_counts& counts = life.counts();
  std::string text = "checkouts " + std::to_string(counts.checkouts) + " (ok " +
                     std::to_string(counts.ok) + ", error " + std::to_string(counts.error) +
                     ", close " + std::to_string(counts.close) + ")";
  if (life.state() == degraded) {
    text += ", degraded: " + life.history().back().detail;
  }
  return text;
}

}  // namespace slipway
