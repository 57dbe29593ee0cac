// slipway/harness/simulation.hpp
//
// One simulated run: real actors and real shells, on one thread, with a virtual clock. Everything
// that could happen next is a lane, and one choice says which lane goes on.
//
//     seeded_choices choices(42);
//     simulation run(choices);
//     const auto client = run.add_lane("client");
//     run.post(client, "calls", [&] { … });
//     while (run.step()) {}
//
// A lane is what one thread or one process does, in its order: the I/O thread, a client, a simulated
// process. Beside the lanes there are CAF's actors, each with its next message, and the timers that
// are due. When nobody can go on, time passes until the next timer; now and then it does so although
// somebody could, so that timeouts race with what they wait for.
//
// Belongs here: lanes, time, CAF's test coordinator, the trace.
// Does not: processes (simulated_ports), what is run (scenario), what must hold (invariant).
// Invariants: (1) one step at a time, and each comes from a choice or is the only one possible;
//             (2) within a lane the order is that of `post`;
//             (3) CAF's clock shows the same time.
// Limit: steps are as coarse as a message, a callback or a timer; what two threads of a real host do
//        within one of these is not interleaved.
// Source: FoundationDB's simulator, Shuttle.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/harness/run_trace.hpp>
#include <slipway/harness/schedule.hpp>
#include <slipway/harness/simulated_time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace caf {
class actor_system;
}

namespace slipway::harness {

enum class lane_id : std::uint32_t {};

/// Whose memory the steps of a lane use.
enum class lane_kind : std::uint8_t {
  host,   ///< that of the program under test: its steps are ordered with all others of the kind
  apart,  ///< its own, and what it says by `touch`
};

struct simulation_options {
  run_trace::detail trace = run_trace::detail::hash_only;
  /// Whether time may pass although somebody could go on.
  bool time_races = true;
};

/// One thread. Must outlive what is in it.
class simulation {
 public:
  using task = std::function<void()>;

  explicit simulation(choice_source& choices, simulation_options options = {});
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;
  simulation(simulation&&) = delete;
  simulation& operator=(simulation&&) = delete;
  ~simulation();

  [[nodiscard]] const std::shared_ptr<simulated_time>& time() const;
  [[nodiscard]] time_point now() const { return time()->now(); }
  /// On CAF's test coordinator, which nobody else may run.
  [[nodiscard]] caf::actor_system& actors() const;

  // -- lanes --------------------------------------------------------------------------------------

  /// That of callbacks which production code has on its I/O thread.
  [[nodiscard]] lane_id io() const;
  lane_id add_lane(std::string name, lane_kind kind = lane_kind::host);
  /// @param what  a text that lives as long as the program.
  void post(lane_id lane, const char* what, task next);
  /// What waits in it waits on, until `resume`.
  void pause(lane_id lane);
  void resume(lane_id lane);
  /// Forgets what waits in it.
  void clear(lane_id lane);
  /// The step that is being made uses the memory of the program under test.
  void touch_host();

  // -- actors -------------------------------------------------------------------------------------

  /// The callback that an actor runs just now takes so long: until then the actor handles nothing
  /// more, not even a kill. What the callback does is done before; one whose work comes behind the
  /// wait sends itself its message once more, with high priority, which is then the first.
  /// @param actor  its id.
  void keep_busy(std::uint64_t actor, duration lasts);

  // -- running ------------------------------------------------------------------------------------

  /// Makes one step.
  /// @returns false when nobody can go on and no timer waits: nothing will ever happen again.
  bool step();
  /// Whether somebody can go on without time having to pass.
  [[nodiscard]] bool runnable() const;
  /// Timers that wait, CAF's included.
  [[nodiscard]] std::size_t pending_timers() const;
  /// Lets time pass at once, as a clock that jumps.
  void jump(duration by);
  /// Forgets all that could still happen; what is posted later is dropped. For runs that are given
  /// up.
  void abandon();

  [[nodiscard]] std::size_t steps() const;
  /// What was chosen until now.
  [[nodiscard]] const schedule& chosen() const;
  [[nodiscard]] const run_trace& trace() const;
  /// An entry that is no step: a fault, an outcome.
  void note(std::string_view who, std::string_view what, std::string_view more = {});

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway::harness
