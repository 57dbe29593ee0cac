// slipway/supervision/internal/supervisor_actor.cpp
//
// The shell: an event-based actor that feeds its messages to a core and does what the core says.
// The cores of all kinds of supervisors have the same inputs and actions, and so the same shell.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor_core.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_actor.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor_core.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/attachable.hpp>
#include <caf/behavior.hpp>
#include <caf/default_attachable.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>

#include <deque>
#include <exception>
#include <map>
#include <type_traits>
#include <utility>
#include <variant>

namespace slipway::internal {

namespace {

namespace input = supervisor_input;
namespace action = supervisor_action;

/// Mails the end of an actor to a supervisor, on the thread on which that actor ends. Unlike a
/// monitor it says which run ended, and works for every kind of actor.
class end_watch final : public caf::attachable {
 public:
  using make_input = std::function<input::any(exit_reason)>;

  end_watch(caf::actor_addr supervisor, make_input make)
      : supervisor_(std::move(supervisor)), make_(std::move(make)) {}

  void actor_exited(const caf::error& reason, caf::execution_unit* host) override {
    if (auto receiver = caf::actor_cast<caf::strong_actor_ptr>(supervisor_)) {
      receiver->enqueue(nullptr, caf::make_message_id(),
                        caf::make_message(supervisor_mail{make_(from_caf(reason))}), host);
    }
  }

 private:
  caf::actor_addr supervisor_;
  make_input make_;
};

/// Passes a timer's wake-up on to a supervisor. CAF's clock holds the receiver of a delayed
/// message; if that were the supervisor, one that nobody needs any more would live until its last
/// timer, and its system with it.
class wake_relay final : public caf::monitorable_actor {
 public:
  wake_relay(caf::actor_config& config, caf::actor_addr supervisor)
      : caf::monitorable_actor(config), supervisor_(std::move(supervisor)) {}

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (auto receiver = caf::actor_cast<caf::strong_actor_ptr>(supervisor_)) {
      receiver->enqueue(std::move(what), host);
    }
  }

 private:
  caf::actor_addr supervisor_;
};

template <class Core>
class supervisor_actor final : public caf::event_based_actor {
 public:
  supervisor_actor(caf::actor_config& config, supervisor_surroundings around, Core core,
                   recipe_book recipes)
      : caf::event_based_actor(config),
        around_(std::move(around)),
        recipes_(std::move(recipes)),
        core_(std::move(core)) {
    set_exit_handler(
        [this](caf::exit_msg& signal) { feed(input::stop_requested{from_caf(signal.reason)}); });
    // The barrier of this shell: CAF would keep neither the type nor the text.
    set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& caught) -> caf::error {
      return to_caf(exit_reason_from(caught));
    });
    // Stray messages must not end, nor fill the log of, a supervisor.
    set_default_handler(caf::drop);
    set_error_handler([](caf::error&) {});
    set_down_handler([](caf::down_msg&) {});
  }

  const char* name() const override { return around_.name.c_str(); }

  caf::behavior make_behavior() override {
    if (auto parent = caf::actor_cast<caf::strong_actor_ptr>(around_.parent)) {
      watch(parent->get(),
            [](exit_reason reason) { return input::stop_requested{std::move(reason)}; });
    }
    feed(input::start{});
    return {
        [this](supervisor_mail& mail) { feed(std::move(mail.input)); },
        [this](supervisor_wake) { wake(); },
        [this](supervisor_request& request) { return serve(request); },
    };
  }

  // Links to a supervisor are one-way: see the head of supervisor.hpp.
  void add_link(caf::abstract_actor* other) override {
    attach(caf::default_attachable::make_link(address(), other->address()));
  }
  bool add_backlink(caf::abstract_actor* other) override {
    caf::event_based_actor::add_backlink(other);
    return false;
  }

  // Also runs when the actor was killed, threw, or is held by nobody any more: then children are
  // left, and get what a linked process gets in Erlang.
  void on_exit() override {
    const exit_reason reason =
        getf(is_shutting_down_flag) ? from_caf(fail_state_) : exit_reason::shutdown();
    for (auto& [run, child] : std::exchange(actors_, {})) {
      send_signal(child, to_caf_notice(reason), caf::message_priority::normal, nullptr);
    }
    for (auto& [number, caller] : std::exchange(callers_, {})) {
      caller.deliver(supervisor_answer{.gone = reason});
    }
    runs_.clear();
    recipes_ = {};
    keep_alive_ = nullptr;
  }

 private:
  // -- in: one input after the other; actions may add inputs --------------------------------------

  void feed(input::any next) {
    pending_.push_back(std::move(next));
    if (feeding_) {
      return;
    }
    feeding_ = true;
    while (!pending_.empty()) {
      const input::any current = std::move(pending_.front());
      pending_.pop_front();
      for (action::any& what : core_.step(current, now())) {
        std::visit([this](auto& act) { this->perform(act); }, what);
      }
    }
    feeding_ = false;
    // Nobody may hold a supervisor that is still stopping its children; it must finish nonetheless.
    keep_alive_ = core_.busy() ? caf::strong_actor_ptr{ctrl()} : nullptr;
  }

  caf::response_promise serve(supervisor_request& request) {
    auto promise = make_response_promise();
    const call_number number = next_call_++;
    if (auto* start = std::get_if<supervisor_call::start_child>(&request.call)) {
      start->recipe = recipes_.keep(std::move(request.start));
    } else if (auto* terminate = std::get_if<supervisor_call::terminate_child>(&request.call)) {
      look_up(terminate->child, request.child);
    } else if (auto* get = std::get_if<supervisor_call::get_childspec>(&request.call)) {
      look_up(get->child, request.child);
    }
    callers_.emplace(number, promise);
    feed(input::call{number, std::move(request.call)});
    return promise;
  }

  // A call about an actor: the core knows runs only.
  void look_up(child_ref& which, const caf::actor& child) {
    auto* process = std::get_if<child_process>(&which);
    if (process == nullptr || !child) {
      return;
    }
    const auto run = runs_.find(child.id());
    if (run != runs_.end() && actor_of(run->second) == child) {
      process->run = run->second;
    }
    process->alive = !caf::actor_cast<caf::abstract_actor*>(child)->getf(
        caf::abstract_actor::is_terminated_flag);
  }

  [[nodiscard]] monotonic_time now() { return clock().now().time_since_epoch(); }

  // -- out ----------------------------------------------------------------------------------------

  void perform(action::start_child& act) {
    start_context context{system(), address(), std::move(act.id), act.run,
                          std::move(act.arguments)};
    std::visit([this, &act](auto outcome) { this->began(act.run, std::move(outcome)); },
               call_barred(recipes_.at(act.recipe), context).get());
  }

  static start_result call_barred(const start_function& start, start_context& context) {
    try {
      return start(context);
    } catch (...) {
      return exit_reason_from(std::current_exception());
    }
  }

  void began(run_number run, running_child child) {
    if (hold(run, std::move(child.actor))) {
      feed(input::child_started{run, std::move(child.info)});
    }
  }
  void began(run_number run, starting_child child) { hold(run, std::move(child.actor)); }
  void began(run_number run, ignore_t) { feed(input::child_ignored{run}); }
  void began(run_number run, exit_reason why_not) {
    feed(input::child_start_failed{run, std::move(why_not)});
  }

  bool hold(run_number run, caf::actor child) {
    if (!child) {
      feed(input::child_start_failed{
          run, exit_reason::error("bad_return", "the start function returned no actor")});
      return false;
    }
    watch(caf::actor_cast<caf::abstract_actor*>(child), [run](exit_reason reason) {
      return input::child_down{run, std::move(reason)};
    });
    runs_.insert_or_assign(child.id(), run);
    actors_.emplace_hint(actors_.end(), run, std::move(child));
    return true;
  }

  void perform(action::release_run& act) {
    const auto entry = actors_.find(act.run);
    if (entry == actors_.end()) {
      return;
    }
    const auto run = runs_.find(entry->second.id());
    if (run != runs_.end() && run->second == act.run) {
      runs_.erase(run);
    }
    actors_.erase(entry);
  }

  void perform(action::stop_child& act) {
    send_signal(actors_.at(act.run), to_caf(exit_reason::shutdown()), caf::message_priority::normal,
                context());
  }

  // With high priority: what waits in the child's mailbox shall not delay its kill.
  void perform(action::kill_child& act) {
    send_signal(actors_.at(act.run), to_caf(exit_reason::killed()), caf::message_priority::high,
                context());
  }

  void perform(action::arm_timer& act) {
    timer_ = act.timer;
    deadline_ = now() + act.after;
    set_wake();
  }

  void perform(action::cancel_timer& /*act*/) { timer_ = 0; }

  void perform(action::retry_later& act) {
    supervisor_mail note{input::retry_restart{std::move(act.id), act.run, act.attempt}};
    if (act.after.count() == 0) {
      caf::anon_send(this, std::move(note));
    } else {
      send_later(now() + act.after, std::move(note));
    }
  }

  void perform(action::reply& act) {
    const auto caller = callers_.extract(act.call);
    supervisor_answer answer;
    if (const auto* started = std::get_if<supervisor_reply::started>(&act.what)) {
      answer.actors.push_back(actor_of(started->run));
    } else if (const auto* failed = std::get_if<supervisor_reply::failed>(&act.what)) {
      answer.actors.push_back(actor_of(failed->running));
    } else if (const auto* lines = std::get_if<supervisor_reply::children>(&act.what)) {
      for (const supervisor_reply::child_line& line : *lines) {
        answer.actors.push_back(actor_of(line.run));
      }
    } else if (const auto* told = std::get_if<supervisor_reply::description>(&act.what)) {
      for (const supervisor_reply::child_description& each : told->children) {
        answer.actors.push_back(actor_of(each.line.run));
      }
    }
    answer.reply = std::move(act.what);
    caller.mapped().deliver(std::move(answer));
  }

  void perform(action::forget_recipe& act) { recipes_.forget(act.recipe); }

  void perform(action::acknowledge& /*act*/) { around_.acknowledger.started(); }

  void perform(action::decline& /*act*/) { around_.acknowledger.ignored(); }

  void perform(action::report& act) {
    try {
      if (around_.observer) {
        around_.observer(act.event);
      }
      const auto* given_up = std::get_if<gave_up>(&act.event);
      if (given_up != nullptr && around_.on_escalation) {
        around_.on_escalation(*given_up);
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch): an observer cannot hurt the observed.
    }
  }

  void perform(action::terminate& act) { quit(to_caf(act.reason)); }

  // -- CAF ----------------------------------------------------------------------------------------

  void watch(caf::abstract_actor* other, end_watch::make_input make) {
    other->attach(std::make_unique<end_watch>(address(), std::move(make)));
  }

  void send_signal(const caf::actor& child, caf::error reason, caf::message_priority priority,
                   caf::execution_unit* host) {
    child->enqueue(nullptr, caf::make_message_id(priority),
                   caf::make_message(caf::exit_msg{address(), std::move(reason)}), host);
  }

  [[nodiscard]] caf::actor actor_of(run_number run) const {
    const auto entry = actors_.find(run);
    return entry == actors_.end() ? caf::actor{} : entry->second;
  }

  // CAF cannot take back a delayed message. So at most one is under way for the time to come, and
  // it looks when it arrives whether it came for anything: thousands of cancelled shutdown timers
  // leave nothing behind.
  void set_wake() {
    if (next_wake_ && *next_wake_ <= deadline_) {
      return;
    }
    next_wake_ = deadline_;
    send_later(deadline_, supervisor_wake{});
  }

  template <class Message>
  void send_later(monotonic_time when, Message message) {
    if (!relay_) {
      caf::actor_config config;
      relay_ = caf::make_actor<wake_relay, caf::strong_actor_ptr>(
          system().next_actor_id(), system().node(), &system(), config, address());
    }
    clock().schedule_message(
        caf::actor_clock::time_point{when}, relay_,
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message)));
  }

  void wake() {
    next_wake_.reset();
    if (timer_ == 0) {
      return;
    }
    if (now() < deadline_) {
      set_wake();
    } else {
      feed(input::timer_fired{std::exchange(timer_, 0)});
    }
  }

  supervisor_surroundings around_;
  recipe_book recipes_;
  Core core_;
  std::deque<input::any> pending_;
  bool feeding_ = false;
  std::map<run_number, caf::actor> actors_;
  std::map<caf::actor_id, run_number> runs_;  ///< the other way round
  std::map<call_number, caf::response_promise> callers_;
  call_number next_call_ = 1;
  timer_number timer_ = 0;
  monotonic_time deadline_{0};
  std::optional<monotonic_time> next_wake_;
  caf::strong_actor_ptr relay_;
  caf::strong_actor_ptr keep_alive_;
};

}  // namespace

recipe_number recipe_book::keep(start_function start) {
  if (!start) {
    return 0;
  }
  recipes_.emplace_hint(recipes_.end(), next_, std::move(start));
  return next_++;
}

std::uint32_t seed_of(caf::actor_system& system, const std::string& name) {
  // FNV-1a: std::hash gives other numbers in each standard library.
  std::uint64_t seed = 0xcbf29ce484222325U;
  for (const char each : name) {
    seed = (seed ^ static_cast<unsigned char>(each)) * 0x100000001b3U;
  }
  const auto ticks = static_cast<std::uint64_t>(system.clock().now().time_since_epoch().count());
  return static_cast<std::uint32_t>(ticks ^ seed);
}

caf::actor spawn_supervisor_actor(caf::actor_system& system, supervisor_surroundings around,
                                  supervisor_setup setup, recipe_book recipes) {
  if (setup.flags.strategy == restart_strategy::simple_one_for_one) {
    return system.spawn<supervisor_actor<dynamic_supervisor_core>>(
        std::move(around), dynamic_supervisor_core{std::move(setup)}, std::move(recipes));
  }
  return system.spawn<supervisor_actor<supervisor_core>>(
      std::move(around), supervisor_core{std::move(setup)}, std::move(recipes));
}

caf::actor spawn_supervisor_actor(caf::actor_system& system, supervisor_surroundings around,
                                  dynamic_supervisor_setup setup) {
  return system.spawn<supervisor_actor<dynamic_supervisor_core>>(
      std::move(around), dynamic_supervisor_core{std::move(setup)}, recipe_book{});
}

}  // namespace slipway::internal
