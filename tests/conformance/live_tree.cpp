// tests/conformance/live_tree.cpp
//
// Each scenario has an actor system of its own with one scheduler thread, which takes runnable
// actors in the order in which they became runnable. So "quiet" is found by events, not by waiting:
// two probes send each other a token, and each hop of it lets everything run that was runnable
// before. All is quiet when nothing was seen for more hops than there are unseen messages in a row
// anywhere between two visible events. Only timers run beside that thread, and in a recording each
// of them is at least 100 ms away from any step.
//
// A child that is killed cannot say so; its end is written down when its supervisor reports it, by
// whoever killed it, or by a child that hears of it, whichever is first.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_tree.hpp"

#include "supervisor_terms.hpp"
#include <slipway/supervision/dynamic_supervisor.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::conformance {

/// Ends a child: by itself, or after the time that it takes to stop.
struct end_yourself {
  exit_reason reason;
};
/// A slow start is over.
struct start_over {};
/// A client shall make a call.
struct make_call {
  json step;
};
/// The token that the probes pass on.
struct token {};

}  // namespace slipway::conformance

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::conformance::end_yourself)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::conformance::start_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::conformance::make_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::conformance::token)

namespace slipway::conformance {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using internal::supervisor_answer;
using internal::supervisor_mail;
using internal::supervisor_request;

// More hops than there are unseen messages in a row: an end mailed to a supervisor, its note to
// itself to try again, a request and its answer make four.
constexpr int quiet_hops = 40;
// Times in a recording are 100 ms apart from each other.
constexpr auto tolerated_delay = 40ms;

/// A process of the tree: a child or a supervisor.
struct live_process {
  std::string name;
  std::string supervisor;  ///< its name; empty for the root
  run_number run = 0;
  caf::actor actor;
  bool has_process = true;  ///< false while a start goes on in which the original has none
  bool starting = false;
  bool ended = false;
  supervisor_kind kind = supervisor_kind::ordinary;
};

/// What the actors of one scenario write down and look up. Thread-safe.
class notebook {
 public:
  explicit notebook(const scenario& recorded) : script_(recorded.script) {}

  void tell(const std::string& observer, json event) {
    const std::lock_guard guard{mutex_};
    write(observer, std::move(event));
  }

  /// A start function was called.
  tree_script::part begin(const start_context& context, const std::string& supervisor) {
    const std::lock_guard guard{mutex_};
    tree_script::part part = script_.next(context.id());
    json event{"starting", part.name};
    if (!context.arguments().empty()) {
      event.push_back(to_term(context.arguments()));
    }
    write("sup", std::move(event));
    live_process& process = processes_[part.name];
    process.name = part.name;
    process.supervisor = supervisor;
    process.run = context.run();
    process.starting = true;
    by_run_[{supervisor, context.run()}] = part.name;
    return part;
  }

  void set_actor(const std::string& name, caf::actor actor, bool has_process = true) {
    const std::lock_guard guard{mutex_};
    processes_[name].name = name;
    processes_[name].actor = std::move(actor);
    processes_[name].has_process = has_process;
  }

  void set_kind(const std::string& name, supervisor_kind kind) {
    const std::lock_guard guard{mutex_};
    processes_[name].kind = kind;
  }

  /// The start is over: `started`, or `ignored`.
  void started(const std::string& name, const char* how = "started") {
    const std::lock_guard guard{mutex_};
    processes_.at(name).starting = false;
    processes_.at(name).has_process = true;
    write("sup", {how, name});
  }

  void start_failed(const std::string& name, const exit_reason& reason) {
    const std::lock_guard guard{mutex_};
    live_process& process = processes_.at(name);
    process.starting = false;
    process.ended = true;
    write("sup", {"start_failed", name, to_term(reason)});
  }

  /// A process has ended, or is about to at once.
  /// @returns false when that is known already.
  bool ended(const std::string& name, const exit_reason& reason) {
    const std::lock_guard guard{mutex_};
    const auto found = processes_.find(name);
    if (found == processes_.end() || found->second.ended) {
      return false;
    }
    live_process& process = found->second;
    process.ended = true;
    write("sup", {"exit", name, to_term(reason)});
    if (std::exchange(process.starting, false) && !process.supervisor.empty()) {
      write("sup", {"start_failed", name, to_term(reason)});
    }
    return true;
  }

  bool ended(const std::string& supervisor, run_number run, const exit_reason& reason) {
    const auto name = name_of(supervisor, run);
    return name && ended(*name, reason);
  }

  [[nodiscard]] std::optional<std::string> name_of(const std::string& supervisor, run_number run) {
    const std::lock_guard guard{mutex_};
    const auto found = by_run_.find({supervisor, run});
    return found == by_run_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] std::optional<live_process> find(const std::string& name) {
    const std::lock_guard guard{mutex_};
    const auto found = processes_.find(name);
    return found == processes_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] std::vector<live_process> all() {
    const std::lock_guard guard{mutex_};
    std::vector<live_process> found;
    for (const auto& [name, process] : processes_) {
      found.push_back(process);
    }
    return found;
  }

  void forget_root() {
    const std::lock_guard guard{mutex_};
    processes_.erase("sup");
  }

  /// Lets go of all actors.
  void clear() {
    const std::lock_guard guard{mutex_};
    processes_.clear();
  }

  [[nodiscard]] json take() {
    const std::lock_guard guard{mutex_};
    return std::exchange(seen_, json::object());
  }

  /// How much was ever written: it grows as long as something happens.
  [[nodiscard]] std::size_t size() {
    const std::lock_guard guard{mutex_};
    return written_;
  }

 private:
  void write(const std::string& observer, json event) {
    json& events = seen_[observer];
    if (events.is_null()) {
      events = json::array();
    }
    events.push_back(std::move(event));
    ++written_;
  }

  std::mutex mutex_;
  tree_script script_;
  json seen_ = json::object();
  std::size_t written_ = 0;
  std::map<std::string, live_process> processes_;
  std::map<std::pair<std::string, run_number>, std::string> by_run_;
};

using notes_ptr = std::shared_ptr<notebook>;

// -- children -------------------------------------------------------------------------------------

/// How a child is to behave.
struct child_role {
  notes_ptr notes;
  std::string name;
  std::string supervisor;
  json stop;
  /// Of a start that goes on in the child: its outcome, and whom to tell.
  std::optional<json> start = {};
  std::chrono::milliseconds start_takes{0};
  start_acknowledger acknowledger = {};
};

class scripted_child final : public caf::event_based_actor {
 public:
  scripted_child(caf::actor_config& config, child_role role)
      : caf::event_based_actor(config), role_(std::move(role)) {
    set_exit_handler([this](caf::exit_msg& signal) { asked_to_end(from_caf(signal.reason)); });
  }

  caf::behavior make_behavior() override {
    if (role_.start && role_.start_takes > 0ms) {
      delayed_send(this, role_.start_takes, start_over{});
    } else if (role_.start) {
      send(this, start_over{});  // not by the clock's thread, which the probes do not see
    }
    return {[this](end_yourself& how) { end(how.reason); }, [this](start_over) { finish_start(); }};
  }

 private:
  void finish_start() {
    const json outcome = *role_.start;
    if (outcome == "ignore") {
      role_.notes->started(role_.name, "ignored");
      role_.acknowledger.ignored();
      quit();
    } else if (const auto reason = failure_of(outcome); reason && has_process(outcome)) {
      end(*reason);
    } else if (reason) {
      role_.notes->start_failed(role_.name, *reason);
      role_.acknowledger.failed(*reason);
      quit();
    } else {
      role_.notes->started(role_.name);
      role_.acknowledger.started(info_of(outcome));
    }
  }

  void asked_to_end(const exit_reason& reason) {
    if (const auto self = role_.notes->find(role_.name); self && !self->has_process) {
      return;  // the original's supervisor itself is in the start function
    }
    if (reason.kind == exit_kind::killed) {
      role_.notes->ended(role_.supervisor, reason);
    }
    if (role_.stop == "no_trap") {
      end(reason);
      return;
    }
    role_.notes->tell("sup", {"stopping", role_.name, to_term(reason)});
    if (role_.stop == "ignore") {
      return;
    }
    const bool is_object = role_.stop.is_object();
    const exit_reason own =
        is_object && role_.stop.contains("reason") ? to_reason(role_.stop.at("reason")) : reason;
    if (is_object && role_.stop.contains("after")) {
      delayed_send(this, std::chrono::milliseconds{role_.stop.at("after").get<int>()},
                   end_yourself{own});
    } else {
      end(own);
    }
  }

  void end(const exit_reason& reason) {
    if (role_.notes->ended(role_.name, reason)) {
      quit(to_caf(reason));
    }
  }

  child_role role_;
};

// -- supervisors ----------------------------------------------------------------------------------

supervisor_options live_options(const notes_ptr& notes, const json& options,
                                const std::string& name);

/// Writes down what only a supervisor can see.
supervisor_observer observer_of(const notes_ptr& notes, const std::string& name) {
  return [notes, name](const supervisor_event& event) {
    if (std::holds_alternative<supervisor_started>(event) && name != "sup") {
      notes->started(name);
    } else if (const auto* stopped = std::get_if<supervisor_stopped>(&event)) {
      notes->ended(name, stopped->reason);
    } else if (const auto* child = std::get_if<child_stopped>(&event)) {
      notes->ended(name, child->run, child->reason);
    } else if (const auto* exited = std::get_if<child_exited>(&event)) {
      notes->ended(name, exited->run, exited->reason);
    }
  };
}

start_result start_scripted(const notes_ptr& notes, const std::string& supervisor, const json& spec,
                            start_context& context) {
  const tree_script::part part = notes->begin(context, supervisor);
  child_role role{notes, part.name, supervisor, part.stop};
  json outcome = part.start;
  if (outcome.is_object() && outcome.contains("hang")) {
    role.start_takes = std::chrono::milliseconds{outcome.at("hang").get<int>()};
    outcome = outcome.value("then", json("ok"));
    role.start = outcome;
  } else if (outcome.is_object() && outcome.contains("exit")) {
    role.start = outcome;
  } else if (outcome == "ignore") {
    notes->started(part.name, "ignored");
    return ignore;
  } else if (const auto reason = failure_of(outcome)) {
    notes->start_failed(part.name, *reason);
    if (outcome.contains("raise")) {
      throw std::runtime_error(outcome.at("raise").get<std::string>());
    }
    return *reason;
  }
  if (role.start) {
    role.acknowledger = context.acknowledger();
    const auto child = context.system().spawn<scripted_child>(std::move(role));
    notes->set_actor(part.name, child, has_process(outcome));
    return starting_child{child};
  }
  if (spec.contains("sup") && outcome == "ok") {
    const auto nested = spawn_supervisor(
        context.system(), live_options(notes, spec.at("sup"), part.name), context.acknowledger());
    notes->set_actor(part.name, nested);
    return starting_child{nested};
  }
  const auto child = context.system().spawn<scripted_child>(std::move(role));
  notes->set_actor(part.name, child);
  notes->started(part.name);
  return running_child{child, info_of(outcome)};
}

child_spec live_spec(const notes_ptr& notes, recorded_spec recorded,
                     const std::string& supervisor) {
  const child_rules& rules = recorded.read.rules;
  child_spec spec{.id = rules.id,
                  .restart = rules.restart,
                  .shutdown = rules.shutdown,
                  .type = rules.type,
                  .significant = rules.significant,
                  .arguments = rules.arguments,
                  .flaw = recorded.read.flaw};
  if (recorded.has_start) {
    spec.start = [notes, supervisor, text = recorded.text](start_context& context) {
      return start_scripted(notes, supervisor, text, context);
    };
  }
  return spec;
}

supervisor_options live_options(const notes_ptr& notes, const json& options,
                                const std::string& name) {
  recorded_options recorded = read_options(options, "supervisor");
  notes->set_kind(name, recorded.kind);
  supervisor_options made{.name = name,
                          .flags = recorded.flags,
                          .observer = observer_of(notes, name),
                          .init = recorded.init,
                          .flaw = recorded.flaw};
  for (recorded_spec& spec : recorded.children) {
    made.children.push_back(live_spec(notes, std::move(spec), name));
  }
  return made;
}

dynamic_supervisor_options live_dynamic_options(const notes_ptr& notes, const json& options) {
  recorded_options recorded = read_options(options, "dynamic_supervisor");
  notes->set_kind("sup", recorded.kind);
  return {.name = "sup",
          .flags = std::move(recorded.dynamic_flags),
          .observer = observer_of(notes, "sup"),
          .init = recorded.init,
          .flaw = recorded.flaw};
}

/// The root's parent: hears how the start went, and takes the root along when it ends.
class parent_actor final : public caf::event_based_actor {
 public:
  parent_actor(caf::actor_config& config, notes_ptr notes)
      : caf::event_based_actor(config), notes_(std::move(notes)) {
    set_down_handler([this](caf::down_msg& down) {
      if (std::exchange(waits_, false)) {
        notes_->tell("parent", {"start", {"error", to_term(from_caf(down.reason))}});
      }
    });
  }

  caf::behavior make_behavior() override {
    return {[this](token) { waits_ = true; }, [this](const caf::actor& root) { monitor(root); },
            [this](const supervisor_mail& mail) { acknowledged(mail.input); },
            [this](end_yourself& how) { quit(to_caf(how.reason)); }};
  }

 private:
  void acknowledged(const supervisor_input::any& how) {
    waits_ = false;
    const bool declined = std::holds_alternative<supervisor_input::child_ignored>(how);
    notes_->tell("parent", declined ? json{"start", "ignore"} : json{"start", {"ok", "sup"}});
  }

  notes_ptr notes_;
  bool waits_ = false;
};

/// A client: makes one call after the other.
class client_actor final : public caf::event_based_actor {
 public:
  client_actor(caf::actor_config& config, notes_ptr notes, std::string name, std::string subject)
      : caf::event_based_actor(config),
        notes_(std::move(notes)),
        name_(std::move(name)),
        subject_(std::move(subject)) {}

  caf::behavior make_behavior() override {
    return {[this](make_call& what) {
      calls_.push_back(std::move(what.step));
      if (calls_.size() == 1) {
        call(calls_.front());
      }
    }};
  }

 private:
  void call(const json& step) {
    const std::string callee = step.value("sup", "sup");
    const auto supervisor = notes_->find(callee);
    const bool is_dynamic = subject_ == "dynamic_supervisor";
    const supervisor_kind kind = supervisor   ? supervisor->kind
                                 : is_dynamic ? supervisor_kind::dynamic
                                              : supervisor_kind::ordinary;
    supervisor_request request{to_call(step, kind)};
    if (const auto* start = std::get_if<supervisor_call::start_child>(&request.call)) {
      request.start = live_spec(notes_, read_spec(step.at("spec"), kind), callee).start;
      // As dynamic_supervisor_handle::start_child does, on the client's side.
      if (is_dynamic) {
        if (auto flaw = check_dynamic(start->rules, request.start ? 1 : 0, start->flaw)) {
          returned({step.at("do"), {"error", to_term(*flaw)}});
          return;
        }
      }
    }
    if (step.contains("child")) {
      if (const auto child = notes_->find(step.at("child").get<std::string>())) {
        request.child = child->actor;
      }
    }
    if (!supervisor || !supervisor->actor || supervisor->ended) {
      returned(unanswered(step, exit_reason::noproc()));
      return;
    }
    this->request(supervisor->actor, caf::infinite, std::move(request))
        .then(
            [this, kind, callee](supervisor_answer& answer) {
              const json& asked = calls_.front();
              returned(answer.gone ? unanswered(asked, *answer.gone)
                                   : answered(asked, kind, answer.reply, [&](run_number run) {
                                       return notes_->name_of(callee, run).value_or("?");
                                     }));
            },
            [this](const caf::error& error) {
              returned(unanswered(calls_.front(), from_caf(error)));
            });
  }

  void returned(json event) {
    notes_->tell(name_, std::move(event));
    calls_.pop_front();
    if (!calls_.empty()) {
      call(calls_.front());
    }
  }

  notes_ptr notes_;
  std::string name_;
  std::string subject_;
  std::deque<json> calls_;
};

// -- quiet ----------------------------------------------------------------------------------------

/// Tells a plain thread that the token has made enough hops without anything being seen.
class quiet_signal {
 public:
  void raise() {
    const std::lock_guard guard{mutex_};
    raised_ = true;
    changed_.notify_one();
  }
  void await() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return raised_; });
    raised_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

/// One of two probes; the first counts.
class probe final : public caf::event_based_actor {
 public:
  probe(caf::actor_config& config, notes_ptr notes, quiet_signal* signal)
      : caf::event_based_actor(config), notes_(std::move(notes)), signal_(signal) {}

  caf::behavior make_behavior() override {
    return {[this](const caf::actor& other) { other_ = other; }, [this](token) { hop(); }};
  }

  // The two hold each other.
  void on_exit() override { other_ = nullptr; }

 private:
  void hop() {
    if (signal_ != nullptr) {
      const std::size_t size = notes_->size();
      hops_ = size == size_ ? hops_ + 1 : 0;
      size_ = size;
      if (hops_ > quiet_hops) {
        hops_ = 0;
        signal_->raise();
        return;
      }
    }
    send(other_, token{});
  }

  notes_ptr notes_;
  quiet_signal* signal_;
  caf::actor other_;
  std::size_t size_ = 0;
  int hops_ = 0;
};

// -- the run --------------------------------------------------------------------------------------

struct one_thread_config : caf::actor_system_config {
  one_thread_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

class live_tree final : public scenario_run {
 public:
  explicit live_tree(const scenario& recorded)
      : subject_(recorded.subject),
        options_(recorded.options),
        notes_(std::make_shared<notebook>(recorded)),
        system_(config_),
        parent_(system_.spawn<parent_actor>(notes_)),
        counting_(system_.spawn<probe>(notes_, &quiet_)),
        passing_(system_.spawn<probe>(notes_, nullptr)),
        planned_(steady::now()) {
    caf::anon_send(counting_, passing_);
    caf::anon_send(passing_, counting_);
  }
  live_tree(const live_tree&) = delete;
  live_tree& operator=(const live_tree&) = delete;
  live_tree(live_tree&&) = delete;
  live_tree& operator=(live_tree&&) = delete;

  // What still lives is killed: supervisors first, so that none starts children meanwhile.
  ~live_tree() override {
    for (const live_process& process : notes_->all()) {
      if (process.actor && (process.name == "sup" || !process.has_process)) {
        caf::anon_send_exit(process.actor, caf::exit_reason::kill);
      }
    }
    for (int i = 0; i < 2; ++i) {
      await_quiet();
      for (const live_process& process : notes_->all()) {
        caf::anon_send_exit(process.actor, caf::exit_reason::kill);
      }
    }
    await_quiet();
    for (const auto& [name, client] : clients_) {
      caf::anon_send_exit(client, caf::exit_reason::kill);
    }
    for (const caf::actor& actor : {parent_, counting_, passing_}) {
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    }
    notes_->clear();
  }

  json step(const json& step) override {
    begin(step);
    await_quiet();
    note_delay();
    return notes_->take();
  }

  [[nodiscard]] bool disturbed() const override { return disturbed_; }

 private:
  void begin(const json& step) {
    const auto& what = step.at("do").get_ref<const std::string&>();
    if (what == "start") {
      start_root(step.contains("options") ? step.at("options") : options_);
    } else if (what == "child_exit") {
      end_child(step.at("child"), to_reason(step.at("reason")));
    } else if (what == "child_kill") {
      kill(step.at("child"));
    } else if (what == "stop" && step.at("reason") == "kill") {
      kill("sup");
    } else if (what == "stop") {
      stop_root(to_reason(step.at("reason")));
    } else if (what == "parent_exit") {
      caf::anon_send(parent_, end_yourself{to_reason(step.at("reason"))});
    } else if (what == "wait") {
      planned_ += std::chrono::milliseconds{step.at("ms").get<int>()};
      std::this_thread::sleep_until(planned_);
    } else {
      caf::anon_send(client(step.value("client", "a")), make_call{step});
    }
  }

  void start_root(const json& options) {
    notes_->forget_root();
    notes_->set_actor("sup", {});
    caf::anon_send(parent_, token{});  // it waits for a start from now on
    const start_acknowledger acknowledger{parent_.address(), 0};
    caf::actor root;
    if (subject_ == "dynamic_supervisor") {
      dynamic_supervisor_options made = live_dynamic_options(notes_, options);
      made.parent = parent_.address();
      root = spawn_dynamic_supervisor(system_, std::move(made), acknowledger);
    } else {
      supervisor_options made = live_options(notes_, options, "sup");
      made.parent = parent_.address();
      root = spawn_supervisor(system_, std::move(made), acknowledger);
    }
    notes_->set_actor("sup", root);
    caf::anon_send(parent_, root);
  }

  void end_child(const std::string& name, const exit_reason& reason) {
    const auto process = notes_->find(name);
    if (process && process->actor && process->has_process && !process->ended) {
      caf::anon_send(process->actor, end_yourself{reason});
    }
  }

  void kill(const std::string& name) {
    const auto process = notes_->find(name);
    if (process && process->actor && process->has_process &&
        notes_->ended(name, exit_reason::killed())) {
      caf::anon_send_exit(process->actor, caf::exit_reason::kill);
    }
  }

  void stop_root(const exit_reason& reason) {
    const auto root = notes_->find("sup");
    if (root && root->actor) {
      caf::anon_send(root->actor, caf::exit_msg{parent_.address(), to_caf_notice(reason)});
    }
  }

  const caf::actor& client(const std::string& name) {
    const auto found = clients_.find(name);
    return found != clients_.end()
               ? found->second
               : clients_.emplace(name, system_.spawn<client_actor>(notes_, name, subject_))
                     .first->second;
  }

  void await_quiet() {
    caf::anon_send(counting_, token{});
    quiet_.await();
  }

  void note_delay() {
    if (steady::now() - planned_ > tolerated_delay) {
      disturbed_ = true;
    }
  }

  std::string subject_;
  json options_;
  notes_ptr notes_;
  quiet_signal quiet_;
  one_thread_config config_;
  caf::actor_system system_;
  caf::actor parent_;
  caf::actor counting_;
  caf::actor passing_;
  std::map<std::string, caf::actor> clients_;
  steady::time_point planned_;
  bool disturbed_ = false;
};

}  // namespace

std::unique_ptr<scenario_run> drive_live_tree(const scenario& script) {
  return std::make_unique<live_tree>(script);
}

}  // namespace slipway::conformance
