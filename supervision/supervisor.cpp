// slipway/supervision/supervisor.cpp
//
// The shell: an event-based actor that feeds its messages to supervisor_core and does what the core
// says.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor.hpp>
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
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>

#include <deque>
#include <exception>
#include <map>
#include <random>
#include <type_traits>
#include <utility>
#include <variant>

namespace slipway {

namespace {

namespace input = supervisor_input;
namespace action = supervisor_action;
using internal::supervisor_answer;
using internal::supervisor_mail;
using internal::supervisor_request;
using internal::supervisor_wake;

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

class supervisor_actor final : public caf::event_based_actor {
 public:
  supervisor_actor(caf::actor_config& config, supervisor_options options,
                   start_acknowledger acknowledger)
      : caf::event_based_actor(config),
        name_(std::move(options.name)),
        observer_(std::move(options.observer)),
        on_escalation_(std::move(options.on_escalation)),
        acknowledger_(std::move(acknowledger)),
        parent_(std::move(options.parent)),
        core_(setup_of(std::move(options))) {
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

  const char* name() const override { return name_.c_str(); }

  caf::behavior make_behavior() override {
    if (auto parent = caf::actor_cast<caf::strong_actor_ptr>(parent_)) {
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
    recipes_.clear();
    keep_alive_ = nullptr;
  }

 private:
  // Member initialisation gives every first child its recipe before the core sees it.
  supervisor_setup setup_of(supervisor_options options) {
    supervisor_setup setup{.flags = options.flags,
                           .kill_patience = options.kill_patience,
                           .budget = std::move(options.budget),
                           .seed = std::random_device{}()};
    for (child_spec& spec : options.children) {
      setup.children.push_back({spec.rules(), keep_recipe(std::move(spec.start))});
    }
    return setup;
  }

  recipe_number keep_recipe(start_function start) {
    if (!start) {
      return 0;
    }
    recipes_.emplace(next_recipe_, std::move(start));
    return next_recipe_++;
  }

  // -- in: one input after the other; actions may add inputs
  // ---------------------------------------------

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
        std::visit([this](auto& act) { perform(act); }, what);
      }
    }
    feeding_ = false;
    // Nobody may hold a supervisor that is still stopping its children; it must finish nonetheless.
    keep_alive_ = core_.busy() ? caf::strong_actor_ptr{ctrl()} : nullptr;
  }

  caf::response_promise serve(supervisor_request& request) {
    auto promise = make_response_promise();
    const call_number number = next_call_++;
    if (auto* call = std::get_if<supervisor_call::start_child>(&request.call)) {
      call->recipe = keep_recipe(std::move(request.start));
    }
    callers_.emplace(number, promise);
    feed(input::call{number, std::move(request.call)});
    return promise;
  }

  [[nodiscard]] monotonic_time now() { return clock().now().time_since_epoch(); }

  // -- out
  // -----------------------------------------------------------------------------------------------

  void perform(action::start_child& act) {
    const auto recipe = recipes_.find(act.recipe);
    start_context context{system(), address(), act.id, act.run};
    std::visit([this, &act](auto outcome) { began(act.run, std::move(outcome)); },
               call_barred(recipe->second, context).get());
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
    actors_.emplace(run, std::move(child));
    return true;
  }

  void perform(action::release_run& act) { actors_.erase(act.run); }

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
    supervisor_mail note{input::retry_restart{std::move(act.id), act.attempt}};
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

  void perform(action::forget_recipe& act) { recipes_.erase(act.recipe); }

  void perform(action::acknowledge& /*act*/) { acknowledger_.started(); }

  void perform(action::report& act) {
    try {
      if (observer_) {
        observer_(act.event);
      }
      if (const auto* given_up = std::get_if<gave_up>(&act.event); given_up && on_escalation_) {
        on_escalation_(*given_up);
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch): an observer cannot hurt the observed.
    }
  }

  void perform(action::terminate& act) { quit(to_caf(act.reason)); }

  // -- CAF
  // -----------------------------------------------------------------------------------------------

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

  std::string name_;
  supervisor_observer observer_;
  std::function<void(const gave_up&)> on_escalation_;
  start_acknowledger acknowledger_;
  caf::actor_addr parent_;
  std::map<recipe_number, start_function> recipes_;
  recipe_number next_recipe_ = 1;
  supervisor_core core_;
  std::deque<input::any> pending_;
  bool feeding_ = false;
  std::map<run_number, caf::actor> actors_;
  std::map<call_number, caf::response_promise> callers_;
  call_number next_call_ = 1;
  timer_number timer_ = 0;
  monotonic_time deadline_{0};
  std::optional<monotonic_time> next_wake_;
  caf::strong_actor_ptr relay_;
  caf::strong_actor_ptr keep_alive_;
};

// -- the handle
// ---------------------------------------------------------------------------------------------

using answer_or_error = result<supervisor_answer, supervisor_error>;

supervisor_error down_error(exit_reason reason) {
  supervisor_error error;
  error.code = supervisor_errc::supervisor_down;
  error.message = "the supervisor ended before it answered: " + to_string(reason);
  error.cause = std::move(reason);
  return error;
}

supervisor_error late_error(std::chrono::milliseconds deadline) {
  supervisor_error error;
  error.code = supervisor_errc::timed_out;
  error.message = "no answer within " + std::to_string(deadline.count()) + " ms";
  error.waited = deadline;
  return error;
}

std::string sentence(const supervisor_reply::failed& failed) {
  const std::string child = "child \"" + failed.child + "\" ";
  switch (failed.code) {
    case supervisor_errc::already_started:
      return child + "is running already";
    case supervisor_errc::already_present:
      return child + "is there already, though it does not run";
    case supervisor_errc::not_found:
      return child + "is not known";
    case supervisor_errc::running:
      return child + "is running";
    case supervisor_errc::restarting:
      return child + "is being restarted";
    case supervisor_errc::invalid_spec:
      return failed.invalid ? to_string(*failed.invalid) : child + "has an invalid spec";
    default:
      return child + "failed to start: " + (failed.cause ? to_string(*failed.cause) : "unknown");
  }
}

supervisor_error refusal(supervisor_reply::failed& failed, std::vector<caf::actor>& actors) {
  supervisor_error error;
  error.code = failed.code;
  error.message = sentence(failed);
  error.child = std::move(failed.child);
  if (failed.invalid) {
    error.field = std::move(failed.invalid->field);
  }
  if (!actors.empty()) {
    error.running = std::move(actors.front());
  }
  error.cause = std::move(failed.cause);
  return error;
}

answer_or_error ask(caf::actor_system& system, const caf::actor& supervisor,
                    supervisor_request request, std::chrono::milliseconds deadline) {
  answer_or_error outcome = failure(down_error(exit_reason::noproc()));
  if (!supervisor) {
    return outcome;
  }
  caf::scoped_actor self{system, true};
  self->request(supervisor, deadline, std::move(request))
      .receive(
          [&outcome](supervisor_answer& answer) {
            if (answer.gone) {
              outcome = failure(down_error(std::move(*answer.gone)));
            } else if (auto* failed = std::get_if<supervisor_reply::failed>(&answer.reply)) {
              outcome = failure(refusal(*failed, answer.actors));
            } else {
              outcome = std::move(answer);
            }
          },
          [&outcome, deadline](caf::error& error) {
            outcome = error == caf::sec::request_timeout ? failure(late_error(deadline))
                                                         : failure(down_error(from_caf(error)));
          });
  return outcome;
}

child_handle started_child(supervisor_answer answer) {
  child_handle handle;
  if (auto* started = std::get_if<supervisor_reply::started>(&answer.reply)) {
    handle.info = std::move(started->info);
  }
  if (!answer.actors.empty()) {
    handle.actor = std::move(answer.actors.front());
  }
  return handle;
}

}  // namespace

caf::actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                            start_acknowledger acknowledger) {
  return system.spawn<supervisor_actor>(std::move(options), std::move(acknowledger));
}

result<caf::actor, exit_reason> start_supervisor(caf::actor_system& system,
                                                 supervisor_options options) {
  caf::scoped_actor self{system, true};
  auto supervisor =
      spawn_supervisor(system, std::move(options), start_acknowledger{self.address(), 0});
  self->monitor(supervisor);
  result<caf::actor, exit_reason> outcome = supervisor;
  self->receive(
      [](const supervisor_mail&) {},
      [&outcome](const caf::down_msg& down) { outcome = failure(from_caf(down.reason)); });
  self->demonitor(supervisor.address());
  return outcome;
}

start_result start_nested_supervisor(start_context& context, supervisor_options options) {
  return starting_child{
      spawn_supervisor(context.system(), std::move(options), context.acknowledger())};
}

child_spec supervisor_spec(child_id id, supervisor_options options) {
  child_spec spec;
  spec.id = std::move(id);
  spec.type = child_type::supervisor;
  spec.start = [options = std::move(options)](start_context& context) {
    return start_nested_supervisor(context, options);
  };
  return spec;
}

std::string to_string(const supervisor_error& error) {
  return std::string(to_string(error.code)) + ": " + error.message;
}

supervisor_handle::supervisor_handle(caf::actor_system& system, caf::actor supervisor)
    : system_(&system), supervisor_(std::move(supervisor)) {}

supervisor_handle::answer<child_handle> supervisor_handle::start_child(
    child_spec spec, std::chrono::milliseconds deadline) const {
  supervisor_request request{supervisor_call::start_child{spec.rules()}, std::move(spec.start)};
  return ask(*system_, supervisor_, std::move(request), deadline).map(started_child);
}

supervisor_handle::answer<void> supervisor_handle::terminate_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::terminate_child{id}, {}}, deadline)
      .map([](const supervisor_answer&) {});
}

supervisor_handle::answer<child_handle> supervisor_handle::restart_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::restart_child{id}, {}}, deadline)
      .map(started_child);
}

supervisor_handle::answer<void> supervisor_handle::delete_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::delete_child{id}, {}}, deadline)
      .map([](const supervisor_answer&) {});
}

supervisor_handle::answer<std::vector<child_info>> supervisor_handle::which_children(
    std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::which_children{}, {}}, deadline)
      .map([](supervisor_answer given) {
        std::vector<child_info> children;
        auto& lines = std::get<supervisor_reply::children>(given.reply);
        for (std::size_t i = 0; i < lines.size(); ++i) {
          children.push_back({std::move(lines[i].id), lines[i].status, lines[i].type,
                              std::move(given.actors.at(i))});
        }
        return children;
      });
}

supervisor_handle::answer<child_counts> supervisor_handle::count_children(
    std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::count_children{}, {}}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_counts>(given.reply); });
}

supervisor_handle::answer<child_rules> supervisor_handle::get_childspec(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::get_childspec{id}, {}}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_rules>(given.reply); });
}

supervisor_handle::answer<exit_reason> supervisor_handle::stop(
    const exit_reason& reason, std::chrono::milliseconds deadline) const {
  if (!supervisor_) {
    return exit_reason::noproc();
  }
  caf::scoped_actor self{*system_, true};
  self->monitor(supervisor_);
  // Not an exit_msg: CAF would take `killed` for a kill, and the children would not be stopped in
  // order.
  caf::anon_send(supervisor_, supervisor_mail{input::stop_requested{reason}});
  answer<exit_reason> outcome = failure(late_error(deadline));
  self->receive([&outcome](const caf::down_msg& down) { outcome = from_caf(down.reason); },
                caf::after(deadline) >> [] {});
  self->demonitor(supervisor_.address());
  return outcome;
}

}  // namespace slipway
