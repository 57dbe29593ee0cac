// slipway/actors/pool.hpp
//
// A pool of workers behind a draining mailbox: NimblePool for any thread.
//
//     auto tokens = slipway::pool<licence_tokens>::start(
//         {.name = "tokens", .core = {.pool_size = 4}}, licence_tokens{}, {}, clock, timers);
//     auto lease = (*tokens)->checkout({}, 5s);
//     if (lease) use(lease->state());           // checked in when the lease goes
//
// Belongs here: carrying events to the core and its actions to clients and workers.
// Does not: rules (pool_core), states and callbacks (detail/behaviour_calls), what a worker is
// (worker_behaviour), supervision (supervised_pool).
// Invariants: (1) the core and all states are touched within the mailbox's handler only;
//             (2) each ticket is answered once;
//             (3) the exit callback runs once, after the last callback of the behaviour.
// Source: NimblePool 1.1.
// Differs: no process of its own; it runs on its senders' threads.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/detail/behaviour_calls.hpp>
#include <slipway/actors/draining_mailbox.hpp>
#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/pool_lease.hpp>
#include <slipway/actors/pool_load.hpp>
#include <slipway/actors/pool_options.hpp>
#include <slipway/actors/pool_start_error.hpp>
#include <slipway/actors/pool_status.hpp>
#include <slipway/actors/pool_ticket.hpp>
#include <slipway/actors/ready_watch.hpp>
#include <slipway/actors/worker_behaviour.hpp>
#include <slipway/protocol/result.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

/// A pool of workers of one behaviour. Thread: any.
template <worker_behaviour W>
class pool final : public worker_link<typename W::worker_state, message_of<W>>::receiver,
                   public down_receiver,
                   private detail::behaviour_host<W>,
                   public std::enable_shared_from_this<pool<W>> {
 public:
  using worker_state = typename W::worker_state;
  using client_state = typename W::client_state;
  using pool_state = typename W::pool_state;
  using command = typename W::command;
  using message_type = message_of<W>;
  using update_type = update_of<W>;
  using ticket = pool_ticket<command, client_state>;
  using link = worker_link<worker_state, message_type>;
  using checkout_result = result<lease<W>, checkout_error>;

  /// Starts a pool. On return its init is over: the synchronous starts of an eager pool's workers
  /// are done, the asynchronous ones have begun, `min_ready` workers are ready.
  /// @param argument  what init_pool gets; the pool state where there is no init_pool.
  /// @param on_exit   once, when a pool that had started has ended; within the pool: brief, and it
  ///                  must not throw.
  /// Errors           see pool_start_errc.
  [[nodiscard]] static result<std::shared_ptr<pool>, pool_start_error> start(
      pool_options options, W behaviour, argument_of<W> argument, std::shared_ptr<const clock> time,
      std::shared_ptr<timer_service> timers,
      std::function<void(const exit_reason&)> on_exit = nullptr) {
    if (auto flaw = flaw_of(options)) {
      return failure(invalid_pool_options(options.name, std::move(*flaw)));
    }
    auto started = std::shared_ptr<pool>(new pool(std::move(options), std::move(behaviour),
                                                  std::move(argument), std::move(time),
                                                  std::move(timers), std::move(on_exit)));
    started->mailbox_.post(any_pool_event(pool_event::start{}));
    if (started->start_error_) {
      return failure(*started->start_error_);
    }
    started->do_after_start();
    if (auto ready = started->wait_until_min_ready(); !ready) {
      const auto why = start_timed_out(ready.error());
      started->stop(why);
      return failure(pool_start_failed(started->name(), ready.error().pool_exit.value_or(why)));
    }
    return started;
  }

  // -- checking out -------------------------------------------------------------------------------

  /// Checks a worker out and blocks until there is one, `timeout` at the most. The calling thread
  /// is the client: its end, while it waits or holds the lease, is a DOWN.
  [[nodiscard]] checkout_result checkout(command wanted, duration timeout) {
    return checkout_until(std::move(wanted), deadline_after(time_->now(), timeout), timeout);
  }
  /// The same, until `deadline` at the latest.
  /// @param timeout  what the client was willing to wait, for the error's text.
  [[nodiscard]] checkout_result checkout_until(command wanted, time_point deadline,
                                               duration timeout) {
    auto waiting = std::make_shared<ticket>(next_request(), std::move(wanted), deadline, nullptr);
    waiting->bind_to_this_thread(this->weak_from_this());
    mailbox_.post(checkout_message{waiting});
    auto given = waiting->wait();
    if (!given && waiting->abandon()) {
      cancel(waiting->id(), exit_reason::timeout());
      return failure(checkout_timed_out(name(), timeout, load()));
    }
    if (!given) {
      // The answer came between the end of the wait and the attempt to abandon it.
      given = waiting->wait();
    }
    if (!*given) {
      return failure(std::move(given->error()));
    }
    return lease<W>(this->shared_from_this(), std::move(waiting), std::move(**given));
  }

  /// Checks a worker out without blocking; `done` runs exactly once, unless the client goes down
  /// before: in the pool, on the timers' thread, or before this returns. It must be brief and must
  /// not throw.
  /// @returns the request, for `client_down`.
  std::shared_ptr<ticket> async_checkout(command wanted, duration timeout,
                                         std::function<void(checkout_result)> done) {
    auto deliver = [self = this->shared_from_this(), done = std::move(done)](
                       std::shared_ptr<ticket> held, typename ticket::answer given) {
      if (given) {
        done(lease<W>(self, std::move(held), std::move(*given)));
      } else {
        done(failure(std::move(given.error())));
      }
    };
    const time_point deadline = deadline_after(time_->now(), timeout);
    auto waiting =
        std::make_shared<ticket>(next_request(), std::move(wanted), deadline, std::move(deliver));
    mailbox_.post(checkout_message{waiting});
    if (deadline != time_point::max() && waiting->waiting()) {
      timers_->run_after(timeout, [weak = this->weak_from_this(), waiting, timeout] {
        const auto self = weak.lock();
        if (!self) {
          return;
        }
        if (const auto unanswered = waiting->abandon()) {
          self->cancel(waiting->id(), exit_reason::timeout());
          (*unanswered)(waiting, failure(checkout_timed_out(self->name(), timeout, self->load())));
        }
      });
    }
    return waiting;
  }

  /// The same as a future. To give the worker back, let the lease go.
  [[nodiscard]] std::future<checkout_result> async_checkout(command wanted, duration timeout) {
    auto promise = std::make_shared<std::promise<checkout_result>>();
    auto answer = promise->get_future();
    async_checkout(std::move(wanted), timeout,
                   [promise](checkout_result given) { promise->set_value(std::move(given)); });
    return answer;
  }

  /// The client of a request has ended: a queued request is dropped, a worker that it holds is
  /// removed. NimblePool: DOWN of the client, which is the reason that `terminate_worker` gets.
  void client_down(const std::shared_ptr<ticket>& of, exit_reason reason) {
    if (of->client_down()) {
      client_down(of->id(), std::move(reason));
    }
  }

  // -- the protocol beneath leases ----------------------------------------------------------------
  //
  // A lease says each of them once and at the right time. Said by hand for a request that holds no
  // worker, `checkin` and `update` end the pool, as in NimblePool.

  void update(request_id request, update_type what) {
    mailbox_.post(update_message{request, std::move(what)});
  }
  void checkin(request_id request, client_state state) {
    mailbox_.post(checkin_message{request, std::move(state)});
  }
  void cancel(request_id request, exit_reason reason) {
    mailbox_.post(any_pool_event(pool_event::cancel{request, std::move(reason)}));
  }
  void client_down(request_id request, exit_reason reason) override {
    mailbox_.post(any_pool_event(pool_event::client_down{request, std::move(reason)}));
  }

  // -- the pool as a whole ------------------------------------------------------------------------

  /// Sends a message to all workers that are idle: `handle_info` is asked for each.
  void send_info(message_type what) { mailbox_.post(info_message{{}, std::move(what)}); }

  /// Replaces a worker: it serves on until another is ready in its place, and goes with `reason`
  /// then, or at its checkin if a client holds it. Nothing happens to one that is gone, starting or
  /// being replaced already; if the replacement cannot start, the worker stays.
  void recycle(worker_id worker, exit_reason reason) {
    mailbox_.post(any_pool_event(pool_event::recycle{worker, std::move(reason)}));
  }

  /// Waits until `workers` of them have started, checked out or not, `timeout` at the most; a lazy
  /// pool starts what is missing. Errors: timeout, pool_stopped, pool_exited, invalid_argument.
  [[nodiscard]] result<void, checkout_error> wait_until_ready(std::size_t workers,
                                                              duration timeout) {
    std::promise<result<void, checkout_error>> promise;
    auto answer = promise.get_future();
    async_wait_until_ready(workers, timeout, [&promise](result<void, checkout_error> given) {
      promise.set_value(std::move(given));
    });
    return answer.get();
  }
  /// The same without blocking; `done` runs exactly once, as that of async_checkout.
  void async_wait_until_ready(std::size_t workers, duration timeout,
                              std::function<void(result<void, checkout_error>)> done) {
    auto watch = std::make_shared<ready_watch>(workers, timeout, std::move(done));
    if (workers > options_.core.pool_size) {
      watch->can_never_be(name(), options_.core.pool_size);
      return;
    }
    mailbox_.post(watch);
    if (timeout != duration::max() && !watch->answered()) {
      timers_->run_after(timeout, [weak = this->weak_from_this(), watch] {
        if (const auto self = weak.lock()) {
          self->mailbox_.post(late_watch{watch});
        }
      });
    }
  }

  /// Ends the pool; on return it has ended, unless another thread is in the pool, which then ends
  /// it.
  void stop(exit_reason reason) {
    mailbox_.post(any_pool_event(pool_event::stop{std::move(reason)}));
  }
  /// The same, and waits for the end, `timeout` at the most. NimblePool: stop/3.
  /// @returns false when it has not ended by then; it goes on ending. Not to be called by a
  /// callback.
  [[nodiscard]] bool stop(exit_reason reason, duration timeout) {
    stop(std::move(reason));
    std::unique_lock lock(end_mutex_);
    const auto has_exited = [this] { return has_exited_; };
    if (timeout == duration::max()) {
      end_changed_.wait(lock, has_exited);
    }
    return end_changed_.wait_for(lock, timeout, has_exited);
  }
  /// Kills the pool: no callback runs any more, once the one that is running has returned. Workers
  /// end by the destructors of their states.
  void kill() {
    killed_.store(true, std::memory_order_release);
    mailbox_.post(any_pool_event(pool_event::kill{}));
  }

  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  /// Why it has ended; nothing while it runs.
  [[nodiscard]] std::optional<exit_reason> ended_with() const {
    std::lock_guard guard(end_mutex_);
    return exit_reason_;
  }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// Never waits.
  [[nodiscard]] pool_load load() const { return gauges_.read(time_->now()); }

  /// Asks the pool. Blocks for as long as another thread is in the pool; not to be called by a
  /// callback.
  [[nodiscard]] pool_status status() {
    std::promise<pool_status> answer;
    auto given = answer.get_future();
    inspect([&](const pool_core& core) {
      answer.set_value(describe(options_.name, core, time_->now()));
    });
    return given.get();
  }
  /// Runs `look` in the pool, between two messages: brief, and it must not throw. OTP:
  /// sys:get_state.
  void inspect(std::function<void(const pool_core&)> look) { mailbox_.post(std::move(look)); }
  /// The same, with the states of the workers that are ready; none once the pool has ended.
  using worker_states = std::unordered_map<worker_id, worker_state>;
  void inspect_workers(std::function<void(const pool_core&, const worker_states&)> look) {
    mailbox_.post(std::move(look));
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
  void worker_info(worker_id worker, message_type what) override {
    mailbox_.post(info_message{worker, std::move(what)});
  }

 private:
  struct checkout_message {
    std::shared_ptr<ticket> waiting;
  };
  struct update_message {
    request_id request;
    update_type what;
  };
  struct checkin_message {
    request_id request;
    client_state state;
  };
  struct ready_message {
    worker_id worker;
    worker_state state;
  };
  struct info_message {
    std::optional<worker_id> worker;  // none: all that are idle
    message_type what;
  };
  struct late_watch {
    std::shared_ptr<ready_watch> watch;
  };
  using inspection = std::function<void(const pool_core&)>;
  using worker_inspection = std::function<void(const pool_core&, const worker_states&)>;
  using watch_message = std::shared_ptr<ready_watch>;
  using message =
      std::variant<any_pool_event, checkout_message, update_message, checkin_message, ready_message,
                   info_message, watch_message, late_watch, inspection, worker_inspection>;

  pool(pool_options options, W behaviour, argument_of<W> argument,
       std::shared_ptr<const clock> time, std::shared_ptr<timer_service> timers,
       std::function<void(const exit_reason&)> on_exit)
      : options_(std::move(options)),
        time_(std::move(time)),
        timers_(std::move(timers)),
        on_exit_(std::move(on_exit)),
        core_(options_.core),
        calls_(*this, std::move(behaviour), std::move(argument)),
        mailbox_([this](message&& next) { handle(std::move(next)); }) {}

  request_id next_request() {
    return request_id{next_request_.fetch_add(1, std::memory_order_relaxed)};
  }

  result<void, checkout_error> wait_until_min_ready() {
    if (options_.min_ready == 0) {
      return {};
    }
    return wait_until_ready(options_.min_ready, options_.start_timeout);
  }

  // -- within the mailbox -------------------------------------------------------------------------

  void handle(message&& next) {
    // By `this`, or Clang 14 takes the capture for unused.
    std::visit([this](auto&& what) { this->take(std::forward<decltype(what)>(what)); },
               std::move(next));
    gauges_.publish(core_);
    if (!watches_.empty()) {
      look_at_watches();
    }
  }

  void take(any_pool_event&& event) {
    step(event);
    if (const auto* over = std::get_if<pool_event::cancel>(&event)) {
      calls_.requests.erase(over->request);
    } else if (const auto* down = std::get_if<pool_event::client_down>(&event)) {
      calls_.requests.erase(down->request);
    } else if (const auto* failed = std::get_if<pool_event::worker_failed>(&event)) {
      calls_.aborts.erase(failed->worker);
    }
  }
  void take(checkout_message&& next) {
    const request_id id = next.waiting->id();
    const bool client_lives = next.waiting->seen_by_pool();
    const time_point deadline = next.waiting->deadline();
    calls_.requests.emplace(id, typename calls::request_entry{std::move(next.waiting), {}, {}});
    // Before what is said to the pool while a callback takes its time.
    if (!client_lives) {
      client_down(id, exit_reason::noproc());
    }
    step(pool_event::checkout{id, deadline, wish_of(calls_.requests.at(id).waiting->command())});
  }
  static std::optional<worker_wish> wish_of(const command& wanted) {
    if constexpr (requires { W::wish_of(wanted); }) {
      return W::wish_of(wanted);
    } else {
      return std::nullopt;
    }
  }
  void take(update_message&& next) {
    calls_.update = &next.what;
    step(pool_event::update{next.request});
  }
  void take(checkin_message&& next) {
    const auto found = calls_.requests.find(next.request);
    if (found != calls_.requests.end()) {
      found->second.client = std::move(next.state);
    }
    step(pool_event::checkin{next.request});
    calls_.requests.erase(next.request);
  }
  void take(ready_message&& next) {
    if (core_.workers().contains(next.worker)) {
      calls_.workers.insert_or_assign(next.worker, std::move(next.state));
      calls_.aborts.erase(next.worker);
      step(pool_event::worker_ready{next.worker});
    } else if (core_.terminates_strays()) {
      // It was aborted while its last message was under way.
      calls_.terminate_stray(exit_reason::shutdown("init_cancelled"), std::move(next.state));
    }
  }
  void take(info_message&& next) {
    calls_.message = &next.what;
    if (next.worker) {
      step(pool_event::worker_info{*next.worker});
    } else {
      step(pool_event::info{});
    }
  }
  void take(watch_message&& watch) {
    step(pool_event::prepare{watch->wanted()});
    watches_.push_back(std::move(watch));
  }
  void take(late_watch&& late) { late.watch->timed_out(name(), core_); }
  void take(inspection&& look) { look(core_); }
  void take(worker_inspection&& look) { look(core_, calls_.workers); }

  void step(const any_pool_event& event) {
    core_.step(event, time_->now(), calls_, decided_);
    perform_decided();
    while (!undelivered_.empty()) {
      const request_id next = undelivered_.back();
      undelivered_.pop_back();
      core_.step(pool_event::undelivered{next}, time_->now(), calls_, decided_);
      perform_decided();
      if (!core_.requests().contains(next)) {
        calls_.requests.erase(next);
      }
    }
  }

  // The thread that starts a pool leaves at the end of its init: what failed there is tried again
  // for as long as it fails.
  void do_after_start() {
    for (; inits_after_start_ != 0; --inits_after_start_) {
      later(duration::zero(), pool_event::init_worker{});
    }
  }

  void look_at_watches() {
    std::erase_if(watches_,
                  [this](const watch_message& each) { return each->look(name(), core_); });
  }

  // -- actions ------------------------------------------------------------------------------------

  void perform(pool_action::grant& action) {
    auto& entry = calls_.requests.at(action.request);
    // Copied: if the client has gone, the state is what handle_checkin gets back.
    if (!entry.waiting->deliver(typename ticket::answer(*entry.client))) {
      undelivered_.push_back(action.request);
    }
  }
  void perform(pool_action::reject& action) {
    const auto found = calls_.requests.find(action.request);
    if (found != calls_.requests.end()) {
      const auto waiting = std::move(found->second.waiting);
      calls_.requests.erase(found);
      // Whoever does not wait any more has given up by itself.
      static_cast<void>(waiting->deliver(failure(rejected(action))));
    }
  }
  void perform(pool_action::forget& action) { calls_.requests.erase(action.request); }
  void perform(pool_action::revoke& action) { calls_.requests.erase(action.request); }
  void perform(pool_action::schedule_init& /*action*/) {
    if (has_started_) {
      mailbox_.post(any_pool_event(pool_event::init_worker{}));
    } else {
      ++inits_after_start_;
    }
  }
  void perform(pool_action::retry_init_after& action) {
    later(action.delay, pool_event::retry_init{action.failures});
  }
  void perform(pool_action::abort_init& action) { calls_.abort_init(action.worker); }
  void perform(pool_action::check_idle_after& action) {
    later(action.delay, pool_event::check_idle{});
  }
  void perform(pool_action::started& /*action*/) { has_started_ = true; }
  void perform(pool_action::ignored& /*action*/) {
    start_error_ = pool_start_ignored(options_.name);
    over();
  }
  void perform(pool_action::start_failed& action) {
    start_error_ = pool_start_failed(options_.name, std::move(action.reason));
    over();
  }
  void perform(pool_action::exit& action) {
    // Whoever held the pool may let go of it when it hears of the end.
    const auto self = this->shared_from_this();
    over();
    if (const auto on_exit = std::exchange(on_exit_, nullptr)) {
      on_exit(action.reason);
    }
    std::lock_guard guard(end_mutex_);
    has_exited_ = true;
    end_changed_.notify_all();
  }

  void over() {
    publish_end();
    calls_.drop_states();
  }

  void later(duration delay, any_pool_event event) {
    timers_->run_after(delay, [weak = this->weak_from_this(), event = std::move(event)] {
      if (const auto self = weak.lock()) {
        self->mailbox_.post(event);
      }
    });
  }

  checkout_error rejected(pool_action::reject& action) const {
    switch (action.reason) {
      case reject_reason::overloaded:
        return queue_full(options_.name, load_of(core_, time_->now()));
      case reject_reason::skipped:
        return {checkout_errc::skipped, std::move(action.message), {}, {}, {}};
      case reject_reason::worker_busy:
        return worker_is_busy(options_.name);
      case reject_reason::worker_gone:
        return worker_is_gone(options_.name, std::move(action.worker_exit));
      case reject_reason::pool_ended:
        break;
    }
    return pool_gone(options_.name, core_.ended().value_or(exit_reason::noproc()));
  }

  // Known before its consequence: the client of a worker that goes with its pool is told of the
  // pool.
  void publish_end() {
    if (core_.ended()) {
      {
        std::lock_guard guard(end_mutex_);
        exit_reason_ = *core_.ended();
      }
      ended_.store(true, std::memory_order_release);
    }
  }

  // -- behaviour_host -----------------------------------------------------------------------------

  void perform_decided() override {
    publish_end();
    // By index: what is performed decides nothing more.
    for (std::size_t i = 0; i < decided_.size(); ++i) {
      std::visit([this](auto& what) { this->perform(what); }, decided_[i]);
    }
    decided_.clear();
  }
  [[nodiscard]] time_point time_now() const override { return time_->now(); }
  [[nodiscard]] bool killed() const override { return killed_.load(std::memory_order_acquire); }
  [[nodiscard]] link link_to(worker_id worker) override {
    return link(std::static_pointer_cast<typename link::receiver>(this->shared_from_this()),
                worker);
  }
  void callback_threw(const char* callback, const exit_reason& reason) override {
    if (options_.on_callback_error) {
      options_.on_callback_error(callback, reason);
    }
  }

  using calls = detail::behaviour_calls<W>;

  const pool_options options_;
  const std::shared_ptr<const clock> time_;
  const std::shared_ptr<timer_service> timers_;
  std::function<void(const exit_reason&)> on_exit_;
  std::atomic<std::uint64_t> next_request_{1};
  std::atomic<bool> ended_{false};
  std::atomic<bool> killed_{false};
  mutable std::mutex end_mutex_;
  std::optional<exit_reason> exit_reason_;
  std::condition_variable end_changed_;
  bool has_exited_ = false;
  pool_gauges gauges_;

  pool_core core_;
  calls calls_;
  std::optional<pool_start_error> start_error_;
  bool has_started_ = false;
  std::size_t inits_after_start_ = 0;
  std::vector<request_id> undelivered_;
  std::vector<watch_message> watches_;
  std::vector<any_pool_action> decided_;
  draining_mailbox<message> mailbox_;
};

}  // namespace slipway
