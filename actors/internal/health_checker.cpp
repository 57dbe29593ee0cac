// slipway/actors/internal/health_checker.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/health_checker.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace slipway::internal {

void report(runtime& shared, const std::string& pool, const std::string& worker,
            const health_step& step) {
  if (step.failed_checks) {
    shared.report(runtime_events::health_check_failed{pool, worker, *step.failed_checks});
  }
  if (step.degraded) {
    shared.report(runtime_events::worker_degraded{pool, worker, *step.degraded});
  }
  if (step.recovered) {
    shared.report(runtime_events::worker_recovered{pool, worker});
  }
}

health_checker::health_checker(runtime& shared, std::weak_ptr<void> held,
                               const std::shared_ptr<pool_slot>& slot,
                               const std::shared_ptr<python_pool>& pool,
                               const health_options& options)
    : runtime_(shared), held_(std::move(held)), slot_(slot), pool_(pool) {
  const duration interval = std::max<duration>(options.interval, std::chrono::milliseconds(1));
  timeout_ = std::clamp(options.timeout, duration::zero(), interval);
  rest_ = interval - timeout_;
}

void health_checker::start() {
  later(timeout_ + rest_, &health_checker::check);
}

void health_checker::later(duration delay, turn next) {
  runtime_.timers()->run_after(delay, [self = shared_from_this(), next] {
    const auto held = self->held_.lock();
    const auto slot = self->slot_.lock();
    const auto pool = self->pool_.lock();
    // A hold is a count and points to nothing.
    if (held.use_count() != 0 && slot && pool && !pool->ended()) {
      ((*self).*next)(*slot);
    }
  });
}

void health_checker::check(pool_slot& slot) {
  const auto pool = pool_.lock();
  if (pool && pool->load().queue_length == 0) {
    for (auto& worker : slot.workers()->records()) {
      if (ping(slot, *worker)) {
        pinged_.push_back(std::move(worker));
      }
    }
  }
  later(timeout_, &health_checker::look);
}

void health_checker::look(pool_slot& slot) {
  for (const auto& worker : std::exchange(pinged_, {})) {
    const health_step step = worker->look_for_answer(runtime_.time()->now());
    report(runtime_, slot.name(), worker->name(), step);
    if (step.unfit) {
      worker->tell_pool();
    }
  }
  later(rest_, &health_checker::check);
}

bool health_checker::ping(pool_slot& slot, worker_record& worker) const {
  const codec wire_codec = slot.options().wire_codec;
  const std::uint64_t id = slot.next_request_id();
  byte_buffer frame;
  const value hello =
      value::map({{"protocol", value(protocol_version)}, {"codec", value(to_string(wire_codec))}});
  if (!encode_request(wire_codec, id, "ping", hello, frame)) {
    return false;
  }
  return worker.ping(frame, [wire_codec, id](port::payload answer) {
    return decode_response_to(wire_codec, id, answer).has_value();
  });
}

}  // namespace slipway::internal
