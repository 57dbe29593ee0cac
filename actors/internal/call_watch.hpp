// slipway/actors/internal/call_watch.hpp
//
// One call as telemetry: its start and end, and each worker that it held on its way.
// Belongs here: when what is measured. Does not: the call itself (client, async_call).
// Invariants: (1) a call that nobody watches when it begins reads no clock here;
//             (2) what is told of a worker is told while the call still holds it, so that the
//                 records of one worker come in their order and never overlap.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <string>
#include <string_view>

namespace slipway::internal {

/// Thread: one step after the other. `slot` and `command` must outlive it.
class call_watch {
 public:
  call_watch(const pool_slot& slot, const std::string& command);

  /// It asks for a worker.
  void asks();
  void granted(const std::string& worker, const python_pool& pool);
  void not_granted(const checkout_error& error, const python_pool& pool);
  /// The worker has answered, or never will.
  void exchanged();
  /// It is about to give the worker back. `outcome`: "ok" or the error's code.
  void gives_back(std::string_view outcome);
  /// The same of a worker with which it has exchanged nothing of the call's own; nothing when it holds
  /// none.
  void gives_back_unused(std::string_view outcome);
  void ended(const result<value, call_error>& outcome);

 private:
  [[nodiscard]] telemetry& to() const { return *slot_.watch(); }

  const pool_slot& slot_;
  const std::string& command_;
  const bool active_;
  bool holds_ = false;
  std::string worker_;  // the last one
  time_point begun_{};
  time_point asked_{};
  time_point granted_{};
  time_point exchanged_{};
};

[[nodiscard]] std::string_view outcome_text(const result<value, call_error>& outcome);

}  // namespace slipway::internal
