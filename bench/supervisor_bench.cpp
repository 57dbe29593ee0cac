// bench/supervisor_bench.cpp
//
// What restarts, starts and stops of children cost. bench/peers/supervisor_bench.escript measures
// the same of Erlang/OTP and Elixir.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <benchmark/benchmark.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <limits>
#include <malloc.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<std::promise<std::chrono::steady_clock::duration>>)

namespace slipway::bench {
namespace {

using namespace std::chrono_literals;

using clock = std::chrono::steady_clock;
/// Where an actor puts how long its work took.
using finish = std::shared_ptr<std::promise<clock::duration>>;

constexpr auto limit = 60s;

caf::behavior idle_child(caf::event_based_actor* /*self*/) {
  return {[](int /*nothing*/) {}};
}

/// As an Erlang supervisor, its children and who measures them share a scheduler, ours share a thread:
/// what they do, they do in turns, and the waking of another core is not theirs.
struct one_thread : caf::actor_system_config {
  one_thread() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

start_result start_idle(start_context& context) {
  return context.system().spawn(idle_child);
}

/// No restart is one too many; how many the window holds is the benchmark's to say.
supervisor_flags restarting_for_ever(restart_strategy strategy, std::chrono::milliseconds period) {
  return {.strategy = strategy,
          .intensity = std::numeric_limits<unsigned>::max(),
          .period = period,
          .resolution = 1ms};
}

using kill_atom = caf::atom_constant<caf::atom("kill")>;
using up_atom = caf::atom_constant<caf::atom("up")>;

/// Kills a child each time when all are up again, until it has done so often enough.
struct killer_state {
  caf::actor victim;
  int left = 0;
  clock::time_point begun;
  finish done;
};

caf::behavior killer(caf::stateful_actor<killer_state>* self) {
  return {[self](kill_atom, int times, const finish& done) {
            self->state.left = times;
            self->state.done = done;
            self->state.begun = clock::now();
            self->send_exit(self->state.victim, caf::exit_reason::kill);
          },
          [self](up_atom, const caf::actor& victim) {
            killer_state& state = self->state;
            state.victim = victim;
            if (!state.done) {
              return;
            }
            if (--state.left == 0) {
              std::exchange(state.done, nullptr)->set_value(clock::now() - state.begun);
            } else {
              self->send_exit(victim, caf::exit_reason::kill);
            }
          }};
}

/// A supervisor of `children`; the first is killed, the last tells that all are up.
void kill_and_restart(benchmark::State& state, int children, supervisor_flags flags, int kills) {
  one_thread config;
  caf::actor_system system(config);
  caf::actor first;
  const caf::actor by = system.spawn(killer);
  supervisor_options options;
  options.flags = flags;
  for (int i = 1; i <= children; ++i) {
    options.children.push_back(
        {.id = std::to_string(i),
         .start = [&first, by, is_first = i == 1, is_last = i == children || children == 1,
                   one = flags.strategy ==
                         restart_strategy::one_for_one](start_context& context) -> start_result {
           auto child = context.system().spawn(idle_child);
           if (is_first) {
             first = child;
           }
           if (one ? is_first : is_last) {
             caf::anon_send(by, up_atom::value, first);
           }
           return child;
         }});
  }
  const auto started = start_supervisor(system, std::move(options));
  if (!started) {
    return state.SkipWithError("the supervisor did not start");
  }
  for (auto _ : state) {
    const auto done = std::make_shared<std::promise<clock::duration>>();
    auto taken = done->get_future();
    caf::anon_send(by, kill_atom::value, kills, done);
    state.SetIterationTime(std::chrono::duration<double>(taken.get()).count() / kills);
  }
  if (!supervisor_handle(system, *started).stop(exit_reason::shutdown(), limit)) {
    state.SkipWithError("the supervisor did not stop");
  }
  caf::anon_send_exit(by, caf::exit_reason::user_shutdown);
}

// Argument: how long restarts stay in the window; 1 ms is a nearly empty one, an hour keeps all.
void one_for_one_restart(benchmark::State& state) {
  kill_and_restart(
      state, 1,
      restarting_for_ever(restart_strategy::one_for_one, std::chrono::milliseconds{state.range(0)}),
      1'000);
}
BENCHMARK(one_for_one_restart)
    ->ArgName("window_ms")
    ->Arg(1)
    ->Arg(3'600'000)
    ->Iterations(5)
    ->UseManualTime();

// One of many siblings, all alive: a restart shall not cost more for them.
void one_for_one_restart_among(benchmark::State& state) {
  kill_and_restart(state, static_cast<int>(state.range(0)),
                   restarting_for_ever(restart_strategy::one_for_one, 1ms), 1'000);
}
BENCHMARK(one_for_one_restart_among)
    ->ArgName("children")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Iterations(5)
    ->UseManualTime();

void one_for_all_restart(benchmark::State& state) {
  kill_and_restart(state, static_cast<int>(state.range(0)),
                   restarting_for_ever(restart_strategy::one_for_all, 1ms), 5);
}
BENCHMARK(one_for_all_restart)->ArgName("children")->Arg(1'000)->Iterations(5)->UseManualTime();

std::size_t bytes_in_use() {
  return mallinfo2().uordblks;
}

/// Asks a dynamic supervisor for one child after the other, as an actor of a host would.
struct asker_state {
  int left = 0;
  clock::time_point begun;
};

void ask_for_children(caf::stateful_actor<asker_state>* self, const caf::actor& supervisor,
                      const finish& done) {
  if (self->state.left-- == 0) {
    done->set_value(clock::now() - self->state.begun);
    self->quit();
    return;
  }
  self->request(supervisor, caf::infinite,
                internal::supervisor_request{supervisor_call::start_child{{.id = "child"}, 0, {}},
                                             start_idle})
      .then([self, supervisor, done](const internal::supervisor_answer&) {
        ask_for_children(self, supervisor, done);
      });
}

// The number of children is fixed, so that the many can be compared with the few.
void dynamic_start_child(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  for (auto _ : state) {
    one_thread config;
    caf::actor_system system(config);
    const auto started = start_dynamic_supervisor(system, {});
    if (!started) {
      return state.SkipWithError("the supervisor did not start");
    }
    const std::size_t before = bytes_in_use();
    const auto done = std::make_shared<std::promise<clock::duration>>();
    auto taken = done->get_future();
    system.spawn([&, count](caf::stateful_actor<asker_state>* self) {
      self->state = {count, clock::now()};
      ask_for_children(self, *started, done);
    });
    state.SetIterationTime(std::chrono::duration<double>(taken.get()).count() / count);
    state.counters["bytes_per_child"] = static_cast<double>(bytes_in_use() - before) / count;
    const dynamic_supervisor_handle children(system, *started);
    if (!children.stop(exit_reason::shutdown(), limit)) {
      state.SkipWithError("the supervisor did not stop");
    }
  }
}
BENCHMARK(dynamic_start_child)
    ->ArgName("children")
    ->Arg(1'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseManualTime();

}  // namespace
}  // namespace slipway::bench
