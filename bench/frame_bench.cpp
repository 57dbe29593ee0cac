// bench/frame_bench.cpp
//
// Cutting a stream into frames, read as a pipe gives it.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/frame_codec.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace slipway::bench {
namespace {

// What a pipe holds, and so the most that one read gives.
constexpr std::size_t pipe_bytes = std::size_t{64} * 1024;

void decode_frame(benchmark::State& state) {
  byte_buffer frame;
  begin_frame(frame);
  frame.resize(frame.size() + static_cast<std::size_t>(state.range(0)), std::byte{0x5a});
  if (!finish_frame(frame)) {
    return state.SkipWithError("the frame is too long");
  }
  frame_decoder decoder;
  for (auto _ : state) {
    std::span<const std::byte> left = frame;
    while (!left.empty()) {
      const auto space = decoder.writable(pipe_bytes);
      const std::size_t count = std::min({left.size(), space.size(), pipe_bytes});
      std::memcpy(space.data(), left.data(), count);
      decoder.commit(count);
      left = left.subspan(count);
      auto next = decoder.next();
      benchmark::DoNotOptimize(next);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
}
BENCHMARK(decode_frame)->ArgName("bytes")->Arg(100)->Arg(64 << 10)->Arg(16 << 20);

}  // namespace
}  // namespace slipway::bench
