// slipway/harness/supervisor_scenario.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/draw_actor_faults.hpp>
#include <slipway/harness/internal/simulated_children.hpp>
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
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using internal::child_end;
using internal::obedience;

using manage_atom = caf::atom_constant<caf::atom("manage")>;

constexpr std::size_t most_calls = 24;
constexpr std::size_t most_faults = 4;
const std::array<std::string, 4> upper_ids{"child 1", "child 2", "child 3", "child 4"};
const std::array<std::string, 3> lower_ids{"lower 1", "lower 2", "lower 3"};
constexpr const char* lower_id = "lower";

fault_plan draw_plan(std::uint64_t seed) {
  std::vector<std::string> names(upper_ids.begin(), upper_ids.end());
  names.insert(names.end(), lower_ids.begin(), lower_ids.end());
  return draw_actor_faults(seed, most_faults, names);
}

supervisor_flags draw_flags(random_source& random) {
  constexpr std::array strategies{restart_strategy::one_for_one, restart_strategy::one_for_all,
                                  restart_strategy::rest_for_one};
  constexpr std::array shutdowns{auto_shutdown_type::never, auto_shutdown_type::any_significant,
                                 auto_shutdown_type::all_significant};
  supervisor_flags flags;
  flags.strategy = strategies[random.below(strategies.size())];
  flags.intensity = 1 + static_cast<unsigned>(random.below(3));
  flags.period = 1s * (1 + random.below(2));
  flags.auto_shutdown = shutdowns[random.below(shutdowns.size())];
  return flags;
}

child_spec draw_spec(random_source& random, const child_id& id, const supervisor_flags& of) {
  constexpr std::array restarts{restart_type::permanent, restart_type::permanent,
                                restart_type::transient, restart_type::temporary};
  child_spec made{.id = id, .restart = restarts[random.below(restarts.size())]};
  made.significant = made.restart != restart_type::permanent &&
                     of.auto_shutdown != auto_shutdown_type::never && random.chance(0.5);
  return made;
}

class supervisor_run final : public scenario_run {
 public:
  supervisor_run(simulation& run, std::uint64_t seed, const fault_plan& plan)
      : run_(run),
        random_(random_source(seed).split(3)),
        children_(run, plan, random_.next()),
        ports_(std::make_shared<simulated_ports>(run, counting_program)),
        runtime_(runtime_options{.machine = simulated_machine(run, ports_, random_.next())}) {
    view_.run = &run_;
    view_.ports = ports_.get();
    view_.host = &runtime_;
    view_.calls.reserve(most_calls);
    constexpr double some = 0.3;
    fails_ = random_.chance(some);
    nested_ = random_.chance(some);
    lower_is_killed_ = nested_ && random_.chance(some);
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
    supervisor_options top{.flags = draw_flags(random_)};
    const std::size_t place = nested_ ? random_.below(upper_ids.size()) : upper_ids.size();
    for (std::size_t i = 0; i != upper_ids.size(); ++i) {
      if (i == place) {
        top.children.push_back(draw_lower(top.flags));
      } else {
        top.children.push_back(draw_child(upper_ids[i], top.flags, some_ignore_signals));
        workers_.push_back(upper_ids[i]);
      }
    }
    top_ = spawn_supervisor(run_.actors(), watched(std::move(top), "top"));
  }

  // Its rules are held to from now on.
  supervisor_options watched(supervisor_options options, const std::string& name) {
    options.name = name;
    options.observer = [this, name](const supervisor_event& event) {
      view_.events.push_back({name, event, run_.now(), ports_->opened()});
      run_.note(name, "says", to_string(event));
    };
    view_.supervisors.push_back({name, options.flags, {}});
    for (const auto& each : options.children) {
      view_.supervisors.back().rules.push_back(each.rules());
    }
    return options;
  }

  // A supervisor below the other. Each run of it is one of its own for those who check its rules.
  child_spec draw_lower(const supervisor_flags& above) {
    supervisor_options lower{.flags = draw_flags(random_)};
    for (const auto& id : lower_ids) {
      // Who ignores signals would outlive a supervisor that is killed.
      lower.children.push_back(
          draw_child(id, lower.flags, lower_is_killed_ ? 0 : some_ignore_signals));
      workers_.push_back(id);
    }
    child_spec made = draw_spec(random_, lower_id, above);
    made.type = child_type::supervisor;
    made.start = [this, lower = std::move(lower)](start_context& context) {
      auto started = start_nested_supervisor(
          context, watched(lower, "lower, run " + std::to_string(context.run())));
      lower_ = std::get<starting_child>(started.get()).actor.address();
      return started;
    };
    return made;
  }

  child_spec draw_child(const child_id& id, const supervisor_flags& of, double ignore_signals) {
    child_spec made = draw_spec(random_, id, of);
    auto to_signals = obedience::ends;
    switch (random_.below(4)) {
      case 0:
        made.shutdown = shutdown_type::brutal_kill();
        break;
      case 1:
        made.shutdown = shutdown_type::infinity();
        break;
      default:
        made.shutdown = shutdown_type::timeout(300ms);
        to_signals = random_.chance(ignore_signals) ? obedience::ignores : obedience::ends;
    }
    made.start = [this, id, to_signals](start_context& /*context*/) -> start_result {
      if (fails_ && random_.chance(children_.knows(id) ? 0.3 : 0.02)) {
        return exit_reason::error("drawn", "a start that fails");
      }
      return children_.start(id, to_signals);
    };
    return made;
  }

  // -- who manages --------------------------------------------------------------------------------

  void start_manager() {
    manager_ = run_.actors().spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](manage_atom) {
        if (random_.chance(0.5)) {
          ask_child(self, workers_[random_.below(workers_.size())]);
        } else {
          ask_supervisor(self);
        }
      }};
    });
  }

  observed_call& note_call(std::string command) {
    view_.calls.push_back({.client = "manager", .command = std::move(command)});
    return view_.calls.back();
  }

  void ask_child(caf::event_based_actor* self, const child_id& id) {
    observed_call& call = note_call("echo of " + id);
    const auto way = children_.way_to(id);
    if (!way) {
      call.outcomes = 1;
      --busy_;
      return;
    }
    const auto number = static_cast<int>(view_.calls.size());
    call.wanted = std::to_string(number);
    self->request(way, 1s, internal::echo_atom::value, number)
        .then(
            [this, &call](int got) {
              call.got = std::to_string(got);
              ++call.outcomes;
              --busy_;
            },
            [this, &call](const caf::error& /*lost or gone*/) {
              call.error = call_errc::timeout;
              ++call.outcomes;
              --busy_;
            });
    children_.watch_the_time();
  }

  void ask_supervisor(caf::event_based_actor* self) {
    slipway::internal::supervisor_request asked;
    const auto lower = random_.chance(0.3) ? caf::actor_cast<caf::actor>(lower_) : caf::actor{};
    const child_id about = lower ? lower_ids[random_.below(lower_ids.size())]
                                 : upper_ids[random_.below(upper_ids.size())];
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
    observed_call& call = note_call(std::move(command));
    self->request(lower ? lower : top_, caf::infinite, std::move(asked))
        .then(
            [this, &call](const slipway::internal::supervisor_answer& /*answer*/) {
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
    const std::uint64_t calls = random_.below(most_calls + 1);
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
    if (nested_ && random_.chance(0.1)) {
      end_lower();
      return;
    }
    const child_id& whom = workers_[random_.below(workers_.size())];
    constexpr std::array ends{child_end::normal, child_end::shutdown, child_end::error,
                              child_end::error};
    // One more: a kill.
    const auto how = random_.below(ends.size() + 1);
    if (how == ends.size()) {
      children_.kill(whom);
    } else if (const auto way = children_.way_to(whom)) {
      caf::anon_send(way, internal::end_atom::value, static_cast<int>(ends.at(how)));
      children_.watch_the_time();
    }
  }

  void end_lower() {
    const auto lower = caf::actor_cast<caf::actor>(lower_);
    if (lower_is_killed_ && random_.chance(0.5)) {
      end_by_signal(lower, caf::exit_reason::kill);
    } else {
      end_by_signal(lower, to_caf(random_.chance(0.5) ? exit_reason::error("told", "to end")
                                                      : exit_reason::shutdown()));
    }
  }

  static constexpr double some_ignore_signals = 0.5;

  simulation& run_;
  random_source random_;
  internal::simulated_children children_;
  std::shared_ptr<simulated_ports> ports_;
  runtime runtime_;
  run_view view_;
  caf::actor top_;
  caf::actor manager_;
  caf::actor_addr lower_;
  std::vector<child_id> workers_;  // of both supervisors
  lane_id saboteur_{};
  std::size_t busy_ = 0;
  bool fails_ = false;
  bool nested_ = false;
  bool lower_is_killed_ = false;
};

}  // namespace

scenario supervisor_scenario(std::string name) {
  return {std::move(name), draw_plan,
          [](simulation& run, std::uint64_t seed, const fault_plan& plan) {
            return std::make_unique<supervisor_run>(run, seed, plan);
          }};
}

}  // namespace slipway::harness
