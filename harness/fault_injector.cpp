// slipway/harness/fault_injector.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>

#include <utility>

namespace slipway::harness {

fault_injector::fault_injector(fault_plan plan, std::uint64_t seed,
                               std::shared_ptr<const clock> time, fault_trace_sink trace)
    : clock_(std::move(time)),
      trace_(std::move(trace)),
      core_(std::move(plan), seed, clock_->now()) {}

std::vector<injected_fault> fault_injector::on(const fault_event& event) {
  std::lock_guard guard(mutex_);
  return traced(core_.on(event, clock_->now()));
}

bool fault_injector::is_private(const fault_event& event) const {
  std::lock_guard guard(mutex_);
  return core_.is_private(event);
}

std::optional<time_point> fault_injector::next_due() const {
  std::lock_guard guard(mutex_);
  return core_.next_due();
}

std::vector<injected_fault> fault_injector::due() {
  std::lock_guard guard(mutex_);
  return traced(core_.due(clock_->now()));
}

void fault_injector::forget(const fault_subject& who) {
  std::lock_guard guard(mutex_);
  core_.forget(who);
}

std::vector<injected_fault> fault_injector::traced(std::vector<injected_fault> struck) const {
  if (trace_) {
    for (const auto& each : struck) {
      trace_(each);
    }
  }
  return struck;
}

}  // namespace slipway::harness
