// slipway/harness/simulated_time.hpp
//
// The clock and the timers of a simulation: what is due waits to be chosen.
// Belongs here: the instant and what waits for later ones.
// Does not: letting time pass, or choosing what of the due runs first (simulation).
// Differs from virtual_clock: that one runs what is due by itself, in one order.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace slipway::harness {

/// One thread.
class simulated_time final : public clock, public timer_service {
 public:
  using task = std::function<void()>;
  enum class timer_id : std::uint64_t {};

  explicit simulated_time(time_point begin) : now_(begin) {}

  [[nodiscard]] time_point now() const noexcept override { return now_; }
  void run_after(duration delay, task what) override {
    set(deadline_after(now_, delay), std::move(what));
  }

  timer_id set(time_point when, task what);
  /// Nothing happens if it has run.
  void cancel(timer_id timer);

  [[nodiscard]] std::size_t pending() const { return timers_.size(); }
  [[nodiscard]] std::optional<time_point> next() const;
  /// How many are due and none is due earlier: of these any may come first.
  [[nodiscard]] std::size_t due() const;
  /// Takes the n-th of these out, in the order in which they were set.
  [[nodiscard]] task take_due(std::size_t n);
  /// Never back.
  void pass_until(time_point when);
  /// Forgets all tasks.
  void drop();

 private:
  struct key {
    time_point when;
    timer_id id;
    friend auto operator<=>(const key&, const key&) = default;
  };

  time_point now_;
  std::uint64_t last_ = 0;
  std::map<key, task> timers_;
  std::map<timer_id, time_point> whens_;
};

}  // namespace slipway::harness
