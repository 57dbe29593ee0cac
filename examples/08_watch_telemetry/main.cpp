// Learn: to watch a pool: a handler of one's own, metrics for Prometheus, a trace for Perfetto.
//
//     watch_telemetry [PYTHON]    run in the root of the source tree; writes build/watch.trace.json
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/metrics.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/actors/trace_file.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

using namespace std::chrono_literals;
using slipway::value;

int main(int argc, char** argv) {
  auto trace =
      slipway::trace_file::create("build/watch.trace.json", std::chrono::steady_clock::now());
  if (!trace) {
    return std::puts(trace.error().c_str()), 1;
  }
  slipway::metrics numbers;
  auto watch = std::make_shared<slipway::telemetry>();
  watch->attach("", numbers.handler());
  watch->attach("", (*trace)->handler());
  // It runs on the thread on which the event happens, often within the pool: be brief.
  watch->attach("pool.worker", [](const slipway::telemetry_record& what) {
    std::printf("%s %s\n", std::string(to_string(what.event)).c_str(),
                std::string(what.text("worker")).c_str());
  });

  auto system = slipway::system::start({.name = "example", .watch = watch});
  if (!system) {
    return std::puts(system.error().message.c_str()), 1;
  }
  auto licences = (*system)->start_pool({
      .name = "licences",
      .size = 2,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/licences.py",
  });
  if (!licences) {
    return std::puts(licences.error().message.c_str()), 1;
  }
  numbers.add_pool("licences", [pool = *licences] { return pool.load(); });
  for (int i = 0; i < 20; ++i) {
    auto counted = licences->call("word_statistics", value::map({{"text", value("to be")}}), 5s);
    if (!counted) {
      return std::puts(to_string(counted.error()).c_str()), 1;
    }
  }
  // A metrics_server gives the same to whoever scrapes.
  std::fputs(numbers.text().c_str(), stdout);
}
