// slipway/harness/invariant.hpp
//
// What must hold of every run.
// Belongs here: the type, and the invariants of calls, pools and supervisors.
// Does not: when they are asked (explore), what they look at (run_view).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/run_view.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slipway::harness {

/// One rule. Users add their own: a name, when it is asked, and a function that says in a sentence
/// what is wrong, or nothing.
struct invariant {
  enum class moment {
    each_step,
    at_rest,  ///< nobody can go on before time passes
    at_end,   ///< the scenario is over, its tree has been stopped, nothing can happen any more
  };

  std::string name;
  moment asked = moment::at_end;
  std::function<std::optional<std::string>(const run_view&)> broken;
};

/// A rule that was broken.
struct broken_invariant {
  std::string name;
  std::string what;
  std::size_t step = 0;

  friend bool operator==(const broken_invariant&, const broken_invariant&) = default;
};

namespace invariants {

/// Each call has exactly one outcome.
[[nodiscard]] invariant one_outcome_per_call();
/// A result is that of the call which gets it.
[[nodiscard]] invariant no_reply_to_another_caller();
/// A worker is idle, starting or with one request; its request holds it and no other.
[[nodiscard]] invariant worker_in_one_state();
/// A pool has as many workers as it shall, and no more requests wait or workers start than may.
[[nodiscard]] invariant pool_in_its_bounds();
/// Nobody is served before another who came earlier and wants the same.
[[nodiscard]] invariant first_come_first_served();
/// Each call under way waits for a worker or holds one, and nobody who is gone does.
[[nodiscard]] invariant calls_under_way_are_known();
/// A supervisor restarts, stops, forgets and gives up exactly when its flags and its children's rules
/// say so, in their order.
[[nodiscard]] invariant supervisor_keeps_its_rules();
/// No supervisor restarts more often than its intensity allows.
[[nodiscard]] invariant restart_intensity();
/// Children are stopped in the reverse of their order.
[[nodiscard]] invariant stop_order();
/// A supervisor that stops starts no child, and one that has stopped has no process started.
[[nodiscard]] invariant nothing_started_after_shutdown();
/// No client waits for any worker while one is idle.
[[nodiscard]] invariant no_lost_wake_up();
/// No process, actor, timer or use of the runtime is left.
[[nodiscard]] invariant nothing_left();

/// All of them.
[[nodiscard]] std::vector<invariant> all();

}  // namespace invariants

}  // namespace slipway::harness
