// bench/envelope_bench.cpp
//
// Requests to bytes and responses from bytes.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/envelope_codec.hpp>

#include <benchmark/benchmark.h>

#include <bench/payloads.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace slipway::bench {
namespace {

// 0 stands for the small map.
value payload(std::int64_t bytes) {
  return bytes == 0 ? small_payload() : large_payload(static_cast<std::size_t>(bytes));
}

void encode_request(benchmark::State& state, codec wire_codec) {
  const value args = payload(state.range(0));
  byte_buffer frame;
  std::uint64_t id = 0;
  for (auto _ : state) {
    if (!slipway::encode_request(wire_codec, ++id, "echo", args, frame)) {
      return state.SkipWithError("not encodable");
    }
    benchmark::DoNotOptimize(frame.data());
  }
}
BENCHMARK_CAPTURE(encode_request, msgpack, codec::msgpack)
    ->ArgName("bytes")
    ->Arg(0)
    ->Arg(64 << 10)
    ->Arg(16 << 20);
BENCHMARK_CAPTURE(encode_request, json, codec::json)->ArgName("bytes")->Arg(0);

void decode_response(benchmark::State& state, codec wire_codec) {
  byte_buffer frame;
  if (!encode_response(wire_codec, response{1, payload(state.range(0)), std::nullopt}, frame)) {
    return state.SkipWithError("not encodable");
  }
  const auto bytes = std::span<const std::byte>(frame).subspan(frame_header_bytes);
  for (auto _ : state) {
    auto decoded = decode_response_to(wire_codec, 1, bytes);
    if (!decoded) {
      return state.SkipWithError("not decodable");
    }
    benchmark::DoNotOptimize(*decoded);
  }
}
BENCHMARK_CAPTURE(decode_response, msgpack, codec::msgpack)
    ->ArgName("bytes")
    ->Arg(0)
    ->Arg(64 << 10)
    ->Arg(16 << 20);
BENCHMARK_CAPTURE(decode_response, json, codec::json)->ArgName("bytes")->Arg(0);

}  // namespace
}  // namespace slipway::bench
