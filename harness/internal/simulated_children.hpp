// slipway/harness/internal/simulated_children.hpp
//
// Actors that end when they are told to and answer what they are asked, each behind a link that does to
// it what a plan of faults says.
// Belongs here: these actors, the way to them, and faults that strike them by time.
// Does not: who supervises them and who tells them to end (supervisor_scenario).
// Invariants: (1) an id means the one that was started last;
//             (2) without faults nothing stands before them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/supervision/child_rules.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace slipway::harness {

class fault_injector;

namespace internal {

/// With an `int`, a child_end: the child ends so.
using end_atom = caf::atom_constant<caf::atom("end")>;
/// With an `int`, which is the answer.
using echo_atom = caf::atom_constant<caf::atom("echo")>;

enum class child_end : int { normal, shutdown, error };

/// Of a signal to end that can be ignored.
enum class obedience : std::uint8_t { ends, ignores };

/// One thread. Timers of the run refer to it.
class simulated_children {
 public:
  /// @param seed  of all chance in the plan.
  simulated_children(simulation& run, const fault_plan& plan, std::uint64_t seed);

  /// One more run of a child.
  [[nodiscard]] caf::actor start(const child_id& id, obedience to_signals);
  [[nodiscard]] bool knows(const child_id& id) const { return children_.contains(id); }

  /// Where messages to a child go; null: it has never been started.
  [[nodiscard]] caf::actor way_to(const child_id& id) const;
  /// Has what is due by time strike when it is; after each message on its way.
  void watch_the_time();

  /// Past its link, as signals are no messages of a plan.
  void kill(const child_id& id) const;

 private:
  struct child {
    caf::actor_addr actor;
    caf::actor link;
  };

  void strike_what_is_due();

  simulation& run_;
  std::shared_ptr<fault_injector> faults_;
  std::map<child_id, child> children_;
  std::optional<time_point> asked_at_;
};

}  // namespace internal
}  // namespace slipway::harness
