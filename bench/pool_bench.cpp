// bench/pool_bench.cpp
//
// Checkout, checkin and cancel of a pool whose workers do nothing: what the pool itself costs, and
// that this does not grow with the pool or with its queue.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;

// NimblePool's callbacks, each doing the least that it may.
struct idle_worker {
  struct pool_state {};
  struct command {};
  using worker_state = std::size_t;
  using client_state = std::size_t;

  static init_return<worker_state> init_worker(worker_id id, pool_state& /*pool*/) {
    return init_ok<worker_state>{static_cast<std::size_t>(id)};
  }
  static checkout_return<client_state> handle_checkout(const command& /*wanted*/,
                                                       request_id /*from*/, worker_state& worker,
                                                       pool_state& /*pool*/) {
    return checkout_ok<client_state>{worker};
  }
  static checkin_return handle_checkin(client_state& /*client*/, request_id /*from*/,
                                       worker_state& /*worker*/, pool_state& /*pool*/) {
    return outcome::ok{};
  }
};

// Nothing here is ever late, so no timer is needed.
class no_timers final : public timer_service {
 public:
  void run_after(duration /*delay*/, std::function<void()> /*task*/) override {}
};

std::shared_ptr<pool<idle_worker>> start_pool(std::size_t size) {
  auto started =
      pool<idle_worker>::start({.name = "idle", .core = {.pool_size = size}}, {}, {},
                               std::make_shared<steady_clock>(), std::make_shared<no_timers>());
  return started.value();
}

// Started once and used by all threads of a row; each row runs after the other.
pool<idle_worker>& pool_of(std::size_t size) {
  static const std::map<std::size_t, std::shared_ptr<pool<idle_worker>>> pools{
      {4, start_pool(4)}, {1000, start_pool(1000)}};
  return *pools.at(size);
}

void checkout_checkin(benchmark::State& state) {
  auto& workers = pool_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto held = workers.checkout({}, 10s);
    if (!held) {
      state.SkipWithError(held.error().message.c_str());
      break;
    }
    benchmark::DoNotOptimize(held->state());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(checkout_checkin)
    ->ArgName("workers")
    ->Arg(4)
    ->Arg(1000)
    ->Threads(1)
    ->Threads(8)
    ->Threads(64)
    ->UseRealTime();

// A pool whose workers are all checked out, with a queue before it.
class crowded_pool {
 public:
  crowded_pool(std::size_t workers, std::size_t queue) : pool_(start_pool(workers)) {
    for (std::size_t i = 0; i < workers + queue; ++i) {
      ask();
    }
  }
  crowded_pool(const crowded_pool&) = delete;
  crowded_pool& operator=(const crowded_pool&) = delete;
  crowded_pool(crowded_pool&&) = delete;
  crowded_pool& operator=(crowded_pool&&) = delete;
  ~crowded_pool() {
    pool_->stop(exit_reason::normal());
    held_.clear();
  }

  /// One client comes, one gives its worker back, the first in line gets it.
  void hand_over() {
    ask();
    held_.front().checkin();
    held_.pop_front();
  }

  /// The client in the middle of the queue goes, another one comes.
  void leave_the_middle() {
    const std::size_t middle = tickets_.size() / 2;
    pool_->client_down(tickets_.at(middle), exit_reason::normal());
    tickets_[middle] = tickets_.back();
    tickets_.pop_back();
    ask();
  }

 private:
  void ask() {
    tickets_.push_back(pool_->async_checkout({}, duration::max(), [this](auto given) {
      if (given) {
        held_.push_back(std::move(*given));
      }
    }));
    if (tickets_.size() > most_tickets) {
      tickets_.pop_front();
    }
  }

  static constexpr std::size_t most_tickets = 20'000;
  std::shared_ptr<pool<idle_worker>> pool_;
  std::deque<lease<idle_worker>> held_;
  std::deque<std::shared_ptr<pool<idle_worker>::ticket>> tickets_;
};

void hand_over(benchmark::State& state) {
  crowded_pool crowd(static_cast<std::size_t>(state.range(0)),
                     static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    crowd.hand_over();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hand_over)
    ->ArgNames({"workers", "queued"})
    ->Args({4, 1})
    ->Args({4, 10'000})
    ->Args({1000, 1})
    ->Args({1000, 10'000});

void cancel_in_the_middle(benchmark::State& state) {
  crowded_pool crowd(4, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    crowd.leave_the_middle();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cancel_in_the_middle)->ArgName("queued")->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace slipway::bench
