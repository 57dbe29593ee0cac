// slipway/tools/chaos_simulation.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/random_source.hpp>
#include <slipway/harness/schedule.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/harness/simulated_program.hpp>
#include <slipway/harness/simulated_system.hpp>
#include <slipway/harness/simulation.hpp>
#include <slipway/tools/chaos_record.hpp>
#include <slipway/tools/chaos_simulation.hpp>
#include <slipway/tools/chaos_view.hpp>
#include <slipway/tools/event_teller.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;

// Between two calls of a client, at most; without it no time would ever pass.
constexpr std::uint64_t longest_pause_ms = 10;
// For calls to end once their own time is up, and for processes that were asked to end.
constexpr duration patience = 60s;
constexpr std::size_t steps_between_looks = 2000;

// Knows what the handshake and sessions need; to any other command of the user's the answer is nothing,
// or what was asked where answers must repeat some of it.
harness::simulated_program obliging_program(const process_spec& spec, const chaos_calls& calls) {
  const std::string echoed = calls.own.field().empty() ? "" : calls.command;
  return [known = harness::counting_program(spec), echoed](const request& asked) {
    if (!echoed.empty() && asked.command == echoed) {
      return harness::program_answer(asked.args);
    }
    auto answer = known(asked);
    const auto* refused = std::get_if<remote_error>(&answer);
    return refused != nullptr && refused->type == "UnknownCommand"
               ? harness::program_answer(value::map({}))
               : answer;
  };
}

class chaos_simulation {
 public:
  chaos_simulation(const simulated_chaos& what, const stop_request& stop, console& screen)
      : what_(what),
        stop_(stop),
        screen_(screen),
        random_(harness::random_source(what.setting.seed).split(1)),
        choices_(what.setting.seed),
        run_(choices_, {.time_races = false}),
        start_(run_.now()),
        record_(what.setting, start_),
        teller_(screen, watch_, start_),
        ports_(std::make_shared<harness::simulated_ports>(
            run_, [this](const process_spec& spec) { return obliging_program(spec, what_.calls); },
            faults())),
        system_(run_, ports_, options()) {}

  chaos_log perform() {
    run_while([&] { return !system_.started() && !system_.ended(); });
    for (std::size_t i = 0; i != what_.calls.concurrency; ++i) {
      const auto lane = run_.add_lane("client " + std::to_string(i + 1));
      run_.post(lane, "begins", [this, lane, i] { next_call(lane, i); });
    }
    const time_point end = deadline_after(start_, what_.setting.length);
    run_while([&] { return run_.now() < end && !system_.ended() && !stop_.asked(); });
    calling_ = false;
    const auto gave_up = system_.ended();
    const time_point late = deadline_after(run_.now(), what_.calls.timeout + patience);
    run_while([&] { return run_.now() < late && record_.calls_under_way() != 0; });
    const std::uint64_t overdue = record_.calls_under_way();
    system_.stop();
    const time_point last = deadline_after(run_.now(), patience);
    run_while([&] { return run_.now() < last; });
    return log(gave_up, overdue);
  }

 private:
  std::shared_ptr<harness::fault_injector> faults() {
    return std::make_shared<harness::fault_injector>(
        what_.plan, what_.setting.seed, run_.time(),
        [this](const harness::injected_fault& fault) { record_.take(fault); });
  }

  harness::simulated_system_options options() {
    auto told = std::make_shared<telemetry>();
    told->attach("", [this](const telemetry_record& event) { record_.take(event); });
    return {.name = what_.config.system.name,
            .intensity = what_.config.system.intensity,
            .period = what_.config.system.period,
            .pools = what_.config.pools,
            .on_event = [this](const runtime_event& event) { watch_.take(event, run_.now()); },
            .watch = std::move(told),
            .seed = what_.setting.seed};
  }

  template <class Condition>
  void run_while(Condition holds) {
    for (std::size_t steps = 1; holds() && run_.step(); ++steps) {
      if (steps % steps_between_looks == 0) {
        tell();
      }
    }
    tell();
  }

  void tell() {
    const auto faults = record_.faults_after(faults_told_);
    faults_told_ += faults.size();
    for (const auto& fault : faults) {
      teller_.note(fault_text(fault, screen_.style()), start_ + fault.at);
    }
    teller_.tell();
  }

  void next_call(harness::lane_id lane, std::size_t turn) {
    if (!calling_) {
      return;
    }
    const std::string& pool = what_.calls.pools[turn % what_.calls.pools.size()];
    const auto& own = what_.calls.own;
    const time_point begun = run_.now();
    record_.call_begins();
    // No two turns are the same, so they number the calls.
    system_.async_call(place_of(pool), what_.calls.command, own.args_of(turn, what_.calls.args),
                       what_.calls.timeout,
                       [this, lane, turn, begun](const result<value, call_error>& outcome) {
                         note(turn, outcome, begun);
                         pause(lane, turn + what_.calls.concurrency);
                       });
  }

  void note(std::size_t turn, const result<value, call_error>& outcome, time_point begun) {
    const time_point now = run_.now();
    record_.call_ends(outcome, outcome ? what_.calls.own.flaw_of(turn, *outcome) : std::nullopt,
                      now, now - begun);
  }

  void pause(harness::lane_id lane, std::size_t turn) {
    const auto length = std::chrono::milliseconds(1 + random_.below(longest_pause_ms));
    run_.time()->run_after(length, [this, lane, turn] {
      run_.post(lane, "calls", [this, lane, turn] { next_call(lane, turn); });
    });
  }

  [[nodiscard]] std::size_t place_of(const std::string& pool) const {
    std::size_t place = 0;
    while (what_.config.pools[place].name != pool) {
      ++place;
    }
    return place;
  }

  [[nodiscard]] chaos_log log(const std::optional<exit_reason>& gave_up, std::uint64_t overdue) {
    chaos_log made = record_.log(run_.now());
    made.tree = watch_.counts();
    made.calls_overdue = overdue;
    made.trace_hash = run_.trace().hash();
    if (gave_up) {
      made.gave_up =
          watch_.last_pool_end().value_or(pool_end{"", *gave_up, pool_end::kind::gave_up}).text();
    }
    for (const auto& process : ports_->processes()) {
      made.left.push_back("simulated process " + process.name);
    }
    if (const std::size_t timers = run_.pending_timers(); timers != 0) {
      made.left.push_back(std::to_string(timers) + " timers");
    }
    return made;
  }

  const simulated_chaos& what_;
  const stop_request& stop_;
  console& screen_;
  harness::random_source random_;
  harness::seeded_choices choices_;
  harness::simulation run_;
  const time_point start_;
  tree_watch watch_;
  chaos_record record_;
  event_teller teller_;
  std::size_t faults_told_ = 0;
  bool calling_ = true;
  std::shared_ptr<harness::simulated_ports> ports_;
  harness::simulated_system system_;
};

}  // namespace

chaos_log simulate(const simulated_chaos& what, const stop_request& stop, console& screen) {
  return chaos_simulation(what, stop, screen).perform();
}

}  // namespace slipway::tools
