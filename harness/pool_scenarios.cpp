// slipway/harness/pool_scenarios.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/internal/async_call.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/internal/supervised_python_pool.hpp>
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/actors/session.hpp>
#include <slipway/harness/draw_fault_plan.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/internal/silent_logger.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/supervisor_scenario.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <utility>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

constexpr const char* pool_name = "pool";

// -- what a seed draws ----------------------------------------------------------------------------

python_pool_options draw_pool(random_source random, const pool_scenario_options& options) {
  // All at once: the default of package_dir is a folder of the build, which an installation has not.
  python_pool_options pool{.name = pool_name,
                           .size = options.workers,
                           .module = "simulated",
                           .package_dir = "simulated"};
  pool.call_timeout = 3s;
  pool.init_timeout = 3s;
  if (!options.varied_pools) {
    return pool;
  }
  pool.lazy = random.chance(0.3);
  pool.init_concurrency = 1 + random.below(options.workers);
  pool.min_ready = random.chance(0.3) ? 1 : 0;
  if (random.chance(0.2)) {
    pool.cancelled_init = cancelled_init::abort;
  }
  if (random.chance(0.2)) {
    pool.max_queue = 1 + random.below(4);
  }
  if (random.chance(0.3)) {
    pool.worker_idle_timeout = 500ms;
  }
  if (random.chance(0.4)) {
    pool.health = health_options{.interval = 300ms, .timeout = 100ms, .failures = 2};
  }
  if (random.chance(0.3)) {
    pool.recycle = recycle_options{.max_requests = 1 + random.below(5), .check_interval = 200ms};
  }
  if (random.chance(0.2)) {
    pool.breaker =
        circuit_breaker_options{.opens_at = failures_in_a_row{.failures = 3}, .open_for = 500ms};
  }
  return pool;
}

// -- actors ---------------------------------------------------------------------------------------

using go_atom = caf::atom_constant<caf::atom("go")>;

void end_actor(const caf::actor& whom, caf::error reason) {
  caf::anon_send(whom, caf::exit_msg{caf::actor_addr{}, std::move(reason)});
}

caf::behavior idle_child(caf::event_based_actor* /*self*/) {
  return {[](go_atom) {}};
}

class pool_run final : public scenario_run {
 public:
  pool_run(simulation& run, std::uint64_t seed, const fault_plan& plan,
           const pool_scenario_options& options)
      : run_(run),
        options_(options),
        random_(random_source(seed).split(3)),
        faults_(plan.rules.empty()
                    ? nullptr
                    : std::make_shared<fault_injector>(plan, random_.next(), run.time(),
                                                       [&run](const injected_fault& struck) {
                                                         run.note(struck.who.name, "suffers",
                                                                  name_of(struck.what));
                                                       })),
        ports_(std::make_shared<simulated_ports>(run, counting_program, faults_)),
        runtime_(runtime_options{.logger = silent_logger(),
                                 .exit_patience = duration::zero(),
                                 .machine = simulated_machine(run, ports_, random_.next())}),
        slot_(std::make_shared<pool_slot>(draw_pool(random_.split(1), options), runtime_)) {
    view_.run = &run_;
    view_.ports = ports_.get();
    view_.host = &runtime_;
    view_.pools.push_back(slot_);
    // References to calls stay good.
    view_.calls.reserve(options.calls + options.sessions * (3 * options.session_calls + 2));
    start_tree();
  }
  pool_run(const pool_run&) = delete;
  pool_run& operator=(const pool_run&) = delete;
  pool_run(pool_run&&) = delete;
  pool_run& operator=(pool_run&&) = delete;

  ~pool_run() override {
    // What is left of a run that was given up goes before the runtime.
    stop();
    if (const auto pool = slot_->current()) {
      pool->kill();
    }
    run_.abandon();
  }

  [[nodiscard]] bool over() const override { return begun_ && busy_ == 0; }

  void stop() override {
    end_actor(top_, to_caf(exit_reason::shutdown()));
    top_ = nullptr;
    for (const auto& each : actor_clients_) {
      end_actor(each, to_caf(exit_reason::shutdown()));
    }
    actor_clients_.clear();
    gateway_ = nullptr;
  }

  [[nodiscard]] const run_view& view() const override { return view_; }

 private:
  // -- the tree -----------------------------------------------------------------------------------

  void start_tree() {
    supervisor_options top;
    top.name = "top";
    top.flags.intensity = 2;
    top.flags.period = 5s;
    constexpr std::array strategies{restart_strategy::one_for_one, restart_strategy::one_for_all,
                                    restart_strategy::rest_for_one};
    top.flags.strategy = strategies[random_.below(strategies.size())];
    top.children.push_back(child("first"));
    top.children.push_back(
        {.id = pool_name, .start = [this](start_context& context) {
           return remember(pool_name, internal::supervised_python_pool(context, runtime_, slot_));
         }});
    top.children.push_back(child("last"));
    top.observer = [this](const supervisor_event& event) { observe(event); };
    view_.supervisors.push_back({top.name, top.flags, {}});
    for (const auto& each : top.children) {
      view_.supervisors.back().rules.push_back(each.rules());
    }
    top_ = spawn_supervisor(run_.actors(), std::move(top));
  }

  child_spec child(const std::string& id) {
    return {.id = id, .start = [this, id](start_context& context) -> start_result {
              return remember(id, context.system().spawn(idle_child));
            }};
  }

  // The latest actor of each child, for who makes it end.
  start_result remember(const std::string& id, start_result started) {
    if (const auto* running = std::get_if<running_child>(&started.get())) {
      children_[id] = caf::actor_cast<caf::actor_addr>(running->actor);
    } else if (const auto* starting = std::get_if<starting_child>(&started.get())) {
      children_[id] = caf::actor_cast<caf::actor_addr>(starting->actor);
    }
    return started;
  }

  void observe(const supervisor_event& event) {
    view_.events.push_back({"top", event, run_.now(), ports_->opened()});
    run_.note("top", "says", to_string(event));
    if (!begun_ && (std::holds_alternative<supervisor_started>(event) ||
                    std::holds_alternative<supervisor_stopped>(event))) {
      begun_ = true;
      start_clients();
    }
  }

  // -- clients ------------------------------------------------------------------------------------

  void start_clients() {
    const std::size_t clients = std::max<std::size_t>(1, options_.clients + options_.actor_clients);
    std::size_t left = options_.calls;
    for (std::size_t i = 0; i != clients; ++i) {
      const std::size_t calls = left / (clients - i);
      left -= calls;
      const std::string name = "client " + std::to_string(i + 1);
      if (i < options_.clients) {
        start_client(name, calls);
      } else {
        start_actor_client(name, calls);
      }
    }
    for (std::size_t i = 0; i != options_.sessions; ++i) {
      start_session("session " + std::to_string(i + 1), i % 2 == 1);
    }
    start_saboteur();
  }

  observed_call& note_call(const std::string& client, const std::string& command) {
    view_.calls.push_back({.client = client, .command = command, .pool = slot_->current()});
    return view_.calls.back();
  }

  void note_outcome(observed_call& call, const result<value, call_error>& outcome) {
    ++call.outcomes;
    if (outcome) {
      call.got = outcome->to_text();
      run_.note(call.client, "gets", call.got);
    } else {
      call.error = outcome.error().code;
      run_.note(call.client, "fails", to_string(outcome.error().code));
    }
  }

  struct drawn_call {
    std::string command;
    value args;
    duration timeout;
  };

  drawn_call draw_call() {
    drawn_call call{"echo", value::map({{"n", value(++last_number_)}}),
                    100ms * (1 + random_.below(40))};
    if (random_.chance(0.15)) {
      constexpr std::array others{"raise", "hang", "exit"};
      call.command = others[random_.below(others.size())];
    }
    return call;
  }

  void start_client(const std::string& name, std::size_t calls) {
    ++busy_;
    const lane_id lane = run_.add_lane(name);
    run_.post(lane, "begins", [this, name, lane, calls] { next_call(name, lane, calls); });
  }

  void next_call(const std::string& name, lane_id lane, std::size_t left) {
    if (left == 0) {
      --busy_;
      return;
    }
    const drawn_call drawn = draw_call();
    observed_call& call = note_call(name, drawn.command);
    call.wanted = drawn.command == "echo" ? drawn.args.to_text() : "no result";
    const auto& pool = slot_->options();
    internal::call_subject subject{drawn.command, slot_->next_request_id(), pool.wire_codec};
    byte_buffer frame;
    static_cast<void>(
        encode_request(pool.wire_codec, subject.id, drawn.command, drawn.args, frame));
    std::make_shared<internal::async_call>(
        slot_, std::move(subject), std::move(frame), drawn.timeout,
        [this, name, lane, left, &call](const result<value, call_error>& outcome) {
          note_outcome(call, outcome);
          if (call.outcomes == 1) {
            run_.post(lane, "goes on",
                      [this, name, lane, left] { next_call(name, lane, left - 1); });
          }
        })
        ->start();
  }

  void start_actor_client(const std::string& name, std::size_t calls) {
    if (!gateway_) {
      gateway_ = make_python_pool_actor(run_.actors(), slot_);
    }
    ++busy_;
    const auto first = view_.calls.size();
    const auto client =
        run_.actors().spawn([this, name, calls](caf::event_based_actor* self) -> caf::behavior {
          return {[this, self, name, calls](go_atom) { next_actor_call(self, name, calls); }};
        });
    client->attach_functor([this, name, first] {
      for (std::size_t i = first; i < view_.calls.size(); ++i) {
        view_.calls[i].client_gone = view_.calls[i].client_gone || view_.calls[i].client == name;
      }
      --busy_;
    });
    caf::anon_send(client, go_atom::value);
    actor_clients_.push_back(client);
  }

  void next_actor_call(caf::event_based_actor* self, const std::string& name, std::size_t left) {
    if (left == 0) {
      self->quit();
      return;
    }
    const drawn_call drawn = draw_call();
    observed_call& call = note_call(name, drawn.command);
    call.wanted = drawn.command == "echo" ? drawn.args.to_text() : "no result";
    self->request(gateway_, caf::infinite, call_atom::value, drawn.command, drawn.args,
                  drawn.timeout)
        .then(
            [this, self, name, left, &call](const value& got) {
              note_outcome(call, got);
              next_actor_call(self, name, left - 1);
            },
            [this, self, name, left, &call](const caf::error& failed) {
              note_outcome(call, failure(call_error_from(failed).value_or(call_error{})));
              next_actor_call(self, name, left - 1);
            });
  }

  // -- sessions -----------------------------------------------------------------------------------

  /// Three clients that count in one session, and know what must come out.
  struct counting {
    std::string name;
    bool rebuilds = false;
    std::optional<duration> time_to_live{};
    std::shared_ptr<internal::session_handle> handle;
    std::int64_t counted = 0;
    /// A call may have counted or not: nothing but a loss can come next.
    bool in_doubt = false;
    bool ended = false;
    std::size_t begun = 0;     ///< calls
    std::size_t last_got = 0;  ///< the place of the last call with a result
    std::size_t clients = 3;
  };

  void start_session(const std::string& name, bool rebuilds) {
    const auto state = std::make_shared<counting>();
    state->name = name;
    state->rebuilds = rebuilds;
    session_spec spec;
    constexpr std::array modes{affinity::strict_queue, affinity::strict_queue,
                               affinity::strict_fail_fast, affinity::hint};
    spec.mode = modes[random_.below(modes.size())];
    if (random_.chance(0.2)) {
      state->time_to_live = 100ms * (1 + random_.below(10));
      spec.time_to_live = state->time_to_live;
    }
    view_.cleans_up = view_.cleans_up || state->time_to_live || *spec.mode == affinity::hint;
    if (rebuilds) {
      spec.rebuild = [weak = std::weak_ptr(state)](const session_loss& /*loss*/) {
        const auto self = weak.lock();
        return std::vector<session_request>(
            self ? static_cast<std::size_t>(self->counted) : std::size_t{0},
            session_request{"count", value()});
      };
    }
    const auto opened = client(slot_).open_session(name, std::move(spec));
    if (!opened) {
      return;
    }
    state->handle = opened->state();
    for (std::size_t i = 0; i != state->clients; ++i) {
      const lane_id lane = run_.add_lane(name);
      ++busy_;
      run_.post(lane, "begins",
                [this, state, lane] { next_count(state, lane, options_.session_calls); });
    }
  }

  void next_count(const std::shared_ptr<counting>& state, lane_id lane, std::size_t left) {
    if (left == 0) {
      finish_session(state, lane);
      return;
    }
    observed_call& call = note_call(state->name, "count");
    call.session = state->name;
    const std::size_t place = ++state->begun;
    std::make_shared<internal::session_call>(
        state->handle, "count", 100ms * (1 + random_.below(40)),
        [this, state, lane, left, place, &call](const result<value, call_error>& outcome) {
          if (outcome) {
            call.wanted = wanted_of(*state, place);
          }
          note_outcome(call, outcome);
          learn(*state, outcome);
          if (call.outcomes != 1) {
            return;
          }
          // Some think for long enough that their session may expire.
          const auto goes_on = [this, state, lane, left] {
            run_.post(lane, "goes on",
                      [this, state, lane, left] { next_count(state, lane, left - 1); });
          };
          if (state->time_to_live && random_.chance(0.2)) {
            run_.time()->set(run_.now() + 50ms * random_.below(20), goes_on);
          } else {
            goes_on();
          }
        })
        ->start(value());
  }

  // The only result that the call may have which was the `place`-th to ask for its turn.
  [[nodiscard]] std::string wanted_of(counting& state, std::size_t place) const {
    if (state.in_doubt) {
      return "session_lost";
    }
    if (std::exchange(state.last_got, place) > place) {
      return "its turn before the calls that came later";
    }
    if (!state.ended && !slot_->sessions()->find(state.name)) {
      return "a session that does not expire during a call";
    }
    return value(state.counted + 1).to_text();
  }

  static void learn(counting& state, const result<value, call_error>& outcome) {
    if (outcome) {
      ++state.counted;
    } else if (state.rebuilds) {
      return;  // what was counted comes back, and no more
    } else if (outcome.error().code == call_errc::session_lost) {
      state.counted = 0;
      state.in_doubt = false;
    } else if (outcome.error().effect == call_effect::unknown) {
      state.in_doubt = true;
    }
  }

  // The first of its clients ends some sessions, the last one looks whether what has ended or expired is forgotten.
  void finish_session(const std::shared_ptr<counting>& state, lane_id lane) {
    --state->clients;
    if (!state->ended && random_.chance(0.3)) {
      end_session(*state);
    }
    if (state->clients != 0 || !(state->time_to_live || state->ended)) {
      --busy_;
      return;
    }
    // Nobody but the table could know it now.
    const std::weak_ptr record = state->handle->session;
    state->handle.reset();
    run_.time()->set(run_.now() + state->time_to_live.value_or(duration::zero()) + 10ms,
                     [this, state, lane, record] {
                       run_.post(lane, "looks", [this, state, record] {
                         observed_call& look = note_call(state->name, "look");
                         look.wanted = "forgotten";
                         look.got = record.expired() ? "forgotten" : "known";
                         look.outcomes = 1;
                         --busy_;
                       });
                     });
  }

  void end_session(counting& state) {
    const auto& table = slot_->sessions();
    const auto before = table->status(state.handle->session->number);
    std::optional<session_remains> remains;
    state.ended = true;
    if (!table->end(state.handle->session->number, exit_reason::normal(), remains)) {
      return;
    }
    observed_call& call = note_call(state.name, "end");
    call.wanted = before && before->home ? "remains" : "none";
    call.got = remains ? "remains" : "none";
    if (!remains) {
      call.outcomes = 1;
      return;
    }
    internal::clean_up(slot_, *remains, 1s,
                       [&call](const result<void, call_error>& /*done*/) { ++call.outcomes; });
  }

  // -- who makes others end -----------------------------------------------------------------------

  void start_saboteur() {
    const std::uint64_t ends = options_.most_ends == 0 ? 0 : random_.below(options_.most_ends + 1);
    saboteur_ = run_.add_lane("saboteur");
    for (std::uint64_t i = 0; i != ends; ++i) {
      run_.time()->set(run_.now() + 10ms * random_.below(200), [this] {
        run_.post(saboteur_, "ends somebody", [this] { end_somebody(); });
      });
    }
  }

  void end_somebody() {
    const std::uint64_t who = random_.below(children_.size() + actor_clients_.size());
    const caf::error reason = random_.chance(0.5)
                                  ? to_caf(exit_reason::error("sabotage", "by seed"))
                                  : caf::error(caf::exit_reason::kill);
    if (who < actor_clients_.size()) {
      end_actor(actor_clients_[who], reason);
      return;
    }
    const auto child =
        std::next(children_.begin(), static_cast<std::ptrdiff_t>(who - actor_clients_.size()));
    if (const auto alive = caf::actor_cast<caf::actor>(child->second)) {
      end_actor(alive, reason);
    }
  }

  simulation& run_;
  pool_scenario_options options_;
  random_source random_;
  std::shared_ptr<fault_injector> faults_;
  std::shared_ptr<simulated_ports> ports_;
  runtime runtime_;
  std::shared_ptr<pool_slot> slot_;
  run_view view_;
  caf::actor top_;
  python_pool_actor gateway_;
  std::map<std::string, caf::actor_addr> children_;
  std::vector<caf::actor> actor_clients_;
  lane_id saboteur_{};
  std::int64_t last_number_ = 0;
  std::size_t busy_ = 0;
  bool begun_ = false;
};

}  // namespace

scenario pool_scenario(std::string name, pool_scenario_options options) {
  return {std::move(name),
          [most = options.most_faults](std::uint64_t seed) { return draw_fault_plan(seed, most); },
          [options](simulation& run, std::uint64_t seed, const fault_plan& plan) {
            return std::make_unique<pool_run>(run, seed, plan, options);
          }};
}

std::vector<scenario> pool_scenarios() {
  std::vector<scenario> all;
  all.push_back(pool_scenario("pool", {}));
  all.push_back(pool_scenario("sessions", {.workers = 3,
                                           .calls = 4,
                                           .clients = 1,
                                           .actor_clients = 1,
                                           .sessions = 4,
                                           .session_calls = 4}));
  all.push_back(pool_scenario(
      "supervisor", {.workers = 2, .calls = 8, .clients = 2, .actor_clients = 2, .most_ends = 6}));
  all.push_back(supervisor_scenario("children"));
  return all;
}

}  // namespace slipway::harness
