// slipway/actors/health_core.hpp
//
// The health of one worker: events in, what follows out.
// Belongs here: when it is pinged, when it is degraded, well again, or to be removed.
// Does not: pinging (internal/health_checker), the states beside (worker_lifecycle_core).
// Invariants: (1) a worker that is checked out is not pinged;
//             (2) once it is unfit nothing follows any more.
//
//     well --failed check, slow call--> degraded --passed check--> well
//     well, degraded --`failures` of them in a row, a flood, an answer to nothing--> unfit
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/health_options.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

/// What follows from one event; most often nothing.
struct health_step {
  /// A check has failed, so many in a row.
  std::optional<std::uint32_t> failed_checks{};
  /// It is degraded now, and why.
  std::optional<std::string> degraded{};
  bool recovered = false;
  /// It is to be removed for this reason, whose type is `health_check` or `stderr_flood`.
  std::optional<exit_reason> unfit{};

  friend bool operator==(const health_step&, const health_step&) = default;
};

/// Value type, one thread at a time.
class health_core {
 public:
  explicit health_core(health_options options);

  /// Time for a check. True: ping it, if it is idle, and say `ping_sent`.
  [[nodiscard]] bool wants_ping() const;
  void ping_sent();

  // What came of the ping. Without one on its way nothing follows.
  health_step ping_answered();
  health_step ping_unanswered();
  /// Somebody has checked the worker out meanwhile: the check says nothing.
  void ping_overtaken();
  /// An idle worker said something that is no answer to the ping.
  health_step ping_garbled(const std::string& what);

  void checked_out(time_point now);
  health_step checked_in(time_point now);

  /// It wrote more to its standard error than the limit allows.
  health_step flooded();

  [[nodiscard]] bool degraded() const { return degraded_; }
  [[nodiscard]] const std::optional<exit_reason>& unfit() const { return unfit_; }

 private:
  health_step degrade(std::string why);
  health_step give_up(exit_reason reason);

  health_options options_;
  bool pinged_ = false;
  bool degraded_ = false;
  std::uint32_t failed_checks_ = 0;
  std::uint32_t slow_calls_ = 0;
  std::optional<time_point> checked_out_at_;
  std::optional<exit_reason> unfit_;
};

}  // namespace slipway
