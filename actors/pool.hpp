// slipway/actors/pool.hpp
//
// A pool of workers behind a draining mailbox: NimblePool for any thread.
//
//     auto pool = slipway::pool<licence_tokens>::start({.name = "tokens", .core = {.pool_size =
//     4}},
//                                                      licence_tokens{}, {}, clock, timers);
//     auto lease = pool->checkout({}, 5s);
//     if (lease) use(lease->state());           // checked in when the lease goes
//
// Belongs here: carrying events to the core and its actions to clients and workers, the users'
// states.
// Does not: rules (pool_core), what a worker is (worker_behaviour), supervision (pool_actor).
// Invariants: (1) the core and all states are touched within the mailbox's handler only;
//             (2) each ticket is answered once;
//             (3) the exit callback runs once, after the last callback of the behaviour.
// Source: NimblePool 1.1.
// Differs: no process of its own; it runs on its senders' threads.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/draining_mailbox.hpp>
#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/pool_status.hpp>
#include <slipway/actors/pool_ticket.hpp>
#include <slipway/actors/worker_behaviour.hpp>
#include <slipway/protocol/result.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

struct pool_options {
  std::string name = "pool";
  pool_core_options core{};
};

template <worker_behaviour W>
class pool;

/// A checked-out worker. Checked in when it goes; cancelled when an exception unwinds through it.
/// Movable; outlives its pool safely. Thread: one at a time.
template <worker_behaviour W>
class lease {
 public:
  lease(std::shared_ptr<pool<W>> from, request_id request, typename W::client_state state)
      : pool_(std::move(from)), request_(request), state_(std::move(state)) {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&& other) noexcept {
    if (this != &other) {
      checkin();
      pool_ = std::move(other.pool_);
      request_ = other.request_;
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~lease() {
    if (std::uncaught_exceptions() > exceptions_) {
      cancel(exit_reason::error("client_error", "an exception left the scope of the lease"));
    } else {
      checkin();
    }
  }

  [[nodiscard]] typename W::client_state& state() { return state_; }

  /// Gives the worker back. A second call does nothing.
  void checkin() {
    if (const auto from = std::exchange(pool_, nullptr)) {
      from->checkin(request_, std::move(state_));
    }
  }

  /// Gives it back as unusable: the pool removes it for this reason and starts another.
  void cancel(exit_reason reason) {
    if (const auto from = std::exchange(pool_, nullptr)) {
      from->cancel(request_, std::move(reason));
    }
  }

 private:
  std::shared_ptr<pool<W>> pool_;
  request_id request_;
  typename W::client_state state_;
  int exceptions_ = std::uncaught_exceptions();
};

/// A pool of workers of one behaviour. Thread: any.
template <worker_behaviour W>
class pool final : public worker_link<typename W::worker_state>::receiver,
                   public std::enable_shared_from_this<pool<W>> {
 public:
  using worker_state = typename W::worker_state;
  using client_state = typename W::client_state;
  using pool_state = typename W::pool_state;
  using command = typename W::command;
  using ticket = pool_ticket<command, client_state>;
  using link = worker_link<worker_state>;

  /// Starts a pool; its workers start as the behaviour does it, so they may not be ready on return.
  /// @param on_exit  once, when the pool has ended; within the pool: brief, and it must not throw.
  [[nodiscard]] static std::shared_ptr<pool> start(
      pool_options options, W behaviour, pool_state state, std::shared_ptr<const clock> time,
      std::shared_ptr<timer_service> timers,
      std::function<void(const exit_reason&)> on_exit = nullptr) {
    auto started =
        std::shared_ptr<pool>(new pool(std::move(options), std::move(behaviour), std::move(state),
                                       std::move(time), std::move(timers), std::move(on_exit)));
    started->mailbox_.post(any_pool_event(pool_event::start{}));
    return started;
  }

  /// Checks a worker out and blocks until there is one, `timeout` at the most.
  [[nodiscard]] result<lease<W>, checkout_error> checkout(command wanted, duration timeout) {
    return checkout_until(std::move(wanted), deadline_after(time_->now(), timeout));
  }
  /// The same, until `deadline` at the latest.
  [[nodiscard]] result<lease<W>, checkout_error> checkout_until(command wanted,
                                                                time_point deadline) {
    const auto waiting = enqueue(std::move(wanted), deadline, nullptr);
    auto given = waiting->wait();
    if (!given && waiting->abandon()) {
      cancel(waiting->id(), exit_reason::timeout());
      return failure(timed_out());
    }
    if (!given) {
      // The answer came between the end of the wait and the attempt to abandon it.
      given = waiting->wait();
    }
    if (!*given) {
      return failure(explained(std::move(given->error())));
    }
    return lease<W>(this->shared_from_this(), waiting->id(), std::move(**given));
  }

  /// Checks a worker out without blocking; `done` runs exactly once: in the pool, on the timers'
  /// thread, or before this returns. It must be brief and must not throw.
  /// @returns the request, for `client_down`.
  std::shared_ptr<ticket> async_checkout(
      command wanted, duration timeout,
      std::function<void(result<lease<W>, checkout_error>)> done) {
    const request_id id = next_request();
    auto shared_done = std::make_shared<decltype(done)>(std::move(done));
    auto deliver = [self = this->shared_from_this(), id,
                    shared_done](typename ticket::answer given) {
      // Taken out, since the timer below keeps the rest until the timeout.
      const auto done_now = std::exchange(*shared_done, nullptr);
      if (given) {
        done_now(lease<W>(self, id, std::move(*given)));
      } else {
        done_now(failure(std::move(given.error())));
      }
    };
    const time_point deadline = deadline_after(time_->now(), timeout);
    auto waiting = std::make_shared<ticket>(id, std::move(wanted), deadline, std::move(deliver));
    mailbox_.post(checkout_message{waiting});
    if (waiting->waiting()) {
      timers_->run_after(timeout, [weak = this->weak_from_this(), waiting, shared_done] {
        if (waiting->abandon()) {
          if (const auto self = weak.lock()) {
            self->cancel(waiting->id(), exit_reason::timeout());
          }
          (*shared_done)(
              failure(checkout_error{checkout_errc::timeout, "no worker came free", {}}));
        }
      });
    }
    return waiting;
  }

  /// The client of a request has ended: a queued request is dropped, a worker that it holds is
  /// removed. NimblePool: DOWN of the client, which is the reason that `terminate_worker` gets.
  void client_down(const std::shared_ptr<ticket>& of, exit_reason reason) {
    static_cast<void>(of->abandon());
    // However properly the client ended, its worker is in the middle of something.
    cancel(of->id(),
           exit_reason::error("DOWN", "the client has ended").with_cause(std::move(reason)));
  }

  void checkin(request_id request, client_state state) {
    mailbox_.post(checkin_message{request, std::move(state)});
  }
  void cancel(request_id request, exit_reason reason) {
    mailbox_.post(any_pool_event(pool_event::cancel{request, std::move(reason)}));
  }

  /// Ends the pool; on return it has ended, unless another thread is in the pool, which then ends
  /// it.
  void stop(exit_reason reason) {
    mailbox_.post(any_pool_event(pool_event::stop{std::move(reason)}));
  }

  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& name() const { return options_.name; }

  /// Asks the pool. Blocks for as long as another thread is in the pool; not to be called by a
  /// callback.
  [[nodiscard]] pool_status status() {
    std::promise<pool_status> answer;
    auto given = answer.get_future();
    mailbox_.post(status_query{&answer});
    return given.get();
  }

  // -- worker_link::receiver ----------------------------------------------------------------------

  void worker_handshaking(worker_id worker) override {
    mailbox_.post(any_pool_event(pool_event::worker_handshaking{worker}));
  }
  void worker_ready(worker_id worker, worker_state state) override {
    mailbox_.post(ready_message{worker, std::move(state)});
  }
  void worker_failed(worker_id worker, exit_reason reason) override {
    mailbox_.post(any_pool_event(pool_event::worker_failed{worker, std::move(reason)}));
  }
  void worker_info(worker_id worker) override {
    mailbox_.post(any_pool_event(pool_event::worker_info{worker}));
  }

 private:
  struct checkout_message {
    std::shared_ptr<ticket> waiting;
  };
  struct checkin_message {
    request_id request;
    client_state state;
  };
  struct ready_message {
    worker_id worker;
    worker_state state;
  };
  struct status_query {
    std::promise<pool_status>* answer;
  };
  using message =
      std::variant<any_pool_event, checkout_message, checkin_message, ready_message, status_query>;

  pool(pool_options options, W behaviour, pool_state state, std::shared_ptr<const clock> time,
       std::shared_ptr<timer_service> timers, std::function<void(const exit_reason&)> on_exit)
      : options_(std::move(options)),
        behaviour_(std::move(behaviour)),
        state_(std::move(state)),
        time_(std::move(time)),
        timers_(std::move(timers)),
        on_exit_(std::move(on_exit)),
        core_(options_.core),
        mailbox_([this](message&& next) { handle(std::move(next)); }) {}

  request_id next_request() {
    return request_id{next_request_.fetch_add(1, std::memory_order_relaxed)};
  }

  std::shared_ptr<ticket> enqueue(command wanted, time_point deadline,
                                  typename ticket::completion done) {
    auto waiting =
        std::make_shared<ticket>(next_request(), std::move(wanted), deadline, std::move(done));
    mailbox_.post(checkout_message{waiting});
    return waiting;
  }

  checkout_error timed_out() {
    return {checkout_errc::timeout, "no worker came free in time; " + to_string(status()), {}};
  }

  checkout_error explained(checkout_error error) {
    if (error.code == checkout_errc::timeout || error.code == checkout_errc::overloaded) {
      error.message += "; " + to_string(status());
    }
    return error;
  }

  // -- within the mailbox -------------------------------------------------------------------------

  void handle(message&& next) {
    // By `this`, or Clang 14 takes the capture for unused.
    std::visit([this](auto&& what) { this->take(std::forward<decltype(what)>(what)); },
               std::move(next));
  }

  void take(any_pool_event&& event) {
    step(event);
    if (const auto* over = std::get_if<pool_event::cancel>(&event)) {
      requests_.erase(over->request);
    } else if (const auto* failed = std::get_if<pool_event::worker_failed>(&event)) {
      aborts_.erase(failed->worker);
    }
  }
  void take(checkout_message&& next) {
    const request_id id = next.waiting->id();
    const time_point deadline = next.waiting->deadline();
    requests_.emplace(id, request_entry{std::move(next.waiting), std::nullopt, {}});
    step(pool_event::checkout{id, deadline});
  }
  void take(checkin_message&& next) {
    if (const auto found = requests_.find(next.request); found != requests_.end()) {
      found->second.client = std::move(next.state);
      step(pool_event::checkin{next.request});
      requests_.erase(next.request);
    }
  }
  void take(ready_message&& next) {
    const bool expected = core_.workers().contains(next.worker);
    if (expected) {
      workers_.insert_or_assign(next.worker, std::move(next.state));
      aborts_.erase(next.worker);
      step(pool_event::worker_ready{next.worker});
    } else {
      // It was aborted while its last message was under way.
      terminate(exit_reason::shutdown("init_cancelled"), std::move(next.state));
    }
  }
  void take(status_query&& query) {
    query.answer->set_value(describe(options_.name, core_, time_->now()));
  }

  void step(const any_pool_event& event) {
    callbacks turn(*this);
    std::vector<any_pool_action> actions;
    actions.swap(spare_actions_);
    core_.step(event, time_->now(), turn, actions);
    for (auto& action : actions) {
      std::visit([this](auto& what) { this->perform(what); }, action);
    }
    actions.clear();
    spare_actions_.swap(actions);
  }

  // -- actions ------------------------------------------------------------------------------------

  void perform(const pool_action::grant& action) {
    request_entry& entry = requests_.at(action.request);
    // Copied: if the client has gone, the state is what handle_checkin gets back.
    if (!entry.waiting->deliver(typename ticket::answer(*entry.client))) {
      step(pool_event::undelivered{action.request});
      requests_.erase(action.request);
    }
  }
  void perform(const pool_action::reject& action) {
    const auto found = requests_.find(action.request);
    if (found != requests_.end()) {
      const auto waiting = found->second.waiting;
      checkout_error why = rejected(action.reason, found->second.skipped);
      requests_.erase(found);
      // Whoever does not wait any more has given up by itself.
      static_cast<void>(waiting->deliver(failure(std::move(why))));
    }
  }
  void perform(const pool_action::revoke& action) { requests_.erase(action.request); }
  void perform(const pool_action::abort_init& action) {
    const auto found = aborts_.find(action.worker);
    if (found != aborts_.end()) {
      const auto abort = std::move(found->second);
      aborts_.erase(found);
      guarded([&] { abort(); });
    }
  }
  void perform(const pool_action::retry_init_after& action) {
    timers_->run_after(action.delay, [weak = this->weak_from_this(), failures = action.failures] {
      if (const auto self = weak.lock()) {
        self->mailbox_.post(any_pool_event(pool_event::retry_init{failures}));
      }
    });
  }
  void perform(const pool_action::exit& action) {
    publish_end();
    if (const auto on_exit = std::exchange(on_exit_, nullptr)) {
      on_exit(action.reason);
    }
  }

  checkout_error rejected(reject_reason reason, const std::string& skipped) const {
    switch (reason) {
      case reject_reason::timeout:
        return {checkout_errc::timeout, "no worker came free in time", {}};
      case reject_reason::overloaded:
        return {checkout_errc::overloaded, "the queue is full", {}};
      case reject_reason::skipped:
        return {checkout_errc::skipped, skipped, {}};
      case reject_reason::pool_stopped:
        break;
    }
    return {checkout_errc::pool_stopped,
            "pool '" + options_.name + "' has ended: " + to_string(*core_.ended()), core_.ended()};
  }

  // -- callbacks ----------------------------------------------------------------------------------

  void publish_end() {
    if (core_.ended()) {
      ended_.store(true, std::memory_order_release);
    }
  }

  // Runs a callback of the user's; what it throws is the reason of a removal, as in NimblePool.
  template <class Call>
  static std::optional<exit_reason> guarded(Call call) {
    try {
      call();
      return std::nullopt;
    } catch (...) {
      return exit_reason_from(std::current_exception());
    }
  }

  template <class Outcome, class Call>
  static Outcome guarded_or_remove(Call call) {
    try {
      return call();
    } catch (...) {
      return outcome::remove{exit_reason_from(std::current_exception())};
    }
  }

  void terminate(const exit_reason& reason, worker_state state) {
    if constexpr (requires { behaviour_.terminate_worker(reason, std::move(state), state_); }) {
      guarded([&] { behaviour_.terminate_worker(reason, std::move(state), state_); });
    }
  }

  class callbacks final : public worker_callbacks {
   public:
    explicit callbacks(pool& owner) : pool_(owner) {}

    init_outcome init_worker(worker_id worker) override {
      try {
        return pool_.begin_init(worker);
      } catch (...) {
        return outcome::failed{exit_reason_from(std::current_exception())};
      }
    }

    checkout_outcome handle_checkout(request_id request, worker_id worker) override {
      return guarded_or_remove<checkout_outcome>([&]() -> checkout_outcome {
        request_entry& entry = pool_.requests_.at(request);
        auto given = pool_.behaviour_.handle_checkout(entry.waiting->command(),
                                                      pool_.workers_.at(worker), pool_.state_);
        if (auto* taken = std::get_if<checkout_ok<client_state>>(&given)) {
          entry.client.emplace(std::move(taken->client));
          return outcome::ok{};
        }
        if (auto* skipped = std::get_if<checkout_skip>(&given)) {
          entry.skipped = std::move(skipped->message);
          return outcome::skip{};
        }
        return std::get<outcome::remove>(std::move(given));
      });
    }

    checkin_outcome handle_checkin(request_id request, worker_id worker) override {
      return guarded_or_remove<checkin_outcome>([&]() -> checkin_outcome {
        auto& client = *pool_.requests_.at(request).client;
        auto& state = pool_.workers_.at(worker);
        if constexpr (requires { pool_.behaviour_.handle_checkin(client, state, pool_.state_); }) {
          return pool_.behaviour_.handle_checkin(client, state, pool_.state_);
        } else {
          return outcome::ok{};
        }
      });
    }

    info_outcome handle_info(worker_id worker) override {
      return guarded_or_remove<info_outcome>([&]() -> info_outcome {
        auto& state = pool_.workers_.at(worker);
        if constexpr (requires { pool_.behaviour_.handle_info(state); }) {
          return pool_.behaviour_.handle_info(state);
        } else {
          return outcome::ok{};
        }
      });
    }

    void handle_cancelled(cancel_context context) override {
      if constexpr (requires { pool_.behaviour_.handle_cancelled(context, pool_.state_); }) {
        guarded([&] { pool_.behaviour_.handle_cancelled(context, pool_.state_); });
      }
    }

    void terminate_worker(worker_id worker, const exit_reason& reason) override {
      // Known before its consequence: the client of a worker that goes with its pool is told of the
      // pool.
      pool_.publish_end();
      const auto found = pool_.workers_.find(worker);
      if (found != pool_.workers_.end()) {
        worker_state state = std::move(found->second);
        pool_.workers_.erase(found);
        pool_.terminate(reason, std::move(state));
      }
    }

    void terminate_pool(const exit_reason& reason) override {
      if constexpr (requires { pool_.behaviour_.terminate_pool(reason, pool_.state_); }) {
        guarded([&] { pool_.behaviour_.terminate_pool(reason, pool_.state_); });
      }
    }

   private:
    pool& pool_;
  };

  init_outcome begin_init(worker_id worker) {
    auto given = behaviour_.init_worker(worker, state_);
    if (auto* started = std::get_if<init_ok<worker_state>>(&given)) {
      workers_.insert_or_assign(worker, std::move(started->state));
      return outcome::ok{};
    }
    auto& start = std::get<init_async<worker_state>>(given);
    aborts_.insert_or_assign(worker, std::move(start.abort));
    start.begin(
        link(std::static_pointer_cast<typename link::receiver>(this->shared_from_this()), worker));
    return outcome::async{};
  }

  struct request_entry {
    std::shared_ptr<ticket> waiting;
    std::optional<client_state> client;
    std::string skipped;
  };

  const pool_options options_;
  W behaviour_;
  pool_state state_;
  const std::shared_ptr<const clock> time_;
  const std::shared_ptr<timer_service> timers_;
  std::function<void(const exit_reason&)> on_exit_;
  std::atomic<std::uint64_t> next_request_{1};
  std::atomic<bool> ended_{false};

  pool_core core_;
  std::unordered_map<worker_id, worker_state> workers_;
  std::unordered_map<worker_id, std::function<void()>> aborts_;
  std::unordered_map<request_id, request_entry> requests_;
  std::vector<any_pool_action> spare_actions_;
  draining_mailbox<message> mailbox_;
};

}  // namespace slipway
