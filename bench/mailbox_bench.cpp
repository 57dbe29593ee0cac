// bench/mailbox_bench.cpp
//
// Posting to a draining mailbox: the least that one message to a pool can cost.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/draining_mailbox.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>

namespace slipway::bench {
namespace {

void mailbox_post(benchmark::State& state) {
  static std::uint64_t sum = 0;
  static draining_mailbox<std::uint64_t> mailbox([](std::uint64_t&& number) { sum += number; });
  for (auto _ : state) {
    mailbox.post(1);
  }
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(mailbox_post)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace slipway::bench
