// slipway/harness/internal/draw_pool.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/draw_pool.hpp>

#include <chrono>
#include <utility>

namespace slipway::harness::internal {

using namespace std::chrono_literals;

python_pool_options draw_pool(random_source random, std::string name, std::size_t workers,
                              pool_variety variety) {
  // All at once: the default of package_dir is a folder of the build, which an installation has not.
  python_pool_options pool{
      .name = std::move(name), .size = workers, .module = "simulated", .package_dir = "simulated"};
  pool.call_timeout = 3s;
  pool.init_timeout = 3s;
  if (variety == pool_variety::none) {
    return pool;
  }
  pool.lazy = random.chance(0.3);
  pool.init_concurrency = 1 + random.below(workers);
  pool.min_ready = random.chance(0.3) ? 1 : 0;
  if (random.chance(0.2)) {
    pool.cancelled_init = cancelled_init::abort;
  }
  if (random.chance(0.2)) {
    pool.max_queue = 1 + random.below(4);
  }
  if (random.chance(0.3)) {
    pool.worker_idle_timeout = 500ms;
  }
  if (random.chance(0.4)) {
    pool.health = health_options{.interval = 300ms, .timeout = 100ms, .failures = 2};
  }
  if (random.chance(0.3)) {
    pool.recycle = recycle_options{.max_requests = 1 + random.below(5), .check_interval = 200ms};
    if (random.chance(0.5)) {
      pool.recycle->max_resident_bytes = std::uint64_t{100} << 20U;
    }
  }
  if (random.chance(0.2)) {
    pool.breaker =
        circuit_breaker_options{.opens_at = failures_in_a_row{.failures = 3}, .open_for = 500ms};
  }
  return pool;
}

}  // namespace slipway::harness::internal
