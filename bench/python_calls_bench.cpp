// bench/python_calls_bench.cpp
//
// One call to a Python echo: the hand-written loop over one pipe pair, and every way that Slipway
// has, with the same worker program, module, interpreter and arguments. Run with
// --benchmark_enable_random_interleaving=true, the repetitions of all rows alternate.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/package_dir.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/actors/system.hpp>

#include <benchmark/benchmark.h>
#include <boost/version.hpp>
#include <caf/config.hpp>
#include <caf/scoped_actor.hpp>

#include <bench/payloads.hpp>
#include <bench/pipe_worker.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
const char* const echo_module = "echo_worker_module";

// The number of workers is in the pool's name.
class rig {
 public:
  rig()
      : floor_({SLIPWAY_BENCH_PYTHON, echo_module,
                SLIPWAY_BENCH_PYTHON_PATH ":" + default_package_dir()}),
        system_(started(system::start({.name = "bench"}))),
        one_(start_pool("1_worker", 1)),
        asleep_(start_pool("1_worker_asleep", 1, duration::zero())),
        four_(start_pool("4_workers", 4)),
        actor_(make_python_pool_actor(system_->actor_system(), system_->slot("1_worker"))),
        caller_(system_->actor_system()) {}

  void call_by_hand(benchmark::State& state, const value& args) {
    for (auto _ : state) {
      benchmark::DoNotOptimize(floor_.call("echo", args.object()));
    }
  }

  static void call(benchmark::State& state, const client& pool, const value& args) {
    for (auto _ : state) {
      benchmark::DoNotOptimize(checked(pool.call("echo", args, patience)));
    }
  }

  static void async_call(benchmark::State& state, const client& pool, const value& args) {
    for (auto _ : state) {
      benchmark::DoNotOptimize(checked(pool.async_call("echo", args, patience).get()));
    }
  }

  void request(benchmark::State& state, const value& args) {
    for (auto _ : state) {
      caller_
          ->request(actor_, patience, call_atom::value, std::string("echo"), args,
                    duration(patience))
          .receive([](const value& result) { benchmark::DoNotOptimize(&result); },
                   [](const caf::error& failed) { throw failed; });
    }
  }

  [[nodiscard]] const client& one() const { return one_; }
  /// Like the floor, it sleeps while it waits.
  [[nodiscard]] const client& asleep() const { return asleep_; }
  [[nodiscard]] const client& four() const { return four_; }

 private:
  template <class T, class E>
  static T started(result<T, E> given) {
    if (!given) {
      throw std::runtime_error(given.error().message);
    }
    return std::move(*given);
  }

  static value checked(client::reply<value> given) {
    if (!given) {
      throw std::runtime_error(to_string(given.error()));
    }
    return std::move(*given);
  }

  client start_pool(const std::string& name, std::size_t size,
                    duration busy_poll = python_pool_options{}.busy_poll) {
    python_pool_options options;
    options.busy_poll = busy_poll;
    options.name = name;
    options.size = size;
    options.python = SLIPWAY_BENCH_PYTHON;
    options.module = echo_module;
    options.python_path = {SLIPWAY_BENCH_PYTHON_PATH};
    client pool = started(system_->start_pool(std::move(options)));
    if (auto ready = pool.wait_until_ready(size, patience); !ready) {
      throw std::runtime_error(ready.error().message);
    }
    return pool;
  }

  pipe_worker floor_;
  std::unique_ptr<system> system_;
  client one_;
  client asleep_;
  client four_;
  python_pool_actor actor_;
  caf::scoped_actor caller_;
};

template <class Run>
void add_row(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void add_rows(rig& on) {
  const std::vector<std::pair<std::string, value>> payloads{
      {"100B", small_payload()},
      {"64KiB", large_payload(std::size_t{64} * 1024)},
      {"16MiB", large_payload(std::size_t{16} * 1024 * 1024)}};
  for (const auto& [size, args] : payloads) {
    add_row("pipe_by_hand/" + size,
            [&on, args = args](benchmark::State& state) { on.call_by_hand(state, args); });
    add_row("client_call/" + size,
            [&on, args = args](benchmark::State& state) { rig::call(state, on.one(), args); });
    add_row("client_call_asleep/" + size,
            [&on, args = args](benchmark::State& state) { rig::call(state, on.asleep(), args); });
  }
  const value args = small_payload();
  add_row("client_call_of_4_workers/100B",
          [&on, args](benchmark::State& state) { rig::call(state, on.four(), args); });
  add_row("async_call/100B",
          [&on, args](benchmark::State& state) { rig::async_call(state, on.one(), args); });
  add_row("python_pool_actor/100B",
          [&on, args](benchmark::State& state) { on.request(state, args); });
}

// For the report: what was compiled with what.
void add_versions() {
#if defined(__clang__)
  benchmark::AddCustomContext("compiler", __VERSION__);
#else
  benchmark::AddCustomContext("compiler", "GCC " __VERSION__);
#endif
  benchmark::AddCustomContext("caf", std::to_string(CAF_MAJOR_VERSION) + '.' +
                                         std::to_string(CAF_MINOR_VERSION) + '.' +
                                         std::to_string(CAF_PATCH_VERSION));
  benchmark::AddCustomContext("boost", BOOST_LIB_VERSION);
  benchmark::AddCustomContext("msgpack_c", MSGPACK_VERSION);
#if defined(NDEBUG)
  benchmark::AddCustomContext("build_type", "optimised");
#else
  benchmark::AddCustomContext("build_type", "with assertions: not for comparison");
#endif
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return EXIT_FAILURE;
  }
  try {
    slipway::bench::add_versions();
    slipway::bench::rig on;
    slipway::bench::add_rows(on);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& failed) {
    std::cerr << "bench_python_calls: " << failed.what() << '\n';
    return EXIT_FAILURE;
  }
  benchmark::Shutdown();
}
