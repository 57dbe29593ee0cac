// slipway/actors/runtime.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/telemetry_log.hpp>
#include <slipway/actors/telemetry_sources.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <exception>
#include <utility>

namespace slipway {
namespace {

std::shared_ptr<spdlog::logger> own_logger() {
  // Not registered with spdlog: the registry belongs to the host.
  auto logger = std::make_shared<spdlog::logger>("slipway",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::warn);
  return logger;
}

spdlog::level::level_enum level_of(const runtime_event& event) {
  if (std::holds_alternative<runtime_events::worker_init_failed>(event) ||
      std::holds_alternative<runtime_events::callback_failed>(event) ||
      std::holds_alternative<runtime_events::worker_degraded>(event) ||
      std::holds_alternative<runtime_events::health_check_failed>(event) ||
      std::holds_alternative<runtime_events::stderr_flood>(event)) {
    return spdlog::level::warn;
  }
  if (const auto* changed = std::get_if<runtime_events::breaker_changed>(&event)) {
    return changed->change.to == circuit_state::open ? spdlog::level::warn : spdlog::level::info;
  }
  if (const auto* ended = std::get_if<runtime_events::pool_exited>(&event)) {
    return ended->reason.is_abnormal() ? spdlog::level::err : spdlog::level::info;
  }
  if (std::holds_alternative<runtime_events::session_begun>(event) ||
      std::holds_alternative<runtime_events::session_ended>(event)) {
    return spdlog::level::debug;
  }
  return spdlog::level::info;
}

}  // namespace

runtime::runtime(runtime_options options)
    : options_(std::move(options)),
      logger_(options_.logger ? options_.logger : own_logger()),
      machine_(options_.machine ? *std::exchange(options_.machine, std::nullopt)
                                : make_machine(options_.io_context)),
      outlet_(
          std::make_shared<event_outlet>([this](const runtime_event& event) { report(event); })) {
  if (options_.watch) {
    failed_handlers_ = options_.watch->attach("telemetry.handler_failed",
                                              log_handler(logger_, spdlog::level::err));
  }
}

runtime::~runtime() {
  if (!wait_unheld(deadline_after(time()->now(), options_.exit_patience))) {
    std::lock_guard guard(held_->mutex);
    logger_->error("{} worker processes or pools have not ended", held_->holders);
  }
  outlet_->close();
  if (options_.watch) {
    options_.watch->detach(failed_handlers_);
  }
  machine_.ports->stop();
}

void runtime::report(const runtime_event& event) {
  if (const auto level = level_of(event); logger_->should_log(level)) {
    logger_->log(level, to_string(event));
  }
  if (options_.watch) {
    emit(*options_.watch, event, time()->now());
  }
  if (options_.on_event) {
    try {
      options_.on_event(event);
    } catch (const std::exception& e) {
      logger_->error("the event handler threw: {}", e.what());
    }
  }
}

std::shared_ptr<void> runtime::hold() {
  {
    std::lock_guard guard(held_->mutex);
    ++held_->holders;
  }
  return {nullptr, [count = held_](void*) {
            {
              std::lock_guard guard(count->mutex);
              --count->holders;
            }
            count->changed.notify_all();
          }};
}

bool runtime::wait_unheld(time_point deadline) {
  std::unique_lock lock(held_->mutex);
  return held_->changed.wait_until(lock, deadline, [this] { return held_->holders == 0; });
}

}  // namespace slipway
