// bench/sick_workers_bench.cpp
//
// What a sick worker costs the other callers of its pool: their 99th percentile beside that of a
// pool whose workers are all well.
//
//     bench_sick_workers [ROUNDS]      default 3; a round takes about 15 seconds
//
// Four workers; three callers, each with a call every two milliseconds, for two seconds a row. Early
// in each row but the first something happens to one worker, and the row says by what it was noticed
// and whether the pool is whole again. A ratio is that to the quiet row of its round, then the median
// over the rounds.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/system.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t workers = 4;
constexpr int callers = 3;
constexpr auto pace = 2ms;
constexpr auto row_time = 2s;
constexpr auto well_for = 200ms;
constexpr auto patience = 60s;
// Also how long the one who calls the sick worker waits, if it does not answer.
constexpr auto call_timeout = 500ms;

struct sickness {
  const char* name;
  void (*happen)(const client& pool);
};

void be_well(const client& /*pool*/) {}

// Calls of the sick worker fail by design.
void call(const client& pool, const char* command, const value& args, duration timeout) {
  static_cast<void>(pool.call(command, args, timeout));
}

// Here the others meet it, twice: then it is gone.
void become_slow(const client& pool) {
  call(pool, "become_slow", value::map({{"seconds", value(0.2)}}), patience);
}

void answer_pings_only(const client& pool) {
  call(pool, "sleep", value::map({{"seconds", value(3600.0)}}), call_timeout);
}

void flood(const client& pool) {
  call(pool, "flood", value::map({{"bytes", value(100'000'000)}}), patience);
}

void half_a_frame(const client& pool) {
  call(pool, "half_answer", value(), call_timeout);
}

void stop_while_idle(const client& pool) {
  if (const auto pid = pool.call<int>("pid", value(), patience)) {
    ::kill(*pid, SIGSTOP);
  }
}

constexpr std::array<sickness, 6> rows{{{"quiet", be_well},
                                        {"slow", become_slow},
                                        {"answers_pings_only", answer_pings_only},
                                        {"floods_stderr_100MB", flood},
                                        {"half_a_frame", half_a_frame},
                                        {"stopped_while_idle", stop_while_idle}}};

// Which worker was removed last, and why.
class notices {
 public:
  void take(const runtime_event& event) {
    const auto* removed = std::get_if<runtime_events::worker_removed>(&event);
    if (removed != nullptr && removed->reason.is_abnormal()) {
      const std::lock_guard guard(mutex_);
      last_ = removed->worker + ": " + to_string(removed->reason).substr(0, 70);
    }
  }
  [[nodiscard]] std::string last() const {
    const std::lock_guard guard(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::string last_ = "nothing";
};

std::vector<duration> keep_calling(const client& pool, steady::time_point end) {
  std::vector<duration> took;
  const value args = value::map({{"n", value(1)}});
  for (auto next = steady::now(); next < end; next += pace) {
    std::this_thread::sleep_until(next);
    const auto begun = steady::now();
    call(pool, "echo", args, call_timeout);
    took.push_back(steady::now() - begun);
  }
  return took;
}

python_pool_options options() {
  python_pool_options made;
  made.name = "bench";
  made.size = workers;
  made.python = SLIPWAY_BENCH_PYTHON;
  made.module = "sick_worker_module";
  made.python_path = {SLIPWAY_BENCH_PYTHON_PATH};
  made.health =
      health_options{.interval = 100ms, .timeout = 50ms, .failures = 2, .slow_call = 50ms};
  return made;
}

struct outcome_of_row {
  double p50_us = 0;
  double p99_us = 0;
  std::string noticed;
  bool whole = false;
};

double percentile_us(std::vector<duration>& took, double share) {
  const auto at = static_cast<std::size_t>(static_cast<double>(took.size() - 1) * share);
  std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(at), took.end());
  return std::chrono::duration<double, std::micro>(took[at]).count();
}

outcome_of_row run(const sickness& row) {
  notices seen;
  auto system = system::start({.on_event = [&](const auto& event) { seen.take(event); }});
  if (!system) {
    throw std::runtime_error(system.error().message);
  }
  auto pool = (*system)->start_pool(options());
  if (!pool || !pool->wait_until_ready(workers, patience)) {
    throw std::runtime_error("the pool did not start");
  }
  const auto end = steady::now() + row_time;
  std::array<std::vector<duration>, callers> each;
  std::vector<std::thread> threads;
  threads.reserve(each.size());
  for (auto& took : each) {
    threads.emplace_back([&] { took = keep_calling(*pool, end); });
  }
  std::this_thread::sleep_for(well_for);
  row.happen(*pool);
  for (auto& thread : threads) {
    thread.join();
  }
  std::vector<duration> all;
  for (const auto& took : each) {
    all.insert(all.end(), took.begin(), took.end());
  }
  const bool whole = pool->wait_until_ready(workers, patience).has_value();
  return {percentile_us(all, 0.5), percentile_us(all, 0.99), seen.last(), whole};
}

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

void run_all(int rounds) {
  std::map<std::string, std::vector<outcome_of_row>> outcomes;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& row : rows) {
      outcomes[row.name].push_back(run(row));
    }
  }
  std::printf("%-20s %10s %10s %7s  %-5s  %s\n", "other callers, with", "p50 [us]", "p99 [us]",
              "ratio", "whole", "removed");
  for (const auto& row : rows) {
    const auto& runs = outcomes[row.name];
    std::vector<double> p50;
    std::vector<double> p99;
    std::vector<double> ratio;
    bool whole = true;
    for (std::size_t round = 0; round < runs.size(); ++round) {
      p50.push_back(runs[round].p50_us);
      p99.push_back(runs[round].p99_us);
      ratio.push_back(runs[round].p99_us / outcomes["quiet"][round].p99_us);
      whole = whole && runs[round].whole;
    }
    std::printf("%-20s %10.0f %10.0f %7.2f  %-5s  %s\n", row.name, median(p50), median(p99),
                median(ratio), whole ? "yes" : "no", runs.back().noticed.c_str());
  }
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
    slipway::bench::run_all(std::max(rounds, 1));
  } catch (const std::exception& failed) {
    std::cerr << "bench_sick_workers: " << failed.what() << '\n';
    return EXIT_FAILURE;
  }
}
