// slipway/actors/call_breakers.hpp
//
// The breakers of one pool for callers of any thread.
// Belongs here: the lock, the clock, telling of changes, the permit that ends exactly once.
// Does not: every rule (call_breakers_core.hpp), what an end means (error_policy.hpp).
// Invariants: (1) each permit tells the breakers of one end, at the latest when it goes;
//             (2) changes are told one at a time and in their order, with no lock held.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_breakers_core.hpp>
#include <slipway/actors/clock.hpp>
#include <slipway/protocol/result.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace slipway {

class call_breakers;

/// The right to make one call. An empty one, the default, belongs to no breaker. Thread: one at a
/// time.
class breaker_permit {
 public:
  breaker_permit() = default;
  breaker_permit(const breaker_permit&) = delete;
  breaker_permit& operator=(const breaker_permit&) = delete;
  breaker_permit(breaker_permit&& from) noexcept;
  breaker_permit& operator=(breaker_permit&& from) noexcept;
  /// A call that has not been settled is abandoned.
  ~breaker_permit() { settle(circuit_outcome::abandoned); }

  /// The call has ended. The first time counts.
  void settle(circuit_outcome outcome);

 private:
  friend class call_breakers;
  breaker_permit(call_breakers& of, breaker_token token) : of_(&of), token_(std::move(token)) {}

  call_breakers* of_ = nullptr;
  breaker_token token_;
};

/// Thread: any. It must outlive its permits.
class call_breakers {
 public:
  /// Hears of each change, on the thread of a caller; it must be brief and must not throw.
  using listener = std::function<void(const breaker_change&)>;

  call_breakers(call_breakers_options options, std::shared_ptr<const clock> time,
                listener on_change = nullptr);

  /// Asks for a call of `command`. Never waits.
  [[nodiscard]] result<breaker_permit, breaker_refusal> ask(std::string_view command);

  /// See call_breakers_core.
  void reset();
  void reset(std::string_view command);
  [[nodiscard]] std::optional<circuit_state> state() const;
  [[nodiscard]] std::optional<circuit_state> state(std::string_view command) const;

 private:
  friend class breaker_permit;
  void end(const breaker_token& call, circuit_outcome outcome);
  void tell(std::unique_lock<std::mutex> lock, std::vector<breaker_change> changes);

  const std::shared_ptr<const clock> time_;
  const listener on_change_;
  mutable std::mutex mutex_;
  call_breakers_core core_;
  std::deque<breaker_change> untold_;
  bool telling_ = false;  // some thread is
};

}  // namespace slipway
