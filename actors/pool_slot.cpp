// slipway/actors/pool_slot.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/health_checker.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/internal/worker_recycler.hpp>
#include <slipway/actors/pool_slot.hpp>

namespace slipway {
namespace {

std::unique_ptr<call_breakers> breakers_of(const python_pool_options& options,
                                           const std::shared_ptr<const clock>& time,
                                           const std::shared_ptr<event_outlet>& events) {
  if (!options.breaker && !options.command_breaker) {
    return nullptr;
  }
  return std::make_unique<call_breakers>(
      call_breakers_options{.pool = options.breaker, .command = options.command_breaker}, time,
      [events, pool = options.name](const breaker_change& changed) {
        events->report(runtime_events::breaker_changed{pool, changed.command, changed.change});
      });
}

}  // namespace

pool_slot::pool_slot(python_pool_options options, const runtime& shared)
    : pool_place(options.name),
      options_(std::move(options)),
      time_(shared.time()),
      timers_(shared.timers()),
      watch_(shared.watch()),
      events_(shared.outlet()),
      breakers_(breakers_of(options_, time_, events_)),
      sessions_(std::make_shared<internal::session_table>(options_.name, options_.sessions, time_,
                                                          timers_, events_)) {}

result<std::shared_ptr<python_pool>, pool_start_error> start_python_pool(
    runtime& shared, const std::shared_ptr<pool_slot>& slot,
    std::function<void(const exit_reason&)> on_exit) {
  const python_pool_options& from = slot->options();
  pool_options options;
  options.name = from.name;
  options.core = {.pool_size = from.size,
                  .lazy = from.lazy,
                  .max_queue = from.max_queue,
                  .retry = from.retry,
                  .init_concurrency = from.init_concurrency,
                  .cancelled_init = from.cancelled_init,
                  .worker_idle_timeout = from.worker_idle_timeout,
                  .max_idle_pings = from.max_idle_pings};
  options.on_callback_error = [&shared, name = from.name](const char* callback,
                                                          const exit_reason& reason) {
    shared.report(runtime_events::callback_failed{name, callback, reason});
  };
  shared.report(runtime_events::pool_started{from.name});
  const auto sessions = slot->sessions();
  sessions->clean_with([weak = std::weak_ptr(slot)](const session_remains& remains) {
    if (const auto self = weak.lock()) {
      internal::clean_up(self, remains, self->options().call_timeout, nullptr);
    }
  });
  const std::uint64_t run = sessions->pool_started(shared.hold());
  std::shared_ptr<internal::worker_recycler> recycler;
  if (from.recycle) {
    recycler = std::make_shared<internal::worker_recycler>(shared, from.name, *from.recycle);
  }
  // Whichever thread ends the pool, the runtime is there until it has said so.
  auto held = shared.hold();
  const std::weak_ptr<void> held_by_pool = held;
  auto report_exit = [&shared, held = std::move(held), name = from.name, sessions, run, recycler,
                      on_exit = std::move(on_exit)](const exit_reason& reason) {
    sessions->pool_exited(run, reason);
    if (recycler) {
      recycler->stop();
    }
    shared.report(runtime_events::pool_exited{name, reason});
    if (on_exit) {
      on_exit(reason);
    }
  };
  auto started = python_pool::start(
      std::move(options), python_worker(shared, from, slot->workers(), sessions, run),
      {std::make_shared<port_owner>()}, shared.time(), shared.timers(), std::move(report_exit));
  if (started) {
    slot->replace(*started);
    if (from.health) {
      std::make_shared<internal::health_checker>(shared, held_by_pool, slot, *started, *from.health)
          ->start();
    }
    if (recycler) {
      recycler->begin(*started);
    }
  } else {
    sessions->pool_exited(run, exit_reason::shutdown("start_failed"));
  }
  return started;
}

}  // namespace slipway
