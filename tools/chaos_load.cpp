// slipway/tools/chaos_load.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/chaos_load.hpp>

#include <chrono>
#include <utility>

namespace slipway::tools {
namespace {

time_point clock_now() {
  return time_point::clock::now();
}

}  // namespace

chaos_load::chaos_load(chaos_calls calls, const running_tree& tree, chaos_record& record)
    : calls_(std::move(calls)), tree_(tree), record_(record) {
  for (std::size_t i = 0; i < calls_.concurrency; ++i) {
    const client& pool = tree_.pool(calls_.pools[i % calls_.pools.size()]);
    threads_.emplace_back([this, &pool] { call_on(pool); });
  }
}

chaos_load::~chaos_load() {
  over_.ask(0);
  for (auto& each : threads_) {
    each.join();
  }
}

bool chaos_load::finish(duration patience) {
  constexpr duration look_again = std::chrono::milliseconds(5);
  const time_point deadline = deadline_after(clock_now(), patience);
  over_.ask(0);
  while (record_.calls_under_way() > 0 && clock_now() < deadline) {
    std::this_thread::sleep_for(look_again);
  }
  return record_.calls_under_way() == 0;
}

void chaos_load::call_on(const client& pool) {
  // A pool that refuses every call at once would else be asked a million times a second.
  constexpr duration breath = std::chrono::milliseconds(2);
  while (!over_.asked() && !tree_.given_up()) {
    const std::uint64_t number = ++last_number_;
    const value args = calls_.own.args_of(number, calls_.args);
    const time_point begun = clock_now();
    record_.call_begins();
    const auto outcome = pool.call(calls_.command, args, calls_.timeout);
    const time_point ended = clock_now();
    record_.call_ends(outcome, outcome ? calls_.own.flaw_of(number, *outcome) : std::nullopt, ended,
                      ended - begun);
    if (!outcome && outcome.error().effect == call_effect::not_sent) {
      over_.wait_for(breath);
    }
  }
}

}  // namespace slipway::tools
