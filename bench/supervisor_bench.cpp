// bench/supervisor_bench.cpp
//
// A child is killed; how long until its supervisor has started the next one.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor.hpp>

#include <benchmark/benchmark.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <limits>
#include <semaphore>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;

caf::behavior idle_child(caf::event_based_actor* /*self*/) {
  return {[](int /*nothing*/) {}};
}

void one_for_one_restart(benchmark::State& state) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{2});
  caf::actor_system system(config);
  caf::actor child;
  std::binary_semaphore child_started(0);
  supervisor_options options;
  options.flags = {
      .intensity = std::numeric_limits<unsigned>::max(), .period = 1ms, .resolution = 1ms};
  options.children = {{.id = "child", .start = [&](start_context& context) -> start_result {
                         child = context.system().spawn(idle_child);
                         child_started.release();
                         return child;
                       }}};
  auto started = start_supervisor(system, std::move(options));
  if (!started) {
    return state.SkipWithError("the supervisor did not start");
  }
  for (auto _ : state) {
    child_started.acquire();
    caf::anon_send_exit(child, caf::exit_reason::kill);
  }
  child_started.acquire();
  const supervisor_handle top(system, *started);
  if (!top.stop(exit_reason::shutdown(), 10s)) {
    state.SkipWithError("the supervisor did not stop");
  }
}
BENCHMARK(one_for_one_restart)->UseRealTime();

}  // namespace
}  // namespace slipway::bench
