// slipway/tools/chaos_record.hpp
//
// Writes down what happens in a run under faults.
// Belongs here: from events to the log. Does not: making them happen, judging them (chaos_report).
// Invariant: everything is counted; only of failed calls no more than so many are kept one by one.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/telemetry_event.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_event.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/tools/chaos_log.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// Thread: any.
class chaos_record {
 public:
  /// @param zero  from when time is counted.
  chaos_record(chaos_setting setting, time_point zero);

  /// For telemetry::attach.
  void take(const telemetry_record& record);
  /// For a fault_injector.
  void take(const harness::injected_fault& fault);

  void call_begins();
  /// @param flaw  what is wrong with the result; nothing: it is the caller's own, or is not checked.
  void call_ends(const result<value, call_error>& outcome, const std::optional<std::string>& flaw,
                 time_point at, duration took);

  [[nodiscard]] std::uint64_t calls_under_way() const;
  [[nodiscard]] std::uint64_t ok() const;
  [[nodiscard]] std::uint64_t failed() const;
  /// Those after the first `told`, in their order.
  [[nodiscard]] std::vector<fault_mark> faults_after(std::size_t told) const;

  /// What is known at `now`; workers that live are shown up to then.
  [[nodiscard]] chaos_log log(time_point now) const;

 private:
  // All with the lock held.
  void begin(std::string_view worker, std::string_view pool, duration at);
  void change(std::string_view worker, std::string_view state, duration at);
  void end(std::string_view worker, std::string why, duration at);
  void take_worker(const telemetry_record& record, duration at);
  void count_end(const std::string& code, std::string_view worker, time_point at, duration took);

  const time_point zero_;
  mutable std::mutex mutex_;
  chaos_log log_;
  std::map<std::string, std::size_t, std::less<>> living_;  // worker to its place in the log
};

}  // namespace slipway::tools
