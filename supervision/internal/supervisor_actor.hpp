// slipway/supervision/internal/supervisor_actor.hpp
//
// Spawns the actor behind every kind of supervisor.
// Belongs here: what the shell needs beside a core's setup.
// Does not: any rule (the cores).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/dynamic_supervisor_core.hpp>
#include <slipway/supervision/supervisor_core.hpp>
#include <slipway/supervision/supervisor_event.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace slipway::internal {

/// The start functions of a supervisor, by the numbers under which its core knows them.
class recipe_book {
 public:
  /// @returns its number; 0 for none.
  recipe_number keep(start_function start);
  void forget(recipe_number recipe) { recipes_.erase(recipe); }
  [[nodiscard]] const start_function& at(recipe_number recipe) const { return recipes_.at(recipe); }

 private:
  std::map<recipe_number, start_function> recipes_;
  recipe_number next_ = 1;
};

/// What a supervisor's actor has to do with besides its children.
struct supervisor_surroundings {
  std::string name;
  supervisor_observer observer;
  std::function<void(const gave_up&)> on_escalation;
  caf::actor_addr parent;
  start_acknowledger acknowledger;
};

/// For the chance in restart delays: another for each supervisor, and for each host.
[[nodiscard]] std::uint32_t seed_of(caf::actor_system& system, const std::string& name);

/// A supervisor of any strategy.
/// @param recipes  has the start functions of the children in `setup`.
[[nodiscard]] caf::actor spawn_supervisor_actor(caf::actor_system& system,
                                                supervisor_surroundings around,
                                                supervisor_setup setup, recipe_book recipes);

/// A dynamic supervisor.
[[nodiscard]] caf::actor spawn_supervisor_actor(caf::actor_system& system,
                                                supervisor_surroundings around,
                                                dynamic_supervisor_setup setup);

}  // namespace slipway::internal
