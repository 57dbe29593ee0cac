// bench/pool_bench.cpp
//
// Checkout and checkin of a pool whose workers do nothing: what the pool itself costs.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>

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
                                                       worker_state& worker, pool_state& /*pool*/) {
    return checkout_ok<client_state>{worker};
  }
  static checkin_outcome handle_checkin(client_state& /*client*/, worker_state& /*worker*/,
                                        pool_state& /*pool*/) {
    return outcome::ok{};
  }
};

// Nothing here is ever late, so no timer is needed.
class no_timers final : public timer_service {
 public:
  void run_after(duration /*delay*/, std::function<void()> /*task*/) override {}
};

std::shared_ptr<pool<idle_worker>> start_pool(std::size_t size) {
  return pool<idle_worker>::start({.name = "idle", .core = {.pool_size = size}}, {}, {},
                                  std::make_shared<steady_clock>(), std::make_shared<no_timers>());
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
    ->Threads(2)
    ->Threads(8)
    ->UseRealTime();

}  // namespace
}  // namespace slipway::bench
