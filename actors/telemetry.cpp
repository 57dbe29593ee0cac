// slipway/actors/telemetry.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry.hpp>

#include <array>
#include <exception>
#include <utility>

namespace slipway {
namespace {

bool is_prefix_of(std::string_view prefix, std::string_view name) {
  return prefix.empty() || name == prefix ||
         (name.starts_with(prefix) && name.substr(prefix.size()).starts_with('.'));
}

}  // namespace

handler_id telemetry::attach(std::string prefix, telemetry_handler handler) {
  std::uint64_t events = 0;
  for (const auto& row : telemetry_events()) {
    if (is_prefix_of(prefix, row.name)) {
      events |= bit(row.event);
    }
  }
  std::lock_guard guard(mutex_);
  const handler_id id{++last_id_};
  listeners next = *listeners_;
  next.push_back(std::make_shared<const listener>(
      listener{id, std::move(prefix), events, std::move(handler)}));
  replace(std::move(next));
  return id;
}

void telemetry::detach(handler_id handler) {
  std::shared_ptr<const listeners> before;  // let go without the lock
  std::lock_guard guard(mutex_);
  before = listeners_;
  listeners next = *listeners_;
  std::erase_if(next, [handler](const auto& each) { return each->id == handler; });
  replace(std::move(next));
}

void telemetry::emit(const telemetry_record& record) {
  if (!enabled(record.event)) {
    return;
  }
  const auto now = current();
  for (const auto& each : *now) {
    if ((each->events & bit(record.event)) == 0) {
      continue;
    }
    try {
      each->handler(record);
    } catch (const std::exception& e) {
      failed(*each, record, e.what());
    } catch (...) {
      failed(*each, record, "something that is no std::exception");
    }
  }
}

std::shared_ptr<const telemetry::listeners> telemetry::current() const {
  std::lock_guard guard(mutex_);
  return listeners_;
}

void telemetry::replace(listeners next) {
  std::uint64_t events = 0;
  for (const auto& each : next) {
    events |= each->events;
  }
  listeners_ = std::make_shared<const listeners>(std::move(next));
  enabled_.store(events, std::memory_order_relaxed);
}

void telemetry::failed(const listener& of, const telemetry_record& at, std::string_view reason) {
  detach(of.id);
  const std::array<telemetry_metadatum, 3> metadata{
      {{"prefix", of.prefix}, {"event", to_string(at.event)}, {"reason", reason}}};
  emit({telemetry_event::handler_failed, at.at, {}, metadata});
}

}  // namespace slipway
