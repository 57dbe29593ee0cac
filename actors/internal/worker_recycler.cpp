// slipway/actors/internal/worker_recycler.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/worker_recycler.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace slipway::internal {

worker_recycler::worker_recycler(runtime& shared, std::string pool_name,
                                 const recycle_options& options)
    : runtime_(shared),
      pool_name_(std::move(pool_name)),
      options_(options),
      core_(options),
      random_(shared.next_seed()),
      holds_runtime_(shared.hold()) {}

void worker_recycler::begin(const std::shared_ptr<python_pool>& pool) {
  pool_ = pool;
  if (const auto held = hold_unless_stopped()) {
    look_later();
  }
}

void worker_recycler::stop() {
  std::lock_guard guard(mutex_);
  holds_runtime_.reset();
}

std::optional<worker_recycler::token> worker_recycler::hold_unless_stopped() {
  std::lock_guard guard(mutex_);
  return holds_runtime_;
}

void worker_recycler::look_later() {
  runtime_.timers()->run_after(options_.check_interval, [self = shared_from_this()] {
    if (const auto held = self->hold_unless_stopped()) {
      self->ask_pool();
    }
  });
}

// The pool only tells what it knows: /proc is read when it has gone on.
void worker_recycler::ask_pool() {
  if (const auto pool = pool_.lock()) {
    pool->inspect_workers([self = shared_from_this(), held = hold_unless_stopped()](
                              const pool_core& core, const worker_states& states) {
      if (held) {
        self->runtime_.timers()->run_after(
            duration::zero(),
            [self, held, subjects = self->subjects_in(core, states)] { self->look_at(subjects); });
      }
    });
  }
}

std::vector<worker_recycler::subject> worker_recycler::subjects_in(
    const pool_core& pool, const worker_states& states) const {
  const time_point now = runtime_.time()->now();
  std::vector<subject> subjects;
  for (const auto& [id, worker] : pool.workers()) {
    const auto state = states.find(id);
    if (!worker.ready || state == states.end()) {
      continue;
    }
    const bool is_idle = worker.status == worker_status::idle;
    subjects.push_back({{.worker = id,
                         .served = worker.served,
                         .age = now - *worker.ready,
                         .idle = is_idle ? std::optional(now - worker.since) : std::nullopt,
                         .retiring = worker.retiring.has_value()},
                        state->second.process});
  }
  // Chance is drawn for each in turn: in an order that is the same with any standard library.
  std::sort(subjects.begin(), subjects.end(), [](const subject& left, const subject& right) {
    return left.vitals.worker < right.vitals.worker;
  });
  return subjects;
}

void worker_recycler::look_at(const std::vector<subject>& subjects) {
  std::vector<worker_vitals> vitals;
  vitals.reserve(subjects.size());
  for (const auto& each : subjects) {
    vitals.push_back(each.vitals);
    if (options_.max_resident_bytes) {
      vitals.back().resident_bytes = each.process->resident_bytes();
    }
  }
  // Not a distribution of the standard library: those give other numbers in each.
  const auto chance = [&] { return static_cast<double>(random_() >> 11U) * 0x1p-53; };
  const auto orders = core_.look(vitals, chance);
  const auto pool = pool_.lock();
  if (!pool || pool->ended()) {
    return;
  }
  for (const auto& order : orders) {
    runtime_.report(runtime_events::worker_recycled{
        pool_name_, pool_name_ + "/" + std::to_string(static_cast<std::uint64_t>(order.worker)),
        order.reason});
    pool->recycle(order.worker, order.reason);
  }
  look_later();
}

}  // namespace slipway::internal
