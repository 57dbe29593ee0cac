// bench/telemetry_bench.cpp
//
// What an event costs: when nobody hears it, and when a handler does.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry.hpp>

#include <benchmark/benchmark.h>

#include <array>

namespace slipway::bench {
namespace {

void say(telemetry& to) {
  if (to.enabled(telemetry_event::call_stop)) {
    const std::array<telemetry_measurement, 1> measurements{{{"duration_s", 1}}};
    const std::array<telemetry_metadatum, 1> metadata{{{"pool", "scores"}}};
    to.emit({telemetry_event::call_stop, {}, measurements, metadata});
  }
}

void telemetry_disabled(benchmark::State& state) {
  telemetry watch;
  watch.attach("supervisor", [](const telemetry_record&) {});
  for (auto _ : state) {
    say(watch);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(telemetry_disabled);

void telemetry_heard(benchmark::State& state) {
  telemetry watch;
  watch.attach("call", [](const telemetry_record& what) { benchmark::DoNotOptimize(what.event); });
  for (auto _ : state) {
    say(watch);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(telemetry_heard);

}  // namespace
}  // namespace slipway::bench
