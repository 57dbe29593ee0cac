// slipway/harness/fault_core.hpp
//
// Which rules of a fault plan strike at an event, and whom.
// Belongs here: counting, matching, chance, what is due. Does not: doing the damage, reading a clock.
// Invariants: (1) plan, seed and the sequence of calls decide everything;
//             (2) a rule strikes at most `times`, and at most once an event;
//             (3) what one rule draws depends on no other rule;
//             (4) a fault of processes strikes no actor, and the other way round.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_event.hpp>
#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/random_source.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::harness {

/// A value. A process lives, for its purposes, from the first event that is told of it, `spawn` not
/// counted, until it is forgotten.
///
/// A fault that can only be done at a certain moment waits for it once it is due by time: a spawn
/// failure for the next spawn, a slow or silent start for the next that is starting, a fault of a
/// reply for the next reply, one of a message for the next message. All others strike one that
/// lives; while there is none they wait.
class fault_core {
 public:
  /// @param begin  from when `at_time` is counted.
  fault_core(fault_plan plan, std::uint64_t seed, time_point begin);

  /// In the order of the plan.
  [[nodiscard]] std::vector<injected_fault> on(const fault_event& event, time_point now);

  /// Whether `on` would only count this event for who it is of: two such events of different subjects
  /// could as well come in the other order. Not if a rule strikes, draws or has run out at it, and
  /// never while a rule waits for its time, since that asks who lives.
  [[nodiscard]] bool is_private(const fault_event& event) const;

  /// When `due` has something to give; may have passed. Nothing: not before another event.
  [[nodiscard]] std::optional<time_point> next_due() const;

  /// What strikes by time alone, in the order in which it came due. `at_time` strikes as many at
  /// once as its `times` says, all that live when there is no limit; `after_fault` one for each
  /// time that its rule has struck.
  [[nodiscard]] std::vector<injected_fault> due(time_point now);

  /// It has gone: it is struck no more, and a namesake begins to count anew.
  void forget(const fault_subject& who);

  [[nodiscard]] const fault_plan& plan() const { return plan_; }
  /// How often the rule at this place has struck.
  [[nodiscard]] std::uint64_t struck(std::size_t rule) const { return rules_.at(rule).struck; }

 private:
  struct rule_state {
    random_source random;
    std::uint64_t struck = 0;
  };
  struct known {
    fault_subject who;
    bool is_actor = false;
    std::uint64_t requests = 0;
    std::uint64_t frames = 0;
    std::uint64_t reply_bytes = 0;
  };
  /// A rule that time has called, or will.
  struct appointment {
    time_point at;
    std::size_t rule = 0;
    std::uint64_t strikes = 1;  ///< how many it has to do; the greatest number: all that live
    std::vector<std::string> done{};
  };

  known& count(const fault_event& event);
  static void count(const fault_event& event, known& of);
  /// How many bytes of the reply pass before a rule with this trigger strikes, or may by chance; nothing:
  /// it does not.
  [[nodiscard]] static std::optional<std::uint64_t> aims_at(const fault_trigger& when,
                                                            const fault_event& event,
                                                            const known& of);
  /// The same with its chance drawn.
  [[nodiscard]] std::optional<std::uint64_t> triggers(std::size_t rule, const fault_event& event,
                                                      const known& of);
  [[nodiscard]] bool takes_appointment(std::size_t rule, const fault_event& event, time_point now);
  [[nodiscard]] bool may_strike(std::size_t rule) const;
  [[nodiscard]] std::vector<const known*> candidates(const appointment& what) const;
  [[nodiscard]] bool can_be_kept(const appointment& what) const;
  void keep(appointment& what, time_point now, std::vector<injected_fault>& into);
  injected_fault strike(std::size_t rule, const fault_subject& who, time_point now,
                        std::uint64_t bytes_before);

  fault_plan plan_;
  std::vector<rule_state> rules_;
  std::map<std::string, known> known_;     // by name, so that a draw means the same one each time
  std::vector<appointment> appointments_;  // by time, those of one time in the order they were made
};

}  // namespace slipway::harness
