// slipway/harness/pool_scenarios.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/draw_fault_plan.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/internal/draw_pool.hpp>
#include <slipway/harness/internal/pool_clients.hpp>
#include <slipway/harness/internal/pool_sessions.hpp>
#include <slipway/harness/internal/pool_stage.hpp>
#include <slipway/harness/pool_scenarios.hpp>
#include <slipway/harness/simulated_system.hpp>
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
using internal::pool_clients;
using internal::pool_sessions;
using internal::pool_stage;

constexpr const char* pool_name = "pool";
constexpr const char* top_name = "top";

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
      : options_(options),
        stage_{run, random_source(seed).split(3)},
        faults_(plan.rules.empty()
                    ? nullptr
                    : std::make_shared<fault_injector>(plan, stage_.random.next(), run.time(),
                                                       [&run](const injected_fault& struck) {
                                                         run.note(struck.who.name, "suffers",
                                                                  name_of(struck.what));
                                                       })),
        ports_(std::make_shared<simulated_ports>(run, counting_program, faults_)),
        system_(std::make_unique<simulated_system>(run, ports_, draw_system())),
        clients_(stage_, *system_),
        sessions_(stage_, options.session_calls) {
    run_view& view = stage_.view;
    view.run = &run;
    view.ports = ports_.get();
    view.host = &system_->host();
    view.pools.push_back(system_->pool(0));
    // References to calls stay good.
    view.calls.reserve(options.calls +
                       options.sessions *
                           (pool_sessions::clients_each * options.session_calls + 2));
  }
  pool_run(const pool_run&) = delete;
  pool_run& operator=(const pool_run&) = delete;
  pool_run(pool_run&&) = delete;
  pool_run& operator=(pool_run&&) = delete;

  ~pool_run() override {
    // What is left of a run that was given up goes while all that it speaks to is still there.
    stop();
    system_.reset();
  }

  [[nodiscard]] bool over() const override { return begun_ && stage_.busy == 0; }

  void stop() override {
    system_->stop();
    clients_.stop();
  }

  [[nodiscard]] const run_view& view() const override { return stage_.view; }

 private:
  // -- the tree -----------------------------------------------------------------------------------

  simulated_system_options draw_system() {
    simulated_system_options system{.name = top_name, .intensity = 2, .period = 5s};
    system.seed = stage_.random.next();
    system.pools.push_back(internal::draw_pool(
        stage_.random.split(1), pool_name, options_.workers,
        options_.varied_pools ? internal::pool_variety::full : internal::pool_variety::none));
    system.arrange = [this](supervisor_options& top) { arrange(top); };
    return system;
  }

  // The pool is not the only child, and all that the supervisor does is seen.
  void arrange(supervisor_options& top) {
    constexpr std::array strategies{restart_strategy::one_for_one, restart_strategy::one_for_all,
                                    restart_strategy::rest_for_one};
    top.flags.strategy = strategies[stage_.random.below(strategies.size())];
    top.children.insert(top.children.begin(), idle("first"));
    top.children.push_back(idle("last"));
    observed_supervisor seen{top.name, top.flags, {}};
    for (auto& each : top.children) {
      seen.rules.push_back(each.rules());
      each.start = [this, id = each.id, start = std::move(each.start)](start_context& context) {
        return remember(id, start(context));
      };
    }
    stage_.view.supervisors.push_back(std::move(seen));
    top.observer = [this](const supervisor_event& event) { observe(event); };
  }

  static child_spec idle(const std::string& id) {
    return {.id = id, .start = [](start_context& context) -> start_result {
              return context.system().spawn(idle_child);
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
    stage_.view.events.push_back({top_name, event, stage_.run.now(), ports_->opened()});
    stage_.run.note(top_name, "says", to_string(event));
    if (!begun_ && (std::holds_alternative<supervisor_started>(event) ||
                    std::holds_alternative<supervisor_stopped>(event))) {
      begun_ = true;
      start_clients();
    }
  }

  // -- who takes part -----------------------------------------------------------------------------

  void start_clients() {
    const std::size_t clients = std::max<std::size_t>(1, options_.clients + options_.actor_clients);
    std::size_t left = options_.calls;
    for (std::size_t i = 0; i != clients; ++i) {
      const std::size_t calls = left / (clients - i);
      left -= calls;
      const std::string name = "client " + std::to_string(i + 1);
      if (i < options_.clients) {
        clients_.start_thread(name, calls);
      } else {
        clients_.start_actor(name, calls);
      }
    }
    for (std::size_t i = 0; i != options_.sessions; ++i) {
      sessions_.start("session " + std::to_string(i + 1),
                      i % 2 == 1 ? internal::session_kind::rebuilt
                                 : internal::session_kind::lost_with_its_worker);
    }
    start_saboteur();
  }

  void start_saboteur() {
    const std::uint64_t ends =
        options_.most_ends == 0 ? 0 : stage_.random.below(options_.most_ends + 1);
    saboteur_ = stage_.run.add_lane("saboteur");
    for (std::uint64_t i = 0; i != ends; ++i) {
      stage_.run.time()->set(stage_.run.now() + 10ms * stage_.random.below(200), [this] {
        stage_.run.post(saboteur_, "ends somebody", [this] { end_somebody(); });
      });
    }
  }

  void end_somebody() {
    const std::uint64_t who = stage_.random.below(children_.size() + clients_.actors().size());
    const caf::error reason = stage_.random.chance(0.5)
                                  ? to_caf(exit_reason::error("sabotage", "by seed"))
                                  : caf::error(caf::exit_reason::kill);
    if (who < clients_.actors().size()) {
      end_actor(clients_.actors()[who], reason);
      return;
    }
    const auto child =
        std::next(children_.begin(), static_cast<std::ptrdiff_t>(who - clients_.actors().size()));
    if (const auto alive = caf::actor_cast<caf::actor>(child->second)) {
      end_actor(alive, reason);
    }
  }

  pool_scenario_options options_;
  pool_stage stage_;
  std::shared_ptr<fault_injector> faults_;
  std::shared_ptr<simulated_ports> ports_;
  std::unique_ptr<simulated_system> system_;
  pool_clients clients_;
  pool_sessions sessions_;
  std::map<std::string, caf::actor_addr> children_;
  lane_id saboteur_{};
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
