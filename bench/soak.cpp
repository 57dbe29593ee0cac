// bench/soak.cpp
//
// Random real faults, twenty a second, for as long as wanted, on a pool under load.
//
//     bench_soak [--minutes N | --seconds N] [--seed N]      default: 10 minutes, seed 1
//
// Twelve workers, eight callers; half of them block, half wait for futures. Every call carries a number
// of its own and must end once: in that number, or in an error. Memory and descriptors of this process
// are looked at all the time; what they are at the end is held against what they were at the start.
// Exit code 0: no answer was another's, no call was lost, nothing grew, nothing is left.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/machine.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/faulty_ports.hpp>
#include <slipway/harness/resource_census.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;
using namespace harness;
using steady = std::chrono::steady_clock;

constexpr std::size_t workers = 12;
// One fault in so many costs a worker: five a second.
constexpr unsigned hard_share = 4;
constexpr unsigned callers = 8;
constexpr auto fault_interval = 50ms;
constexpr auto call_timeout = 1s;
constexpr auto patience = 60s;
constexpr auto sample_interval = 100ms;

struct arguments {
  std::chrono::seconds lasts = 10min;
  unsigned seed = 1;
};

// What a worker survives.
std::vector<fault> mild_faults() {
  using namespace fault_what;
  return {stop{100ms}, slow_reply{20ms}, stderr_flood{std::size_t{1} << 20U},
          memory_growth{std::size_t{1} << 20U}, slow_start{20ms}};
}

// What costs a worker, or a start.
std::vector<fault> hard_faults() {
  using namespace fault_what;
  return {kill{},
          fault_what::exit{9},
          hang{},
          late_reply{3s},
          half_frame{},
          garbage_frame{},
          wrong_id{},
          overlong_length{},
          duplicate_reply{},
          close_stdout{},
          close_stdin{},
          silent_start{},
          spawn_failure{spawn_fault::eagain}};
}

fault_plan plan_for(const arguments& given) {
  std::mt19937 chance(given.seed);
  const std::vector<fault> mild = mild_faults();
  const std::vector<fault> hard = hard_faults();
  fault_plan plan;
  for (duration at = fault_interval; at < given.lasts; at += fault_interval) {
    // Were all of them hard, new workers would be struck before they had served anybody.
    const auto& kinds = chance() % hard_share == 0 ? hard : mild;
    plan.rules.push_back({.when = fault_when::at_time{at}, .what = kinds[chance() % kinds.size()]});
  }
  return plan;
}

// -- load -----------------------------------------------------------------------------------------

class tally {
 public:
  void add(const std::string& outcome) {
    const std::lock_guard guard(mutex_);
    ++counts_[outcome];
  }
  [[nodiscard]] std::map<std::string, std::uint64_t> counts() const {
    const std::lock_guard guard(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
};

constexpr const char* lost = "LOST";
constexpr const char* anothers = "ANSWER OF ANOTHER CALL";

std::string outcome_of(const client::reply<value>& given, std::uint64_t number) {
  if (!given) {
    return std::string(to_string(given.error().code)) + ", " + to_string(given.error().effect);
  }
  const auto echoed = given->find("number");
  return echoed && *echoed == value(number) ? "ok" : anothers;
}

void call_until(const std::atomic<bool>& stopped, const client& calls, unsigned caller,
                tally& outcomes) {
  const bool waits = caller % 2 == 0;
  for (std::uint64_t n = 0; !stopped; ++n) {
    const std::uint64_t number = (std::uint64_t{caller} << 48U) | n;
    const value args = value::map({{"number", value(number)}});
    if (waits) {
      outcomes.add(outcome_of(calls.call("echo", args, call_timeout), number));
      continue;
    }
    auto answer = calls.async_call("echo", args, call_timeout);
    outcomes.add(answer.wait_for(patience) == std::future_status::ready
                     ? outcome_of(answer.get(), number)
                     : lost);
  }
}

// -- what this process holds ----------------------------------------------------------------------

struct holdings {
  double resident_mib = 0;
  double descriptors = 0;
};

holdings hold_now() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  file >> pages >> resident;
  const auto fds = std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                 std::filesystem::directory_iterator());
  constexpr double mib = 1 << 20U;
  return {static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / mib,
          static_cast<double>(fds)};
}

// The mean of a part of the samples, since workers come and go at every moment.
holdings mean(const std::vector<holdings>& samples, double from, double to) {
  const auto count = static_cast<double>(samples.size());
  holdings sum;
  double taken = 0;
  for (auto i = static_cast<std::size_t>(from * count); i < static_cast<std::size_t>(to * count);
       ++i) {
    sum.resident_mib += samples[i].resident_mib;
    sum.descriptors += samples[i].descriptors;
    ++taken;
  }
  return {sum.resident_mib / taken, sum.descriptors / taken};
}

// -- the run --------------------------------------------------------------------------------------

class soak {
 public:
  explicit soak(const arguments& given) : lasts_(given.lasts) {
    machine stands_on = make_machine();
    const auto quiet =
        std::make_shared<spdlog::logger>("soak", std::make_shared<spdlog::sinks::null_sink_mt>());
    auto faults = std::make_shared<fault_injector>(plan_for(given), given.seed, stands_on.time,
                                                   [this](const injected_fault&) { ++struck_; });
    auto started =
        slipway::system::start({.name = "soak",
                                .intensity = 1000,
                                .logger = quiet,
                                .on_event = [this](const runtime_event& event) { count(event); },
                                .stop_patience = patience,
                                .machine = with_faults(std::move(stands_on), std::move(faults))});
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    system_ = std::move(*started);
  }

  void run() {
    auto calls = system_->start_pool({.name = "soak",
                                      .size = workers,
                                      .python = SLIPWAY_BENCH_PYTHON,
                                      .module = "echo_worker_module",
                                      .python_path = {SLIPWAY_BENCH_PYTHON_PATH},
                                      .init_timeout = 5s,
                                      .shutdown_grace = 200ms,
                                      .terminate_grace = 200ms,
                                      .retry = {.retries = 1000, .first = 10ms, .longest = 50ms}});
    if (!calls) {
      throw std::runtime_error(calls.error().message);
    }
    if (const auto ready = calls->wait_until_ready(1, patience); !ready) {
      throw std::runtime_error(ready.error().message);
    }
    std::atomic<bool> stopped{false};
    std::vector<std::jthread> threads;
    for (unsigned caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&, caller] { call_until(stopped, *calls, caller, outcomes_); });
    }
    const auto end = steady::now() + lasts_;
    while (steady::now() < end) {
      samples_.push_back(hold_now());
      std::this_thread::sleep_for(sample_interval);
    }
    stopped = true;
    threads.clear();
    serves_at_end_ = calls->call("echo", value::map({}), patience).has_value();
  }

  /// Ends the system. True: all was as it has to be.
  bool report() {
    system_.reset();
    std::printf("faults    %llu (%.1f a second)\nworkers   %llu started, %llu ended\n",
                static_cast<unsigned long long>(struck_),
                static_cast<double>(struck_) / static_cast<double>(lasts_.count()),
                static_cast<unsigned long long>(started_), static_cast<unsigned long long>(ended_));
    bool good = serves_at_end_;
    for (const auto& [outcome, count] : outcomes_.counts()) {
      std::printf("calls     %-32s %llu\n", outcome.c_str(),
                  static_cast<unsigned long long>(count));
      good = good && outcome != lost && outcome != anothers;
    }
    // The first tenth is that of caches and pools that fill.
    const holdings start = mean(samples_, 0.1, 0.2);
    const holdings middle = mean(samples_, 0.45, 0.55);
    const holdings last = mean(samples_, 0.9, 1);
    for (const auto& [name, held] : std::array{
             std::pair("start", start), std::pair("middle", middle), std::pair("end", last)}) {
      std::printf("%-9s %.1f MiB resident, %.0f descriptors\n", name, held.resident_mib,
                  held.descriptors);
    }
    // What a mean still moves by: a worker has nine descriptors, and some are always being replaced.
    constexpr double tolerated_mib = 4;
    constexpr double tolerated_descriptors = 18;
    const bool flat = last.resident_mib <= start.resident_mib + tolerated_mib &&
                      last.descriptors <= start.descriptors + tolerated_descriptors;
    std::printf("memory and descriptors are %s; the pool %s at the end\n",
                flat ? "flat" : "NOT FLAT", serves_at_end_ ? "serves" : "DOES NOT SERVE");
    return good && flat;
  }

 private:
  void count(const runtime_event& event) {
    if (std::holds_alternative<runtime_events::worker_ready>(event)) {
      ++started_;
    } else if (std::holds_alternative<runtime_events::worker_exited>(event)) {
      ++ended_;
    }
  }

  const std::chrono::seconds lasts_;
  std::atomic<std::uint64_t> struck_{0};
  std::atomic<std::uint64_t> started_{0};
  std::atomic<std::uint64_t> ended_{0};
  bool serves_at_end_ = false;
  tally outcomes_;
  std::vector<holdings> samples_;
  std::unique_ptr<slipway::system> system_;
};

arguments parse(int argc, char** argv) {
  arguments given;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const unsigned number =
        i + 1 < argc ? static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10)) : 0;
    if (number == 0) {
      throw std::runtime_error("usage: bench_soak [--minutes N | --seconds N] [--seed N]");
    }
    if (name == "--minutes") {
      given.lasts = std::chrono::minutes(number);
    } else if (name == "--seconds") {
      given.lasts = std::chrono::seconds(number);
    } else if (name == "--seed") {
      given.seed = number;
    } else {
      throw std::runtime_error("unknown option " + std::string(name));
    }
  }
  return given;
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  try {
    const auto given = slipway::bench::parse(argc, argv);
    const auto before = slipway::harness::resource_census::take();
    bool good = false;
    {
      slipway::bench::soak run(given);
      run.run();
      good = run.report();
    }
    const auto deadline = slipway::bench::steady::now() + slipway::bench::patience;
    for (const auto& left : slipway::harness::leftovers_since(before, deadline)) {
      std::printf("LEFT BEHIND: %s\n", left.c_str());
      good = false;
    }
    std::printf("%s\n", good ? "good" : "NOT GOOD");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_soak: %s\n", e.what());
    return 2;
  }
}
