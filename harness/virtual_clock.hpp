// slipway/harness/virtual_clock.hpp
//
// Time that passes only when a test says so, for everything that takes a clock and a timer_service.
// Belongs here: the instant and the timers that wait for it.
// Does not: threads; whoever advances the time runs what is due.
// Invariants: (1) tasks run in the order of their instants, those of one instant in the order in
//                 which they were set;
//             (2) while a task runs, `now` is its own instant;
//             (3) time never goes back.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>

namespace slipway::harness {

/// Both interfaces in one object, so that the two cannot disagree. Thread: any; `advance` one at a
/// time.
class virtual_clock final : public clock, public timer_service {
 public:
  [[nodiscard]] time_point now() const noexcept override;
  void run_after(duration delay, std::function<void()> task) override;

  /// Lets time pass and runs, on this thread, what comes due; also what those tasks set themselves.
  void advance(duration by);

  /// How many tasks wait.
  [[nodiscard]] std::size_t pending() const;

 private:
  mutable std::mutex mutex_;
  time_point now_{};
  std::multimap<time_point, std::function<void()>> tasks_;
};

}  // namespace slipway::harness
