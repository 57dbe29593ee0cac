// slipway/actors/internal/call_watch.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/call_watch.hpp>

#include <algorithm>
#include <array>

namespace slipway::internal {
namespace {

bool is_watched(const telemetry* to) {
  using event = telemetry_event;
  constexpr std::array events{event::pool_checkout, event::pool_checkin, event::pool_cancel,
                              event::call_start,    event::call_stop,    event::call_exception};
  return to != nullptr &&
         std::any_of(events.begin(), events.end(), [to](event each) { return to->enabled(each); });
}

double seconds(duration length) {
  return std::chrono::duration<double>(length).count();
}

}  // namespace

std::string_view outcome_text(const result<value, call_error>& outcome) {
  return outcome ? "ok" : to_string(outcome.error().code);
}

call_watch::call_watch(const pool_slot& slot, const std::string& command)
    : slot_(slot), command_(command), active_(is_watched(slot.watch().get())) {
  if (active_) {
    begun_ = slot_.now();
    const std::array<telemetry_metadatum, 2> metadata{
        {{"pool", slot_.name()}, {"command", command_}}};
    to().emit({telemetry_event::call_start, begun_, {}, metadata});
  }
}

void call_watch::asks() {
  if (active_) {
    asked_ = slot_.now();
  }
}

void call_watch::granted(const std::string& worker, const python_pool& pool) {
  if (!active_) {
    return;
  }
  granted_ = slot_.now();
  holds_ = true;
  worker_ = worker;
  const std::array<telemetry_measurement, 2> measurements{
      {{"wait_s", seconds(granted_ - asked_)},
       {"queue_length", static_cast<double>(pool.load().queue_length)}}};
  const std::array<telemetry_metadatum, 2> metadata{{{"pool", slot_.name()}, {"worker", worker_}}};
  to().emit({telemetry_event::pool_checkout, granted_, measurements, metadata});
}

void call_watch::not_granted(const checkout_error& error, const python_pool& pool) {
  if (!active_) {
    return;
  }
  const time_point now = slot_.now();
  const std::array<telemetry_measurement, 2> measurements{
      {{"wait_s", seconds(now - asked_)},
       {"queue_length", static_cast<double>(pool.load().queue_length)}}};
  const std::array<telemetry_metadatum, 2> metadata{
      {{"pool", slot_.name()}, {"reason", to_string(error.code)}}};
  to().emit({telemetry_event::pool_cancel, now, measurements, metadata});
}

void call_watch::exchanged() {
  if (active_) {
    exchanged_ = slot_.now();
  }
}

void call_watch::gives_back(std::string_view outcome) {
  if (!active_) {
    return;
  }
  holds_ = false;
  const time_point now = slot_.now();
  const std::array<telemetry_measurement, 2> measurements{
      {{"held_s", seconds(now - granted_)}, {"exchange_s", seconds(exchanged_ - granted_)}}};
  const std::array<telemetry_metadatum, 4> metadata{
      {{"pool", slot_.name()}, {"worker", worker_}, {"command", command_}, {"outcome", outcome}}};
  to().emit({telemetry_event::pool_checkin, now, measurements, metadata});
}

void call_watch::gives_back_unused(std::string_view outcome) {
  if (holds_) {
    exchanged();
    gives_back(outcome);
  }
}

void call_watch::ended(const result<value, call_error>& outcome) {
  if (!active_) {
    return;
  }
  const time_point now = slot_.now();
  const std::array<telemetry_measurement, 1> measurements{{{"duration_s", seconds(now - begun_)}}};
  if (outcome) {
    const std::array<telemetry_metadatum, 3> metadata{
        {{"pool", slot_.name()}, {"worker", worker_}, {"command", command_}}};
    to().emit({telemetry_event::call_stop, now, measurements, metadata});
    return;
  }
  const std::array<telemetry_metadatum, 5> metadata{
      {{"pool", slot_.name()},
       {"worker", worker_},
       {"command", command_},
       {"code", to_string(outcome.error().code)},
       {"effect", to_string(outcome.error().effect)}}};
  to().emit({telemetry_event::call_exception, now, measurements, metadata});
}

}  // namespace slipway::internal
