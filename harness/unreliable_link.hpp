// slipway/harness/unreliable_link.hpp
//
// An actor that stands before another one and does to it what a fault plan says: it loses, delays,
// repeats and reorders its messages, and ends it.
//
//     auto point = std::make_shared<fault_point>(timers);
//     auto server = system.spawn(counter, point);          // calls point->pass() in its callbacks
//     auto link = make_unreliable_link(server, {.who = {.name = "counter"}, .faults = faults,
//                                               .timers = timers, .callbacks = point});
//     self->request(link, 1s, get_atom::value);             // perhaps answered
//
// Belongs here: messages on their way, and the callback that is next. Does not: processes
// (faulty_ports), which faults strike (fault_injector).
// Invariants: (1) without faults every message arrives, in its order, with its sender, and is
//                 answered to that sender;
//             (2) exit messages and the like pass by themselves: they are no messages of the plan;
//             (3) the link ends with the reason of the actor behind it, which counts as a new one
//                 when it is started again.
// Limits: a running callback cannot be pre-empted, so an exit takes effect when it returns. A message
//         that was set back waits for the next one, and is lost when there is none. Nobody asks what
//         is due by time; who does passes it to `strike`.
// Source: CAF's actor_pool, which forwards on its senders' threads as well.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/harness/fault_event.hpp>
#include <slipway/harness/fault_plan.hpp>

#include <caf/actor.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace slipway::harness {

class fault_injector;

/// What a callback throws by plan.
class injected_exception : public std::runtime_error {
 public:
  injected_exception() : std::runtime_error("thrown by a fault plan") {}
};

/// Where an actor's callbacks throw or block; whoever writes the actor calls `pass` first in each of
/// those that may. Thread: any.
class fault_point {
 public:
  /// @param timers  end a block; on a thread that is not the blocked one.
  explicit fault_point(std::shared_ptr<timer_service> timers);

  /// For the next callback: `actor_throw` or `actor_block`; anything else is none of its business.
  void arm(const fault& what);
  /// Throws injected_exception, blocks, or returns. With the timers of a simulation it throws
  /// std::logic_error where it would have to block: its one thread would wait for itself.
  void pass();
  /// The same for a callback that may not wait.
  /// @returns how long it shall take; zero: no longer than it does. See simulation::keep_busy.
  [[nodiscard]] duration pass_without_waiting();

 private:
  const bool simulated_;
  const std::shared_ptr<timer_service> timers_;
  std::mutex mutex_;
  std::optional<fault> armed_;
};

struct link_options {
  fault_subject who{};  ///< the actor, as the plan knows it
  std::shared_ptr<fault_injector> faults{};
  std::shared_ptr<timer_service> timers{};   ///< for delays
  std::shared_ptr<fault_point> callbacks{};  ///< none: callbacks neither throw nor block
};

/// The link lives as long as somebody holds it, and until `target` ends.
[[nodiscard]] caf::actor make_unreliable_link(const caf::actor& target, link_options options);

/// Does what strikes by time alone (fault_injector::due) to the actor behind a link: ends it, or has
/// its next callback throw or block. What is done to messages waits for the next one by itself.
void strike(const caf::actor& link, const fault& what);

}  // namespace slipway::harness
