// bench/supervisor_bench.cpp
//
// What restarts, starts and stops of children cost. bench/peers/supervisor_bench.escript measures
// the same of Erlang/OTP and Elixir.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <benchmark/benchmark.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <limits>
#include <malloc.h>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 60s;

caf::behavior idle_child(caf::event_based_actor* /*self*/) {
  return {[](int /*nothing*/) {}};
}

struct two_threads : caf::actor_system_config {
  two_threads() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

start_result start_idle(start_context& context) {
  return context.system().spawn(idle_child);
}

/// No restart is one too many; how many the window holds is the benchmark's to say.
supervisor_flags restarting_for_ever(std::chrono::milliseconds period) {
  return {.intensity = std::numeric_limits<unsigned>::max(), .period = period, .resolution = 1ms};
}

// Argument: how long restarts stay in the window; 1 ms is a nearly empty one, an hour keeps all.
void one_for_one_restart(benchmark::State& state) {
  two_threads config;
  caf::actor_system system(config);
  caf::actor child;
  std::binary_semaphore child_started(0);
  supervisor_options options;
  options.flags = restarting_for_ever(std::chrono::milliseconds{state.range(0)});
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
  if (!top.stop(exit_reason::shutdown(), limit)) {
    state.SkipWithError("the supervisor did not stop");
  }
}
BENCHMARK(one_for_one_restart)->ArgName("window_ms")->Arg(1)->Arg(3'600'000)->UseRealTime();

// One of many siblings, all alive: a restart shall not cost more for them.
void one_for_one_restart_among(benchmark::State& state) {
  two_threads config;
  caf::actor_system system(config);
  caf::actor child;
  std::binary_semaphore child_started(0);
  supervisor_options options;
  options.flags = restarting_for_ever(1ms);
  for (int i = 1; i < state.range(0); ++i) {
    options.children.push_back({.id = std::to_string(i), .start = start_idle});
  }
  options.children.push_back({.id = "child", .start = [&](start_context& context) -> start_result {
                                child = context.system().spawn(idle_child);
                                child_started.release();
                                return child;
                              }});
  auto started = start_supervisor(system, std::move(options));
  if (!started) {
    return state.SkipWithError("the supervisor did not start");
  }
  for (auto _ : state) {
    child_started.acquire();
    caf::anon_send_exit(child, caf::exit_reason::kill);
  }
  child_started.acquire();
  if (!supervisor_handle(system, *started).stop(exit_reason::shutdown(), limit)) {
    state.SkipWithError("the supervisor did not stop");
  }
}
BENCHMARK(one_for_one_restart_among)->ArgName("children")->Arg(1'000)->Arg(10'000)->UseRealTime();

void one_for_all_restart(benchmark::State& state) {
  two_threads config;
  caf::actor_system system(config);
  caf::actor first;
  std::binary_semaphore all_started(0);
  supervisor_options options;
  options.flags = restarting_for_ever(1ms);
  options.flags.strategy = restart_strategy::one_for_all;
  options.children.push_back({.id = "first", .start = [&](start_context& context) -> start_result {
                                first = context.system().spawn(idle_child);
                                return first;
                              }});
  for (int i = 2; i < state.range(0); ++i) {
    options.children.push_back({.id = std::to_string(i), .start = start_idle});
  }
  options.children.push_back({.id = "last", .start = [&](start_context& context) -> start_result {
                                all_started.release();
                                return start_idle(context);
                              }});
  auto started = start_supervisor(system, std::move(options));
  if (!started) {
    return state.SkipWithError("the supervisor did not start");
  }
  for (auto _ : state) {
    all_started.acquire();
    caf::anon_send_exit(first, caf::exit_reason::kill);
  }
  all_started.acquire();
  if (!supervisor_handle(system, *started).stop(exit_reason::shutdown(), limit)) {
    state.SkipWithError("the supervisor did not stop");
  }
}
BENCHMARK(one_for_all_restart)->ArgName("children")->Arg(1'000)->UseRealTime();

std::size_t bytes_in_use() {
  return mallinfo2().uordblks;
}

// One iteration starts one child; the number of them is fixed, so that the last thousand can be
// compared with the first.
void dynamic_start_child(benchmark::State& state) {
  two_threads config;
  caf::actor_system system(config);
  const auto started = start_dynamic_supervisor(system, {});
  if (!started) {
    return state.SkipWithError("the supervisor did not start");
  }
  const dynamic_supervisor_handle children(system, *started);
  const std::size_t before = bytes_in_use();
  std::size_t count = 0;
  for (auto _ : state) {
    if (!children.start_child({.id = "child", .start = start_idle}, limit)) {
      return state.SkipWithError("a child did not start");
    }
    ++count;
  }
  state.counters["bytes_per_child"] = static_cast<double>(bytes_in_use() - before) /
                                      static_cast<double>(std::max<std::size_t>(count, 1));
  if (!children.stop(exit_reason::shutdown(), limit)) {
    state.SkipWithError("the supervisor did not stop");
  }
}
BENCHMARK(dynamic_start_child)->Iterations(1'000)->UseRealTime();
BENCHMARK(dynamic_start_child)->Iterations(100'000)->UseRealTime();

}  // namespace
}  // namespace slipway::bench
