// slipway/actors/circuit_breaker_core.hpp
//
// Decides whether a callee that keeps failing is called at all.
// Belongs here: every rule of one breaker.
// Does not: clocks, locks, calls; which failures are the callee's (the caller says so); which pool or
//           command has which breaker; telling anybody of a change, which is handed out as a value.
// Invariants: (1) an open breaker allows nothing before `open_for` is over;
//             (2) half open, at most `probes.under_way` calls are under way;
//             (3) the result of a call that was allowed before the last change or reset counts for
//                 nothing;
//             (4) every change of state is handed out once, by the event that made it.
// Source: Nygard, Release It!, 2nd edition, "Circuit Breaker"; Hystrix, HystrixCircuitBreaker, for
//         the rate over ten buckets and the least number of calls; Polly 7, CircuitStateController,
//         for opening upon a failure only and for an `open_for` that is over at its last instant.
// Differs: half open, several calls may be under way and several successes be asked for. Hystrix has
//          one at a time, Polly one for each length of `open_for`, and one success closes either.
//          A late result is told by its token; Polly goes by the state that the result meets.
//
//     closed    --failed, the threshold is reached-->  open
//     open      --allow, open_for is over----------->  half_open
//     half_open --failed---------------------------->  open
//     half_open --succeeded, often enough----------->  closed
//     any       --reset----------------------------->  closed
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/failure_window.hpp>
#include <slipway/actors/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace slipway {

/// Opens after so many failures without a success between them, however long ago they were.
struct failures_in_a_row {
  std::uint32_t failures = 5;  ///< at least 1

  friend bool operator==(const failures_in_a_row&, const failures_in_a_row&) = default;
};

/// Opens when too great a share of the latest calls failed. Asked upon a failure only, as by Polly.
struct failure_rate {
  double share = 0.5;  ///< above 0, at most 1; just this share opens
  /// Over which calls are counted; at least 1 ms, in tenths of it (failure_window.hpp).
  duration window = std::chrono::seconds(10);
  /// With fewer calls in the window there is no rate; at least 1. Hystrix's default.
  std::uint32_t least_calls = 20;

  friend bool operator==(const failure_rate&, const failure_rate&) = default;
};

/// Calls by which a half-open breaker finds out whether the callee is well.
struct half_open_probes {
  std::uint32_t under_way = 1;  ///< how many at one time; at least 1
  std::uint32_t successes = 1;  ///< how many close the breaker; at least 1

  friend bool operator==(const half_open_probes&, const half_open_probes&) = default;
};

struct circuit_breaker_options {
  std::variant<failures_in_a_row, failure_rate> opens_at{};
  duration open_for = std::chrono::seconds(5);  ///< Hystrix's default
  half_open_probes probes{};

  friend bool operator==(const circuit_breaker_options&, const circuit_breaker_options&) = default;
};

/// What is wrong with the options; nothing if they are good.
[[nodiscard]] std::optional<std::string> flaw_of(const circuit_breaker_options& options);

enum class circuit_state : std::uint8_t {
  closed,     ///< all calls are allowed
  open,       ///< none is
  half_open,  ///< a few are, to find out
};

[[nodiscard]] const char* to_string(circuit_state state);

/// Why a breaker changed its state.
enum class circuit_cause : std::uint8_t {
  failures_in_a_row,  ///< closed to open
  failure_rate,       ///< closed to open
  open_for_over,      ///< open to half_open
  probe_failed,       ///< half_open to open
  probes_succeeded,   ///< half_open to closed
  reset,              ///< by hand, from open or half_open to closed
};

[[nodiscard]] const char* to_string(circuit_cause cause);

/// A change of state, for telemetry.
struct circuit_change {
  circuit_state from = circuit_state::closed;
  circuit_state to = circuit_state::closed;
  circuit_cause cause = circuit_cause::reset;
  time_point at{};
  /// What the cause is about: the failures in a row, the calls in the window, the successes and
  /// failures of probes since the breaker was half open. Zero for `open_for_over` and `reset`.
  call_counts counted{};

  friend bool operator==(const circuit_change&, const circuit_change&) = default;
};

/// Goes with an allowed call, and comes back with its result.
class circuit_token {
 public:
  friend bool operator==(const circuit_token&, const circuit_token&) = default;

 private:
  friend class circuit_breaker_core;
  explicit circuit_token(std::uint64_t era) : era_(era) {}

  std::uint64_t era_;
};

/// Whether a call is allowed.
struct circuit_answer {
  std::optional<circuit_token> token;    ///< set: it is
  std::optional<circuit_change> change;  ///< set: by asking, the breaker became half open

  [[nodiscard]] bool allowed() const noexcept { return token.has_value(); }

  friend bool operator==(const circuit_answer&, const circuit_answer&) = default;
};

/// The state machine of one breaker. Value type: copyable, comparable, one thread at a time.
///
/// Each allowed call ends in exactly one of `succeeded`, `failed` and `abandoned`; else a probe that
/// never ends keeps its place for ever, until a `reset`. `now` is monotonic; a time before the
/// latest counts as the latest. No function has errors or allocates; cost O(1).
class circuit_breaker_core {
 public:
  /// @param options  without a flaw; a number that is too small counts as the least one.
  explicit circuit_breaker_core(circuit_breaker_options options);

  /// May a call begin?
  [[nodiscard]] circuit_answer allow(time_point now);

  /// A call that was allowed has succeeded, as far as the callee is concerned: an answer that
  /// faults the request is one as well.
  [[nodiscard]] std::optional<circuit_change> succeeded(circuit_token call, time_point now);

  /// A call that was allowed has failed through the callee's fault.
  [[nodiscard]] std::optional<circuit_change> failed(circuit_token call, time_point now);

  /// A call that was allowed has ended without telling anything of the callee: it was never made, or
  /// its caller no longer waits. A probe gives its place to another.
  void abandoned(circuit_token call);

  /// Closes the breaker by hand and forgets what was counted; calls that are under way count no more.
  /// @returns  the change, unless it was closed already.
  [[nodiscard]] std::optional<circuit_change> reset(time_point now);

  /// As of the last event: a breaker stays open until it is asked for a call.
  [[nodiscard]] circuit_state state() const noexcept { return state_; }
  /// Since when.
  [[nodiscard]] time_point since() const noexcept { return since_; }
  /// While open: from when on a call is allowed; the end of time where that would overflow.
  [[nodiscard]] std::optional<time_point> next_probe() const;
  /// Half open: how many calls are under way.
  [[nodiscard]] std::uint32_t probes_under_way() const noexcept { return under_way_; }
  [[nodiscard]] const circuit_breaker_options& options() const noexcept { return options_; }

  friend bool operator==(const circuit_breaker_core&, const circuit_breaker_core&) = default;

 private:
  [[nodiscard]] time_point advance(time_point now);
  [[nodiscard]] bool is_over(time_point now) const;
  [[nodiscard]] bool takes(circuit_token call) const;
  void count_success(time_point now);
  [[nodiscard]] std::optional<circuit_change> count_failure(time_point now);
  [[nodiscard]] circuit_change go_to(circuit_state to, circuit_cause cause, time_point now,
                                     call_counts counted);
  void forget();

  circuit_breaker_options options_;
  failure_window window_;
  circuit_state state_ = circuit_state::closed;
  std::uint64_t era_ = 0;  // changes and resets so far
  time_point since_ = time_point::min();
  time_point latest_ = time_point::min();
  std::uint32_t in_a_row_ = 0;   // closed: failures since the last success
  std::uint32_t under_way_ = 0;  // half open
  std::uint32_t successes_ = 0;  // half open
};

}  // namespace slipway
