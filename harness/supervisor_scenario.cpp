// slipway/harness/supervisor_scenario.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/random_source.hpp>
#include <slipway/harness/supervisor_scenario.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <array>
#include <chrono>
#include <map>
#include <utility>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

using end_atom = caf::atom_constant<caf::atom("end")>;
using manage_atom = caf::atom_constant<caf::atom("manage")>;

constexpr std::size_t children = 4;
constexpr std::size_t most_calls = 16;

enum class end_kind : int { normal, shutdown, error, killed };
constexpr std::array end_kinds{end_kind::normal, end_kind::shutdown, end_kind::error,
                               end_kind::error, end_kind::killed};

// Ends when it is told to, and, unless it is stubborn, when it is asked to.
caf::behavior obedient_child(caf::event_based_actor* self, bool stubborn) {
  self->set_exit_handler([self, stubborn](caf::exit_msg& signal) {
    if (!stubborn) {
      self->quit(std::move(signal.reason));
    }
  });
  return {[self](end_atom, int how) {
    switch (static_cast<end_kind>(how)) {
      case end_kind::normal:
        self->quit();
        break;
      case end_kind::shutdown:
        self->quit(to_caf(exit_reason::shutdown()));
        break;
      default:
        self->quit(to_caf(exit_reason::error("told", "to end")));
    }
  }};
}

class supervisor_run final : public scenario_run {
 public:
  supervisor_run(simulation& run, std::uint64_t seed)
      : run_(run),
        random_(random_source(seed).split(3)),
        ports_(std::make_shared<simulated_ports>(run, counting_program)),
        runtime_(runtime_options{.machine = simulated_machine(run, ports_, random_.next())}) {
    view_.run = &run_;
    view_.ports = ports_.get();
    view_.host = &runtime_;
    view_.calls.reserve(most_calls);
    constexpr double some = 0.3;
    fails_ = random_.chance(some);
    start_tree();
    start_manager();
    start_saboteur();
  }
  supervisor_run(const supervisor_run&) = delete;
  supervisor_run& operator=(const supervisor_run&) = delete;
  supervisor_run(supervisor_run&&) = delete;
  supervisor_run& operator=(supervisor_run&&) = delete;

  ~supervisor_run() override {
    stop();
    run_.abandon();
  }

  [[nodiscard]] bool over() const override { return busy_ == 0; }

  void stop() override {
    end_by_signal(std::exchange(top_, nullptr), to_caf(exit_reason::shutdown()));
    end_by_signal(std::exchange(manager_, nullptr), to_caf(exit_reason::shutdown()));
  }

  [[nodiscard]] const run_view& view() const override { return view_; }

 private:
  static void end_by_signal(const caf::actor& whom, caf::error reason) {
    if (whom) {
      caf::anon_send(whom, caf::exit_msg{caf::actor_addr{}, std::move(reason)});
    }
  }

  // -- the tree -----------------------------------------------------------------------------------

  void start_tree() {
    supervisor_options top;
    top.name = "top";
    constexpr std::array strategies{restart_strategy::one_for_one, restart_strategy::one_for_all,
                                    restart_strategy::rest_for_one};
    constexpr std::array shutdowns{auto_shutdown_type::never, auto_shutdown_type::any_significant,
                                   auto_shutdown_type::all_significant};
    top.flags.strategy = strategies[random_.below(strategies.size())];
    top.flags.intensity = 1 + static_cast<unsigned>(random_.below(3));
    top.flags.period = 1s * (1 + random_.below(2));
    top.flags.auto_shutdown = shutdowns[random_.below(shutdowns.size())];
    for (std::size_t i = 0; i != children; ++i) {
      top.children.push_back(draw_child("child " + std::to_string(i + 1), top.flags.auto_shutdown));
    }
    top.observer = [this](const supervisor_event& event) {
      view_.events.push_back({"top", event, run_.now(), ports_->opened()});
      run_.note("top", "says", to_string(event));
    };
    view_.supervisors.push_back({top.name, top.flags, {}});
    for (const auto& each : top.children) {
      view_.supervisors.back().rules.push_back(each.rules());
    }
    top_ = spawn_supervisor(run_.actors(), std::move(top));
  }

  child_spec draw_child(const std::string& id, auto_shutdown_type ends) {
    constexpr std::array restarts{restart_type::permanent, restart_type::permanent,
                                  restart_type::transient, restart_type::temporary};
    child_spec made{.id = id, .restart = restarts[random_.below(restarts.size())]};
    made.significant = made.restart != restart_type::permanent &&
                       ends != auto_shutdown_type::never && random_.chance(0.5);
    bool stubborn = false;
    switch (random_.below(4)) {
      case 0:
        made.shutdown = shutdown_type::brutal_kill();
        break;
      case 1:
        made.shutdown = shutdown_type::infinity();
        break;
      default:
        made.shutdown = shutdown_type::timeout(300ms);
        stubborn = random_.chance(0.5);
    }
    made.start = [this, id, stubborn](start_context& context) -> start_result {
      const bool first = !children_.contains(id);
      if (fails_ && random_.chance(first ? 0.02 : 0.3)) {
        return exit_reason::error("drawn", "a start that fails");
      }
      auto child = context.system().spawn(obedient_child, stubborn);
      children_[id] = caf::actor_cast<caf::actor_addr>(child);
      return child;
    };
    return made;
  }

  // -- who manages --------------------------------------------------------------------------------

  void start_manager() {
    manager_ = run_.actors().spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](manage_atom) { ask_something(self); }};
    });
  }

  void ask_something(caf::event_based_actor* self) {
    internal::supervisor_request asked;
    const child_id about = "child " + std::to_string(1 + random_.below(children));
    std::string command;
    // With restarts that fail, a call could end the tries.
    switch (fails_ ? 3 : random_.below(4)) {
      case 0:
        command = "terminate_child";
        asked.call = supervisor_call::terminate_child{about};
        break;
      case 1:
      case 2:
        command = "restart_child";
        asked.call = supervisor_call::restart_child{about};
        break;
      default:
        command = "which_children";
        asked.call = supervisor_call::which_children{};
    }
    view_.calls.push_back({.client = "manager", .command = std::move(command)});
    observed_call& call = view_.calls.back();
    self->request(top_, caf::infinite, std::move(asked))
        .then(
            [this, &call](const internal::supervisor_answer& /*answer*/) {
              ++call.outcomes;
              --busy_;
            },
            [this, &call](const caf::error& /*gone*/) {
              ++call.outcomes;
              --busy_;
            });
  }

  // -- who makes others end -----------------------------------------------------------------------

  void start_saboteur() {
    saboteur_ = run_.add_lane("saboteur");
    const std::uint64_t ends = 3 + random_.below(8);
    for (std::uint64_t i = 0; i != ends; ++i) {
      at(250ms * (1 + random_.below(20)), [this] { end_somebody(); });
    }
    const std::uint64_t calls = random_.below(most_calls);
    for (std::uint64_t i = 0; i != calls; ++i) {
      at(250ms * (1 + random_.below(20)), [this] {
        ++busy_;
        caf::anon_send(manager_, manage_atom::value);
      });
    }
    // Time for all that is tried again.
    at(10s, [] {});
  }

  void at(duration after, std::function<void()> act) {
    ++busy_;
    run_.time()->set(run_.now() + after, [this, act = std::move(act)] {
      run_.post(saboteur_, "acts", [this, act] {
        act();
        --busy_;
      });
    });
  }

  void end_somebody() {
    const auto which = random_.below(children);
    const end_kind how = end_kinds[random_.below(end_kinds.size())];
    const auto found = children_.find("child " + std::to_string(1 + which));
    if (found == children_.end()) {
      return;
    }
    if (const auto alive = caf::actor_cast<caf::actor>(found->second)) {
      if (how == end_kind::killed) {
        end_by_signal(alive, caf::exit_reason::kill);
      } else {
        caf::anon_send(alive, end_atom::value, static_cast<int>(how));
      }
    }
  }

  simulation& run_;
  random_source random_;
  std::shared_ptr<simulated_ports> ports_;
  runtime runtime_;
  run_view view_;
  caf::actor top_;
  caf::actor manager_;
  std::map<child_id, caf::actor_addr> children_;
  lane_id saboteur_{};
  std::size_t busy_ = 0;
  bool fails_ = false;
};

}  // namespace

scenario supervisor_scenario(std::string name) {
  return {std::move(name), [](std::uint64_t /*seed*/) { return fault_plan{}; },
          [](simulation& run, std::uint64_t seed, const fault_plan& /*plan*/) {
            return std::make_unique<supervisor_run>(run, seed);
          }};
}

}  // namespace slipway::harness
