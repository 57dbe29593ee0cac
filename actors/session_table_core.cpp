// slipway/actors/session_table_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/session_table_core.hpp>

#include <algorithm>

namespace slipway {

result<session_table_core::opened, session_error> session_table_core::open(const std::string& id,
                                                                           const session_spec& spec,
                                                                           bool has_rebuild,
                                                                           time_point now) {
  if (id.empty()) {
    return failure(
        session_error{session_errc::invalid_id, "the id of a session must not be empty"});
  }
  if (const auto found = find(id)) {
    return opened{*found, false};
  }
  if (spec.time_to_live && *spec.time_to_live && **spec.time_to_live <= duration::zero()) {
    return failure(session_error{session_errc::invalid_options,
                                 "session '" + id + "': time_to_live must be a positive duration"});
  }
  if (by_id_.size() >= options_.max_sessions) {
    ++counts_.refused;
    return failure(session_error{session_errc::too_many, "session '" + id + "' cannot begin: " +
                                                             std::to_string(by_id_.size()) +
                                                             " are open (max_sessions)"});
  }
  const session_number number{next_number_++};
  entry& made = entries_[number];
  made.id = id;
  made.mode = spec.mode.value_or(options_.mode);
  made.time_to_live = spec.time_to_live.value_or(options_.time_to_live);
  made.has_rebuild = has_rebuild;
  made.begun = now;
  by_id_.emplace(id, number);
  expire_later(number, made, now);
  ++counts_.begun;
  counts_.open = by_id_.size();
  counts_.most = std::max(counts_.most, counts_.open);
  return opened{number, true};
}

std::optional<session_number> session_table_core::find(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t session_table_core::losses(session_number number) const {
  const entry* found = find_entry(number);
  return found != nullptr ? found->losses : 0;
}

// -- one call -------------------------------------------------------------------------------------

bool session_table_core::enter(session_number number, session_call_number call) {
  entry* found = find_entry(number);
  if (found == nullptr) {
    return true;
  }
  if (found->in_turn) {
    found->waiting.push_back(call);
    return false;
  }
  found->in_turn = true;
  stop_expiry(number, *found);
  return true;
}

bool session_table_core::withdraw(session_number number, session_call_number call) {
  entry* found = find_entry(number);
  return found != nullptr && std::erase(found->waiting, call) != 0;
}

session_placement session_table_core::place(session_number number, std::uint64_t told) const {
  const entry* found = find_entry(number);
  if (found == nullptr || found->ended) {
    return session_step::ended{};
  }
  if (found->losses > told && !found->has_rebuild) {
    return session_step::lost{loss_of(*found)};
  }
  if (found->home) {
    return session_step::this_worker{{found->home->worker, found->mode}};
  }
  return session_step::any_worker{};
}

session_grant session_table_core::granted(session_number number, worker_ref worker,
                                          std::uint64_t told,
                                          std::optional<session_remains>& remains) {
  entry* found = find_entry(number);
  if (found == nullptr || found->ended) {
    return session_step::ended{};
  }
  if (found->home && *found->home != worker) {
    remains = session_remains{found->id, *found->home};
    lose(number, *found, exit_reason::error("moved", "the worker that holds its state was busy"));
  }
  if (found->losses > told && !found->has_rebuild) {
    return session_step::lost{loss_of(*found)};
  }
  if (found->home) {
    return session_step::proceed{};
  }
  if (found->to_be_rebuilt) {
    return session_step::rebuild{loss_of(*found)};
  }
  return session_step::begin{};
}

void session_table_core::bind(session_number number, worker_ref worker) {
  entry* found = find_entry(number);
  if (found == nullptr || found->ended) {
    return;
  }
  leave_home(number, *found);
  found->home = worker;
  by_home_[worker].insert(number);
  if (found->to_be_rebuilt) {
    found->to_be_rebuilt = false;
    ++found->rebuilds;
    ++counts_.rebuilds;
  }
}

void session_table_core::unbind(session_number number) {
  if (entry* found = find_entry(number); found != nullptr && found->home) {
    leave_home(number, *found);
    // Whatever was replayed goes with that worker.
    found->to_be_rebuilt = found->has_rebuild && found->losses != 0;
  }
}

void session_table_core::home_gone(session_number number,
                                   const std::optional<exit_reason>& reason) {
  if (entry* found = find_entry(number); found != nullptr && found->home) {
    lose(number, *found,
         reason.value_or(exit_reason::error("worker_gone", "its worker is not there any more")));
  }
}

std::optional<session_call_number> session_table_core::leave(session_number number, bool ok,
                                                             time_point now) {
  entry* found = find_entry(number);
  if (found == nullptr) {
    return std::nullopt;
  }
  ++found->calls;
  found->failed += ok ? 0 : 1;
  found->last_used = now;
  if (!found->waiting.empty()) {
    const session_call_number next = found->waiting.front();
    found->waiting.pop_front();
    return next;
  }
  found->in_turn = false;
  if (!found->ended) {
    expire_later(number, *found, now);
  }
  drop_if_over(number, *found);
  return std::nullopt;
}

// -- ends -----------------------------------------------------------------------------------------

std::vector<session_loss> session_table_core::worker_lost(worker_ref worker,
                                                          const exit_reason& reason) {
  std::vector<session_loss> lost;
  const auto held = by_home_.extract(worker);
  if (!held.empty()) {
    for (const session_number number : held.mapped()) {
      lost.push_back(lose(number, entries_.at(number), reason));
    }
  }
  return lost;
}

std::vector<session_loss> session_table_core::run_ended(std::uint64_t run,
                                                        const exit_reason& reason) {
  std::vector<session_loss> lost;
  for (;;) {
    const auto next = by_home_.lower_bound(worker_ref{run, worker_id{0}});
    if (next == by_home_.end() || next->first.run != run) {
      return lost;
    }
    for (auto& each : worker_lost(next->first, reason)) {
      lost.push_back(std::move(each));
    }
  }
}

std::optional<session_table_core::ended_session> session_table_core::end(session_number number) {
  entry* found = find_entry(number);
  if (found == nullptr || found->ended) {
    return std::nullopt;
  }
  ++counts_.ended;
  return end(number, *found);
}

std::vector<session_table_core::ended_session> session_table_core::expire(time_point now) {
  std::vector<ended_session> over;
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const session_number number = expiries_.begin()->second;
    ++counts_.expired;
    over.push_back(end(number, entries_.at(number)));
  }
  return over;
}

std::optional<time_point> session_table_core::next_expiry() const {
  return expiries_.empty() ? std::nullopt : std::optional(expiries_.begin()->first);
}

bool session_table_core::is_home(const std::string& id, worker_ref worker) const {
  const auto number = find(id);
  return number && entries_.at(*number).home == worker;
}

std::optional<session_status> session_table_core::status(session_number number,
                                                         time_point now) const {
  const entry* found = find_entry(number);
  if (found == nullptr || found->ended) {
    return std::nullopt;
  }
  return session_status{.id = found->id,
                        .mode = found->mode,
                        .home = found->home,
                        .calls = found->calls,
                        .failed = found->failed,
                        .losses = found->losses,
                        .rebuilds = found->rebuilds,
                        .waiting = found->waiting.size(),
                        .busy = found->in_turn,
                        .age = now - found->begun,
                        .idle = now - std::max(found->begun, found->last_used)};
}

// -- within ---------------------------------------------------------------------------------------

session_table_core::entry* session_table_core::find_entry(session_number number) {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : &found->second;
}

const session_table_core::entry* session_table_core::find_entry(session_number number) const {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : &found->second;
}

session_loss session_table_core::lose(session_number number, entry& losing,
                                      const exit_reason& reason) {
  leave_home(number, losing);
  ++losing.losses;
  ++counts_.losses;
  losing.last_loss = reason;
  losing.to_be_rebuilt = losing.has_rebuild;
  return loss_of(losing);
}

void session_table_core::leave_home(session_number number, entry& leaving) {
  if (!leaving.home) {
    return;
  }
  if (const auto found = by_home_.find(*leaving.home); found != by_home_.end()) {
    found->second.erase(number);
    if (found->second.empty()) {
      by_home_.erase(found);
    }
  }
  leaving.home.reset();
}

session_loss session_table_core::loss_of(const entry& of) {
  return {of.id, of.losses, of.last_loss.value_or(exit_reason::noproc())};
}

void session_table_core::expire_later(session_number number, entry& used, time_point now) {
  if (used.time_to_live) {
    used.expires = deadline_after(now, *used.time_to_live);
    expiries_.emplace(*used.expires, number);
  }
}

void session_table_core::stop_expiry(session_number number, entry& used) {
  if (used.expires) {
    expiries_.erase({*used.expires, number});
    used.expires.reset();
  }
}

session_table_core::ended_session session_table_core::end(session_number number, entry& ending) {
  ended_session over{number, ending.id, std::nullopt};
  if (ending.home) {
    over.remains = session_remains{ending.id, *ending.home};
  }
  leave_home(number, ending);
  stop_expiry(number, ending);
  by_id_.erase(ending.id);
  counts_.open = by_id_.size();
  ending.ended = true;
  drop_if_over(number, ending);
  return over;
}

void session_table_core::drop_if_over(session_number number, const entry& over) {
  if (over.ended && !over.in_turn && over.waiting.empty()) {
    entries_.erase(number);
  }
}

}  // namespace slipway
