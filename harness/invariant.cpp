// slipway/harness/invariant.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/invariant.hpp>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace slipway::harness::invariants {
namespace {

using moment = invariant::moment;
using verdict = std::optional<std::string>;

std::string name_of(worker_id id) {
  return "worker " + std::to_string(static_cast<std::uint64_t>(id));
}

std::string name_of(request_id id) {
  return "request " + std::to_string(static_cast<std::uint64_t>(id));
}

std::string name_of(const observed_call& call) {
  return "call '" + call.command + "' of " + call.client;
}

// Asks each pool that runs.
verdict look_into_pools(const run_view& run, verdict (*look)(const pool_core&)) {
  verdict wrong;
  for (const auto& slot : run.pools) {
    const auto pool = slot->current();
    if (!pool || pool->ended()) {
      continue;
    }
    pool->inspect([&](const pool_core& core) {
      if (auto found = look(core); found && !wrong) {
        wrong = "pool '" + slot->name() + "': " + *found;
      }
    });
  }
  return wrong;
}

verdict one_state_each(const pool_core& core) {
  std::size_t idle = 0;
  std::size_t starting = 0;
  for (const auto& [id, worker] : core.workers()) {
    const bool checked_out = worker.status == worker_status::checked_out;
    idle += worker.status == worker_status::idle ? 1 : 0;
    starting += !checked_out && worker.status != worker_status::idle ? 1 : 0;
    if (checked_out != worker.held_by.has_value()) {
      return name_of(id) + " is checked out without a request, or has one without being so";
    }
    if (worker.held_by) {
      const auto request = core.requests().find(*worker.held_by);
      if (request == core.requests().end() || request->second.holds != id) {
        return name_of(id) + " is held by " + name_of(*worker.held_by) + ", which does not hold it";
      }
    }
  }
  if (idle != core.idle_count() || starting != core.starting_count()) {
    return std::to_string(idle) + " workers are idle and " + std::to_string(starting) +
           " starting, but " + std::to_string(core.idle_count()) + " and " +
           std::to_string(core.starting_count()) + " are listed";
  }
  if (core.workers().size() > core.options().pool_size + core.surplus_count()) {
    return std::to_string(core.workers().size()) + " workers are too many";
  }
  return std::nullopt;
}

verdict in_its_bounds(const pool_core& core) {
  const auto& options = core.options();
  std::size_t surplus = 0;
  for (const auto& [id, worker] : core.workers()) {
    surplus += worker.replaces ? 1 : 0;
    if (worker.retiring && worker.retiring->replaced) {
      ++surplus;
      if (worker.status == worker_status::idle) {
        return name_of(id) + " is replaced and idle, and still there";
      }
    }
  }
  if (surplus != core.surplus_count()) {
    return std::to_string(surplus) + " workers are more than its size, but " +
           std::to_string(core.surplus_count()) + " are counted";
  }
  const std::size_t standing = core.workers().size() - surplus + core.to_be_started();
  if (standing > options.pool_size || (!options.lazy && standing != options.pool_size)) {
    return std::to_string(standing) + " workers are there or to be started, of " +
           std::to_string(options.pool_size);
  }
  if (core.queue_length() > options.max_queue) {
    return std::to_string(core.queue_length()) + " requests wait, more than may";
  }
  if (core.starting_count() > options.init_concurrency) {
    return std::to_string(core.starting_count()) + " workers start at once, more than may";
  }
  return std::nullopt;
}

bool insists(const pool_core::request& asked) {
  return asked.wish && asked.wish->mode != affinity::hint;
}

verdict in_order_of_arrival(const pool_core& core) {
  for (const auto& [id, worker] : core.workers()) {
    if (!worker.wanted_by.empty() && worker.status != worker_status::checked_out) {
      return "a request waits for " + name_of(id) + ", which is not checked out";
    }
    if (!worker.held_by) {
      continue;
    }
    const auto& holder = core.requests().at(*worker.held_by);
    const auto& line = insists(holder) ? worker.wanted_by : core.queue();
    if (line.front() && core.requests().at(*line.front()).place < holder.place) {
      return name_of(*line.front()) + " waits, and " + name_of(*worker.held_by) +
             " that came later got " + name_of(id);
    }
  }
  return std::nullopt;
}

verdict no_one_waits_beside_an_idle_worker(const pool_core& core) {
  if (!core.queue().empty() && core.idle_count() != 0) {
    return std::to_string(core.queue().size()) + " requests wait while " +
           std::to_string(core.idle_count()) + " workers are idle";
  }
  return std::nullopt;
}

// Of the calls of a session one at most is known, those that wait for their turn are not.
verdict look_for_calls(const run_view& run, const pool_slot& slot) {
  const auto pool = slot.current();
  if (!pool || pool->ended()) {
    return std::nullopt;
  }
  std::size_t under_way = 0;
  std::size_t of_this_run = 0;
  std::set<std::string> sessions;
  for (const auto& each : run.calls) {
    if (each.outcomes != 0 || each.client_gone) {
      continue;
    }
    if (each.session.empty()) {
      ++under_way;
      of_this_run += each.pool.lock() == pool ? 1 : 0;
    } else {
      under_way += sessions.insert(each.session).second ? 1 : 0;
    }
  }
  std::size_t known = 0;
  pool->inspect([&](const pool_core& core) { known = core.requests().size(); });
  if (known < of_this_run || (known > under_way && !run.cleans_up)) {
    return "pool '" + slot.name() + "' knows " + std::to_string(known) + " requests, and " +
           std::to_string(under_way) + " calls are under way, " + std::to_string(of_this_run) +
           " of them since it runs";
  }
  return std::nullopt;
}

// The children that one supervisor stopped, in their order, since it began to stop.
std::vector<child_id> stopped_by(const run_view& run, const observed_supervisor& of) {
  std::vector<child_id> stopped;
  bool stopping = false;
  for (const auto& each : run.events) {
    if (each.supervisor != of.name) {
      continue;
    }
    stopping = stopping || std::holds_alternative<supervisor_stopping>(each.what);
    if (const auto* child = std::get_if<child_stopped>(&each.what); child != nullptr && stopping) {
      stopped.push_back(child->child);
    }
  }
  return stopped;
}

verdict intensity_of(const run_view& run, const observed_supervisor& of) {
  std::vector<time_point> restarts;
  std::optional<time_point> exited;
  for (const auto& each : run.events) {
    if (each.supervisor != of.name) {
      continue;
    }
    // A restart counts from when it is decided; it may be told much later, when the child has started.
    if (const auto* end = std::get_if<child_exited>(&each.what);
        end != nullptr && end->outcome == exit_outcome::restart && !exited) {
      exited = each.at;
    }
    // Several children that are restarted because of one are one restart.
    if (std::holds_alternative<child_restarted>(each.what) && exited) {
      restarts.push_back(*std::exchange(exited, std::nullopt));
    }
  }
  // One that lies a whole period back need not count any more, by whichever resolution.
  for (std::size_t i = of.flags.intensity; i < restarts.size(); ++i) {
    if (restarts[i] - restarts[i - of.flags.intensity] < of.flags.period) {
      return "supervisor '" + of.name + "' restarted " + std::to_string(of.flags.intensity + 1) +
             " times within its period";
    }
  }
  return std::nullopt;
}

}  // namespace

invariant one_outcome_per_call() {
  return {"one outcome per call", moment::at_end, [](const run_view& run) -> verdict {
            for (const auto& each : run.calls) {
              if (each.outcomes > 1 || (each.outcomes == 0 && !each.client_gone)) {
                return name_of(each) + " has " + std::to_string(each.outcomes) + " outcomes";
              }
            }
            return std::nullopt;
          }};
}

invariant no_reply_to_another_caller() {
  return {"no reply to another caller", moment::at_end, [](const run_view& run) -> verdict {
            for (const auto& each : run.calls) {
              if (!each.wanted.empty() && !each.got.empty() && each.got != each.wanted) {
                return name_of(each) + " got " + each.got + ", not " + each.wanted;
              }
            }
            return std::nullopt;
          }};
}

invariant worker_in_one_state() {
  return {"a worker in one state", moment::each_step,
          [](const run_view& run) { return look_into_pools(run, one_state_each); }};
}

invariant pool_in_its_bounds() {
  return {"a pool in its bounds", moment::each_step,
          [](const run_view& run) { return look_into_pools(run, in_its_bounds); }};
}

invariant first_come_first_served() {
  return {"first come, first served", moment::each_step,
          [](const run_view& run) { return look_into_pools(run, in_order_of_arrival); }};
}

invariant calls_under_way_are_known() {
  return {"calls under way are known to their pool, and no others", moment::at_rest,
          [](const run_view& run) -> verdict {
            for (const auto& slot : run.pools) {
              if (auto wrong = look_for_calls(run, *slot)) {
                return wrong;
              }
            }
            return std::nullopt;
          }};
}

invariant no_lost_wake_up() {
  return {"no lost wake-up", moment::at_rest, [](const run_view& run) {
            return look_into_pools(run, no_one_waits_beside_an_idle_worker);
          }};
}

invariant restart_intensity() {
  return {"restart intensity never exceeded", moment::at_end, [](const run_view& run) -> verdict {
            for (const auto& each : run.supervisors) {
              if (auto wrong = intensity_of(run, each)) {
                return wrong;
              }
            }
            return std::nullopt;
          }};
}

invariant stop_order() {
  return {"stop order the reverse of start order", moment::at_end,
          [](const run_view& run) -> verdict {
            for (const auto& each : run.supervisors) {
              const auto place = [&](const child_id& child) {
                return std::find_if(each.rules.begin(), each.rules.end(),
                                    [&](const child_rules& rules) { return rules.id == child; }) -
                       each.rules.begin();
              };
              const auto stopped = stopped_by(run, each);
              for (std::size_t i = 1; i < stopped.size(); ++i) {
                if (place(stopped[i - 1]) <= place(stopped[i])) {
                  return "supervisor '" + each.name + "' stopped '" + stopped[i - 1] +
                         "' before '" + stopped[i] + "'";
                }
              }
            }
            return std::nullopt;
          }};
}

invariant nothing_started_after_shutdown() {
  return {"nothing started after shutdown began", moment::at_end,
          [](const run_view& run) -> verdict {
            std::set<std::string> stopping;
            std::optional<std::size_t> opened;
            for (const auto& each : run.events) {
              if (std::holds_alternative<supervisor_stopping>(each.what)) {
                stopping.insert(each.supervisor);
              }
              const bool starts = std::holds_alternative<child_started>(each.what) ||
                                  std::holds_alternative<child_restarted>(each.what);
              if (starts && stopping.contains(each.supervisor)) {
                return "supervisor '" + each.supervisor + "': " + to_string(each.what) +
                       ", while it is stopping";
              }
              if (std::holds_alternative<supervisor_stopped>(each.what) &&
                  each.supervisor == run.supervisors.front().name) {
                opened = each.processes_opened;
              }
            }
            if (opened && run.ports->opened() != *opened) {
              return "a process was started after the tree had stopped";
            }
            return std::nullopt;
          }};
}

invariant nothing_left() {
  return {"nothing left at the end", moment::at_end, [](const run_view& run) -> verdict {
            if (const auto left = run.ports->processes(); !left.empty()) {
              return "process " + left.front().name + " is left";
            }
            if (const auto left = run.run->actors().registry().running(); left != 0) {
              return std::to_string(left) + " actors are left";
            }
            if (!run.host->wait_unheld(time_point{})) {
              return "the runtime is still in use";
            }
            return std::nullopt;
          }};
}

std::vector<invariant> all() {
  return {one_outcome_per_call(),
          no_reply_to_another_caller(),
          worker_in_one_state(),
          pool_in_its_bounds(),
          first_come_first_served(),
          no_lost_wake_up(),
          calls_under_way_are_known(),
          restart_intensity(),
          stop_order(),
          nothing_started_after_shutdown(),
          supervisor_keeps_its_rules(),
          nothing_left()};
}

}  // namespace slipway::harness::invariants
