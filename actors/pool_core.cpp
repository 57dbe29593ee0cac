// slipway/actors/pool_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/backoff.hpp>
#include <slipway/actors/pool_core.hpp>

#include <algorithm>
#include <utility>

namespace slipway {

std::optional<std::string> flaw_of(const pool_core_options& options) {
  if (options.pool_size == 0) {
    return "pool_size must be a positive integer, got: 0";
  }
  if (options.init_concurrency == 0) {
    return "init_concurrency must be a positive integer, got: 0";
  }
  if (options.worker_idle_timeout && *options.worker_idle_timeout <= duration::zero()) {
    return "worker_idle_timeout must be a positive duration";
  }
  return std::nullopt;
}

const char* to_string(worker_status status) {
  switch (status) {
    case worker_status::starting:
      return "starting";
    case worker_status::handshaking:
      return "handshaking";
    case worker_status::idle:
      return "idle";
    case worker_status::checked_out:
      break;
  }
  return "checked_out";
}

// One step: the core, what it was told, and where its actions go. A callback that takes the pool
// with it has ended the core when `crashed` returns; whoever calls one stops then.
class pool_core::turn {
 public:
  turn(pool_core& core, time_point now, worker_callbacks& callbacks,
       std::vector<any_pool_action>& actions)
      : core_(core), now_(now), callbacks_(callbacks), actions_(actions) {
    remember_the_state_before();
  }

  void operator()(const pool_event::start& /*event*/) {
    const auto decided = after(callbacks_.init_pool());
    if (const auto* refusal = std::get_if<outcome::stop>(&decided)) {
      end_silently(refusal->reason);
    } else if (const auto* crash = std::get_if<outcome::crash>(&decided)) {
      end_silently(crash->reason);
    } else if (std::holds_alternative<outcome::ignore>(decided)) {
      core_.ended_ = exit_reason::normal();
      actions_.emplace_back(pool_action::ignored{});
    } else {
      start_workers();
    }
  }

  void operator()(const pool_event::checkout& event) {
    if (core_.ended_) {
      reject(event.request, reject_reason::pool_ended);
      return;
    }
    request& entry = core_.requests_[event.request];
    entry.deadline = event.deadline;
    entry.arrived = now_;
    entry.place = core_.next_place_++;
    entry.wish = event.wish;
    if (callbacks_.implements(optional_callback::handle_enqueue)) {
      const auto decided = after(callbacks_.handle_enqueue(event.request));
      if (crashed(decided)) {
        return;
      }
      if (const auto* skipped = std::get_if<outcome::skip>(&decided)) {
        skip(event.request, skipped->message);
        return;
      }
    }
    if (insists(event.request)) {
      take_in_for_one(event.request);
    } else {
      take_in(event.request);
    }
    // Only who has to wait can be one too many.
    if (core_.queue_length() > core_.options_.max_queue && is_queued(event.request)) {
      forget(event.request);
      ++core_.counters_.overloaded;
      reject(event.request, reject_reason::overloaded);
    }
    core_.counters_.longest_queue = std::max(core_.counters_.longest_queue, core_.queue_length());
  }

  void operator()(const pool_event::update& event) {
    if (core_.ended_) {
      return;
    }
    if (const request* found = find(event.request); found != nullptr && found->holds) {
      crashed(after(callbacks_.handle_update(event.request, *found->holds)));
    } else {
      crash(violation("unexpected_precheckin", "an update", event.request));
    }
  }

  void operator()(const pool_event::checkin& event) {
    if (core_.ended_) {
      return;
    }
    if (const request* found = find(event.request); found == nullptr || !found->holds) {
      crash(violation("unexpected_checkin", "a checkin", event.request));
      return;
    }
    ++core_.counters_.checked_in;
    if (check_in(event.request)) {
      settle(looks::as_nimble_pool);
    }
  }

  void operator()(const pool_event::undelivered& event) {
    const request* found = find(event.request);
    if (found != nullptr && found->holds && takes_back_from_the_gone() && check_in(event.request)) {
      settle(looks::corrected_only);
    }
  }

  void operator()(const pool_event::cancel& event) {
    if (!core_.ended_) {
      cancel(event.request, event.reason);
    }
  }

  void operator()(const pool_event::client_down& event) {
    if (!core_.ended_ && find(event.request) != nullptr) {
      // However properly the client ended, its worker is in the middle of something.
      cancel(event.request,
             exit_reason::error("DOWN", "the client has ended").with_cause(event.reason));
    }
  }

  void operator()(const pool_event::init_worker& /*event*/) {
    if (!core_.ended_) {
      --core_.scheduled_;
      core_.deferred_.push_back(0);
      settle(looks::as_nimble_pool);
    }
  }

  void operator()(const pool_event::retry_init& event) {
    if (!core_.ended_) {
      --core_.retrying_;
      core_.deferred_.push_back(event.failures);
      settle(looks::corrected_only);
    }
  }

  void operator()(const pool_event::worker_handshaking& event) {
    if (worker* found = find_starting(event.worker);
        found != nullptr && found->status == worker_status::starting) {
      enter(*found, worker_status::handshaking);
      found->handshaking = now_;
      ++core_.handshaking_;
    }
  }

  void operator()(const pool_event::worker_ready& event) {
    if (worker* found = find_starting(event.worker); found != nullptr) {
      leave_start(event.worker, *found);
      become_ready(event.worker, *found);
      settle(looks::as_nimble_pool);
    }
  }

  void operator()(const pool_event::worker_failed& event) {
    worker* found = find_starting(event.worker);
    if (found == nullptr) {
      return;
    }
    const std::uint32_t failures = found->failures + 1;
    const auto replaces = found->replaces;
    leave_start(event.worker, *found);
    core_.workers_.erase(event.worker);
    if (replaces) {
      replacement_failed(*replaces, event.reason);
    } else {
      async_init_failed(failures, event.reason);
    }
    settle(looks::corrected_only);
  }

  void operator()(const pool_event::info& /*event*/) {
    if (core_.ended_ || !callbacks_.implements(optional_callback::handle_info)) {
      return;
    }
    for (auto next = core_.idle_.front(); next;) {
      const worker_id id = *next;
      next = core_.workers_.at(id).links.after;
      inform(id);
      if (core_.ended_) {
        return;
      }
    }
    settle(looks::corrected_only);
  }

  void operator()(const pool_event::worker_info& event) {
    const auto found = core_.workers_.find(event.worker);
    if (!core_.ended_ && found != core_.workers_.end() &&
        found->second.status == worker_status::idle) {
      inform(event.worker);
      settle(looks::corrected_only);
    }
  }

  void operator()(const pool_event::check_idle& /*event*/) {
    if (core_.ended_) {
      return;
    }
    // Once for all: a ping that takes its time makes no other worker idle for longer.
    const auto checked_at = std::chrono::floor<std::chrono::milliseconds>(now());
    std::size_t pings = 0;
    for (auto next = core_.idle_.front(); next && pings != core_.options_.max_idle_pings; ++pings) {
      const worker_id id = *next;
      next = core_.workers_.at(id).links.after;
      if (!idle_long_enough(id, checked_at)) {
        break;
      }
      ping(id);
      if (core_.ended_) {
        return;
      }
    }
    check_idle_later();
    settle(looks::corrected_only);
  }

  void operator()(const pool_event::prepare& event) {
    const std::size_t wanted = std::min(event.workers, core_.options_.pool_size);
    if (core_.ready_count() < wanted) {
      core_.prepared_ = std::max(core_.prepared_, wanted);
    }
    while (!core_.ended_ && standing() + core_.to_be_started() < wanted) {
      core_.deferred_.push_back(0);
    }
    settle(looks::corrected_only);
  }

  void operator()(const pool_event::recycle& event) {
    const auto found = core_.workers_.find(event.worker);
    if (core_.ended_ || found == core_.workers_.end() || is_starting(found->second) ||
        found->second.retiring) {
      return;
    }
    found->second.retiring.emplace(retirement{event.reason});
    core_.to_be_replaced_.push_back(event.worker);
    settle(looks::as_nimble_pool);
  }

  void operator()(const pool_event::stop& event) {
    if (!core_.ended_) {
      end(event.reason);
    }
  }

  void operator()(const pool_event::kill& /*event*/) {
    if (!core_.ended_) {
      end_silently(exit_reason::killed());
    }
  }

 private:
  // -- the queue ----------------------------------------------------------------------------------

  enum class served : std::uint8_t { yes, dropped, waits };

  // NimblePool: maybe_checkout/5.
  served serve(request_id id, command_form form) {
    for (;;) {
      if (is_late(id)) {
        return drop(id);
      }
      if (core_.idle_.empty()) {
        init_lazily();
        if (core_.ended_) {
          return served::yes;
        }
        if (is_late_after_start(id)) {
          return drop(id);
        }
      }
      if (core_.idle_.empty()) {
        return served::waits;
      }
      if (offer(id, preferred_of(id), form)) {
        return served::yes;
      }
    }
  }

  // The worker that the request hints at, if it is idle; else the one that has been so for longest.
  [[nodiscard]] worker_id preferred_of(request_id id) const {
    if (const auto& wish = core_.requests_.at(id).wish) {
      const auto found = core_.workers_.find(wish->worker);
      if (found != core_.workers_.end() && found->second.status == worker_status::idle) {
        return wish->worker;
      }
    }
    return *core_.idle_.front();
  }

  // True when the request has been answered; else this worker is gone and the next can be asked.
  bool offer(request_id id, worker_id offered, command_form form) {
    const auto decided = after(callbacks_.handle_checkout(id, offered, form));
    if (crashed(decided)) {
      return true;
    }
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      remove_idle(offered, removal->reason);
      return core_.ended_.has_value();
    }
    if (const auto* skipped = std::get_if<outcome::skip>(&decided)) {
      skip(id, skipped->message);
    } else {
      grant(id, offered);
    }
    return true;
  }

  void grant(request_id id, worker_id offered) {
    leave_queue(id);
    core_.idle_.erase(core_.workers_, offered);
    request& granted = core_.requests_.at(id);
    granted.holds = offered;
    worker& taken = core_.workers_.at(offered);
    enter(taken, worker_status::checked_out);
    taken.held_by = id;
    const duration waited = now_ - granted.arrived;
    ++core_.counters_.granted;
    core_.counters_.total_wait += waited;
    core_.counters_.longest_wait = std::max(core_.counters_.longest_wait, waited);
    actions_.emplace_back(pool_action::grant{id, offered});
  }

  void skip(request_id id, const std::string& message) {
    forget(id);
    ++core_.counters_.skipped;
    actions_.emplace_back(pool_action::reject{id, reject_reason::skipped, message});
  }

  served drop(request_id id) {
    forget(id);
    ++core_.counters_.timed_out;
    actions_.emplace_back(pool_action::forget{id});
    return served::dropped;
  }

  void reject(request_id id, reject_reason reason) {
    actions_.emplace_back(pool_action::reject{id, reason, {}});
  }

  bool is_late(request_id id) { return core_.requests_.at(id).deadline <= now(); }

  [[nodiscard]] bool is_queued(request_id id) {
    const request* found = find(id);
    return found != nullptr && found->queued;
  }

  request* find(request_id id) {
    const auto found = core_.requests_.find(id);
    return found == core_.requests_.end() ? nullptr : &found->second;
  }

  void enqueue(request_id id) {
    core_.queue_.push_back(core_.requests_, id);
    core_.requests_.at(id).queued = true;
  }

  void leave_queue(request_id id) {
    request& entry = core_.requests_.at(id);
    if (!entry.queued) {
      return;
    }
    if (insists(entry)) {
      core_.workers_.at(entry.wish->worker).wanted_by.erase(core_.requests_, id);
      --core_.waiting_for_one_;
    } else {
      core_.queue_.erase(core_.requests_, id);
    }
    entry.queued = false;
  }

  void forget(request_id id) {
    leave_queue(id);
    core_.requests_.erase(id);
  }

  void cancel(request_id id, const exit_reason& reason) {
    const request* found = find(id);
    // NimblePool: a client that timed out says so even if its request was dropped meanwhile.
    const auto context =
        found != nullptr && found->holds ? cancel_context::checked_out : cancel_context::queued;
    if (crashed(after(callbacks_.handle_cancelled(context))) || found == nullptr) {
      return;
    }
    ++core_.counters_.cancelled;
    if (const auto held = found->holds) {
      forget(id);
      remove_worker(*held, reason);
    } else {
      core_.counters_.timed_out += reason.kind == exit_kind::timeout ? 1 : 0;
      forget(id);
      abort_unwanted_starts();
    }
    settle(looks::corrected_only);
  }

  // -- requests that insist on one worker ---------------------------------------------------------

  static bool insists(const request& entry) {
    return entry.wish && entry.wish->mode != affinity::hint;
  }
  [[nodiscard]] bool insists(request_id id) const { return insists(core_.requests_.at(id)); }

  void take_in_for_one(request_id id) {
    const worker_wish wish = *core_.requests_.at(id).wish;
    const auto wanted = core_.workers_.find(wish.worker);
    // Nobody can have met a worker that is still starting.
    if (wanted == core_.workers_.end() || is_starting(wanted->second)) {
      core_.requests_.erase(id);
      reject(id, reject_reason::worker_gone);
      return;
    }
    if (wish.mode == affinity::strict_fail_fast && wanted->second.status != worker_status::idle) {
      core_.requests_.erase(id);
      reject(id, reject_reason::worker_busy);
      return;
    }
    wanted->second.wanted_by.push_back(core_.requests_, id);
    core_.requests_.at(id).queued = true;
    ++core_.waiting_for_one_;
    serve_who_wants(wish.worker);
  }

  // Serves the requests that wait for this worker, for as long as it is idle and theirs is the turn.
  void serve_who_wants(worker_id wanted) {
    while (!core_.ended_) {
      const auto found = core_.workers_.find(wanted);
      if (found == core_.workers_.end() || found->second.status != worker_status::idle ||
          found->second.wanted_by.empty()) {
        return;
      }
      const request_id head = *found->second.wanted_by.front();
      if (is_late(head)) {
        drop(head);
      } else if (!core_.queue_.empty() &&
                 core_.requests_.at(*core_.queue_.front()).place < core_.requests_.at(head).place) {
        if (serve(*core_.queue_.front(), command_form::enqueued) == served::waits) {
          return;
        }
      } else {
        offer(head, wanted, command_form::enqueued);
      }
    }
  }

  // The worker has gone, and with it what they waited for.
  void reject_who_wanted(const linked_fifo<request_id>& waiting, const exit_reason& reason) {
    for (auto next = waiting.front(); next;) {
      const request_id id = *next;
      next = core_.requests_.at(id).links.after;
      core_.requests_.erase(id);
      --core_.waiting_for_one_;
      actions_.emplace_back(pool_action::reject{id, reject_reason::worker_gone, {}, reason});
    }
  }

  // -- workers ------------------------------------------------------------------------------------

  worker* find_starting(worker_id id) {
    const auto found = core_.workers_.find(id);
    return found == core_.workers_.end() || !is_starting(found->second) ? nullptr : &found->second;
  }

  static bool is_starting(const worker& entry) {
    return entry.status == worker_status::starting || entry.status == worker_status::handshaking;
  }

  void enter(worker& entry, worker_status status) const {
    entry.status = status;
    entry.since = now_;
  }

  void leave_start(worker_id id, const worker& entry) {
    core_.handshaking_ -= entry.status == worker_status::handshaking ? 1 : 0;
    core_.starting_.erase(core_.workers_, id);
  }

  void become_ready(worker_id id, worker& entry) {
    entry.ready = now();
    entry.failures = 0;
    // With a replacement there are no more than before.
    if (!entry.replaces && core_.ready_count() - core_.replaced_ >= core_.prepared_) {
      core_.prepared_ = 0;
    }
    become_idle(id, entry);
    if (const auto old = std::exchange(entry.replaces, std::nullopt)) {
      has_been_replaced(*old);
    }
  }

  void become_idle(worker_id id, worker& entry) {
    note_activity(entry);
    enter(entry, worker_status::idle);
    entry.held_by.reset();
    core_.idle_.push_back(core_.workers_, id);
    if (!entry.wanted_by.empty()) {
      came_free_ = id;
    }
  }

  void note_activity(worker& entry) {
    if (core_.options_.worker_idle_timeout) {
      entry.last_active = now();
    }
  }

  // False when the pool has ended.
  bool check_in(request_id id) {
    const worker_id held = *core_.requests_.at(id).holds;
    const auto decided = after(callbacks_.handle_checkin(id, held));
    if (crashed(decided)) {
      return false;
    }
    forget(id);
    worker& back = core_.workers_.at(held);
    ++back.served;
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      remove_worker(held, removal->reason);
    } else if (back.retiring && back.retiring->replaced) {
      remove_worker(held, exit_reason(back.retiring->reason));
    } else {
      become_idle(held, back);
    }
    return !core_.ended_;
  }

  void inform(worker_id id) {
    const auto decided = after(callbacks_.handle_info(id));
    if (crashed(decided)) {
      return;
    }
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      remove_idle(id, removal->reason);
    } else {
      note_activity(core_.workers_.at(id));
    }
  }

  void remove_worker(worker_id id, const exit_reason& reason) {
    ++core_.counters_.workers_removed;
    reject_who_wanted(core_.workers_.at(id).wanted_by, reason);
    const bool has_successor = leaves_to_successor(id);
    core_.workers_.erase(id);
    if (!crashed(after(callbacks_.terminate_worker(id, reason))) && !core_.options_.lazy &&
        !has_successor) {
      schedule_init();
    }
  }

  void remove_idle(worker_id id, const exit_reason& reason) {
    core_.idle_.erase(core_.workers_, id);
    remove_worker(id, reason);
  }

  template <class WholeMilliseconds>
  [[nodiscard]] bool idle_long_enough(worker_id id, WholeMilliseconds checked_at) const {
    const auto last =
        std::chrono::floor<std::chrono::milliseconds>(core_.workers_.at(id).last_active);
    return checked_at - last >= *core_.options_.worker_idle_timeout;
  }

  void ping(worker_id id) {
    const auto decided = after(callbacks_.handle_ping(id));
    if (crashed(decided)) {
      return;
    }
    if (const auto* removal = std::get_if<outcome::remove>(&decided)) {
      remove_idle(id, removal->reason);
    } else if (const auto* order = std::get_if<outcome::stop>(&decided)) {
      restore_workers_before();
      end(exit_reason::shutdown(to_string(order->reason)).with_cause(order->reason));
    }
  }

  void check_idle_later() {
    if (core_.options_.worker_idle_timeout &&
        callbacks_.implements(optional_callback::handle_ping)) {
      actions_.emplace_back(pool_action::check_idle_after{*core_.options_.worker_idle_timeout});
    }
  }

  // -- replacements of workers --------------------------------------------------------------------

  // The workers that count towards the size of the pool.
  [[nodiscard]] std::size_t standing() const {
    return core_.workers_.size() - core_.surplus_count();
  }

  void has_been_replaced(worker_id old) {
    --core_.replacing_;
    ++core_.replaced_;
    worker& entry = core_.workers_.at(old);
    entry.retiring->replaced = true;
    if (entry.status == worker_status::idle) {
      remove_idle(old, exit_reason(entry.retiring->reason));
    }
  }

  // It stays, and may be recycled again.
  void replacement_failed(worker_id old, const exit_reason& reason) {
    note_init_failure(reason);
    --core_.replacing_;
    core_.workers_.at(old).retiring.reset();
  }

  // Of a worker that goes for whatever reason: whether another has its place, or is about to.
  bool leaves_to_successor(worker_id id) {
    const auto& retiring = core_.workers_.at(id).retiring;
    if (!retiring) {
      return false;
    }
    if (retiring->replaced) {
      --core_.replaced_;
      return true;
    }
    if (retiring->successor) {
      // Which is an ordinary worker from here on.
      --core_.replacing_;
      core_.workers_.at(*retiring->successor).replaces.reset();
      return true;
    }
    std::erase(core_.to_be_replaced_, id);
    return false;
  }

  // -- starts of workers --------------------------------------------------------------------------

  void start_workers() {
    check_idle_later();
    if (!core_.options_.lazy) {
      core_.deferred_.assign(core_.options_.pool_size, 0);
    }
    settle(looks::corrected_only);
    if (!core_.ended_) {
      core_.running_ = true;
      actions_.emplace_back(pool_action::started{});
    }
  }

  [[nodiscard]] bool may_start_another() const {
    return core_.starting_.size() < core_.options_.init_concurrency;
  }

  void init_worker(std::uint32_t failures, std::optional<worker_id> replaces = std::nullopt) {
    const worker_id id{core_.next_worker_++};
    ++core_.counters_.workers_started;
    // Entered first: the callback may already ask for this worker's state.
    worker& entry = core_.workers_[id];
    entry.failures = failures;
    entry.started = now();
    enter(entry, worker_status::starting);
    core_.starting_.push_back(core_.workers_, id);
    if (replaces) {
      entry.replaces = replaces;
      core_.workers_.at(*replaces).retiring->successor = id;
      ++core_.replacing_;
    }
    const auto decided = after(callbacks_.init_worker(id));
    if (std::holds_alternative<outcome::async>(decided)) {
      return;
    }
    leave_start(id, entry);
    if (std::holds_alternative<outcome::ok>(decided)) {
      become_ready(id, entry);
      return;
    }
    core_.workers_.erase(id);
    const auto* failure = std::get_if<outcome::failed>(&decided);
    if (failure == nullptr) {
      crashed(decided);
    } else if (replaces) {
      replacement_failed(*replaces, failure->reason);
    } else {
      init_failed(failures + 1, failure->reason);
    }
  }

  // NimblePool: init_worker_if_lazy_and_empty/1.
  void init_lazily() {
    if (core_.options_.lazy && !enough_on_their_way() && may_start_another() &&
        standing() + core_.to_be_started() < core_.options_.pool_size) {
      init_worker(0);
    }
  }

  void abort_unwanted_starts() {
    while (core_.options_.lazy && core_.options_.cancelled_init == cancelled_init::abort &&
           core_.starting_.size() - core_.replacing_ > core_.queue_.size() &&
           standing() + core_.to_be_started() > core_.prepared_) {
      const worker_id youngest = youngest_start();
      leave_start(youngest, core_.workers_.at(youngest));
      core_.workers_.erase(youngest);
      ++core_.counters_.init_cancelled;
      actions_.emplace_back(pool_action::abort_init{youngest});
    }
  }

  // Of those that replace nobody, of which there is one.
  [[nodiscard]] worker_id youngest_start() const {
    worker_id youngest = *core_.starting_.back();
    while (core_.workers_.at(youngest).replaces) {
      youngest = *core_.workers_.at(youngest).links.before;
    }
    return youngest;
  }

  void schedule_init() {
    ++core_.scheduled_;
    actions_.emplace_back(pool_action::schedule_init{});
  }

  void note_init_failure(const exit_reason& reason) {
    ++core_.counters_.init_failures;
    core_.last_init_failure_ = reason;
  }

  void retry_init_later(std::uint32_t failures, const exit_reason& reason) {
    const init_retry& rule = core_.options_.retry;
    if (failures > rule.retries) {
      end(exit_reason::error("init_failed", "a worker failed to start " + std::to_string(failures) +
                                                " times in a row")
              .with_cause(reason));
      return;
    }
    ++core_.retrying_;
    const backoff delays{backoff_kind::exponential, rule.first, rule.longest};
    actions_.emplace_back(pool_action::retry_init_after{delays.delay(failures, {}, 0), failures});
  }

  // -- the end ------------------------------------------------------------------------------------

  template <class Outcome>
  bool crashed(const Outcome& decided) {
    const auto* found = std::get_if<outcome::crash>(&decided);
    if (found != nullptr) {
      crash(found->reason);
    }
    return found != nullptr;
  }

  static exit_reason violation(const char* type, const char* what, request_id id) {
    return exit_reason::error(type, std::string(what) + " for request " +
                                        std::to_string(static_cast<std::uint64_t>(id)) +
                                        ", which holds no worker");
  }

  void crash(const exit_reason& reason) {
    if (reason.kind == exit_kind::killed || (!core_.running_ && leaves_a_failed_start())) {
      end_silently(reason);
    } else {
      restore_workers_before();
      restore_pool_state_before();
      end(reason);
    }
  }

  // NimblePool: terminate/2.
  void end(const exit_reason& reason) {
    core_.ended_ = reason;
    keep_pool_state();
    std::optional<exit_reason> crash;
    for (const worker_id id : to_be_terminated()) {
      const auto decided = callbacks_.terminate_worker(id, reason);
      if (const auto* found = std::get_if<outcome::crash>(&decided)) {
        crash = found->reason;
        if (stops_terminating(*crash)) {
          break;
        }
      }
      give_back_pool_state();
    }
    if (!crash || !stops_terminating(*crash)) {
      const auto decided = callbacks_.terminate_pool(reason);
      if (const auto* found = std::get_if<outcome::crash>(&decided)) {
        crash = found->reason;
      }
    }
    // As in OTP, a raise in the end is what the pool ends with.
    core_.ended_ = crash ? *crash : reason;
    leave();
  }

  // Without a callback.
  void end_silently(const exit_reason& reason) {
    core_.ended_ = reason;
    leave();
  }

  // What starts is aborted, who waits is told, in the order of arrival.
  void leave() {
    for (auto next = core_.starting_.front(); next; next = core_.workers_.at(*next).links.after) {
      actions_.emplace_back(pool_action::abort_init{*next});
    }
    std::vector<request_id> ids;
    ids.reserve(core_.requests_.size());
    for (const auto& [id, _] : core_.requests_) {
      ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    for (const request_id id : ids) {
      if (core_.requests_.at(id).holds) {
        actions_.emplace_back(pool_action::revoke{id});
      } else {
        reject(id, reject_reason::pool_ended);
      }
    }
    core_.queue_ = {};
    core_.requests_.clear();
    core_.idle_ = {};
    core_.starting_ = {};
    core_.workers_.clear();
    core_.deferred_.clear();
    core_.to_be_replaced_.clear();
    core_.replacing_ = core_.replaced_ = 0;
    core_.waiting_for_one_ = 0;
    core_.handshaking_ = core_.scheduled_ = core_.retrying_ = 0;
    if (core_.running_) {
      actions_.emplace_back(pool_action::exit{*core_.ended_});
    } else {
      actions_.emplace_back(pool_action::start_failed{*core_.ended_});
    }
  }

  // -- where the two sets of rules part: the one place that asks for defects -----------------------

  [[nodiscard]] const pool_defects& defects() const { return core_.defects_; }

  enum class looks : std::uint8_t { as_nimble_pool, corrected_only };

  // After an event: workers that had to wait for their start, then requests that wait for workers.
  void settle(looks when) {
    while (!core_.ended_ && !core_.deferred_.empty() && may_start_another()) {
      const std::uint32_t failures = core_.deferred_.front();
      core_.deferred_.pop_front();
      init_worker(failures);
    }
    while (!core_.ended_ && !core_.to_be_replaced_.empty() && may_start_another()) {
      const worker_id old = core_.to_be_replaced_.front();
      core_.to_be_replaced_.pop_front();
      init_worker(0, old);
    }
    if (const auto freed = std::exchange(came_free_, std::nullopt)) {
      serve_who_wants(*freed);
    }
    if (when == looks::as_nimble_pool || !defects().looks_away) {
      look_at_queue();
    }
  }

  void take_in(request_id id) {
    if (!defects().newcomers_overtake) {
      enqueue(id);
      look_at_queue();
      return;
    }
    const served how = serve(id, command_form::enqueued);
    if (how == served::waits) {
      enqueue(id);
    } else if (how == served::dropped) {
      look_at_queue();
    }
  }

  void look_at_queue() {
    const auto form =
        defects().forgets_wrapped_command ? command_form::original : command_form::enqueued;
    while (!core_.ended_ && !core_.queue_.empty()) {
      const request_id head = *core_.queue_.front();
      const served how = serve(head, form);
      if (how == served::waits && defects().head_moves_to_the_back) {
        leave_queue(head);
        enqueue(head);
      }
      if (how == served::waits || (how == served::yes && defects().looks_away)) {
        return;
      }
    }
  }

  bool is_late_after_start(request_id id) { return !defects().serves_the_late && is_late(id); }

  [[nodiscard]] bool enough_on_their_way() const {
    return !defects().counts_no_starting_worker &&
           core_.starting_.size() + core_.to_be_started() >= core_.queue_.size();
  }

  void init_failed(std::uint32_t failures, const exit_reason& reason) {
    note_init_failure(reason);
    if (defects().retries_init_at_once) {
      schedule_init();
    } else {
      retry_init_later(failures, reason);
    }
  }

  void async_init_failed(std::uint32_t failures, const exit_reason& reason) {
    note_init_failure(reason);
    if (defects().retries_init_at_once) {
      init_worker(0);
    } else {
      retry_init_later(failures, reason);
    }
  }

  void remember_the_state_before() {
    if (defects().ends_in_the_state_before) {
      before_.emplace(workers_before{core_.workers_, core_.idle_, core_.starting_});
      callbacks_.save_states();
    }
  }
  void restore_workers_before() {
    if (before_) {
      core_.workers_ = before_->workers;
      core_.idle_ = before_->idle;
      core_.starting_ = before_->starting;
      callbacks_.restore_worker_states();
    }
  }
  void restore_pool_state_before() {
    if (before_) {
      callbacks_.restore_pool_state();
    }
  }

  void keep_pool_state() {
    if (defects().forgets_pool_state_at_the_end) {
      callbacks_.save_states();
    }
  }
  void give_back_pool_state() {
    if (defects().forgets_pool_state_at_the_end) {
      callbacks_.restore_pool_state();
    }
  }

  [[nodiscard]] bool takes_back_from_the_gone() const {
    return !defects().gives_workers_to_the_gone;
  }

  [[nodiscard]] bool leaves_a_failed_start() const { return defects().abandons_workers; }
  [[nodiscard]] bool stops_terminating(const exit_reason& crash) const {
    return defects().abandons_workers || crash.kind == exit_kind::killed;
  }

  // The idle ones in their order; under corrected rules then those that are checked out.
  [[nodiscard]] std::vector<worker_id> to_be_terminated() const {
    std::vector<worker_id> ids;
    for (auto next = core_.idle_.front(); next; next = core_.workers_.at(*next).links.after) {
      ids.push_back(*next);
    }
    if (!defects().abandons_workers) {
      const auto idle = static_cast<std::ptrdiff_t>(ids.size());
      for (const auto& [id, entry] : core_.workers_) {
        if (entry.status == worker_status::checked_out) {
          ids.push_back(id);
        }
      }
      std::sort(ids.begin() + idle, ids.end());
    }
    return ids;
  }

  // -- time ---------------------------------------------------------------------------------------

  template <class Outcome>
  Outcome after(Outcome decided) {
    time_has_passed_ = true;
    return decided;
  }

  time_point now() {
    if (std::exchange(time_has_passed_, false)) {
      now_ = callbacks_.now();
    }
    return now_;
  }

  struct workers_before {
    std::unordered_map<worker_id, worker> workers;
    linked_fifo<worker_id> idle;
    linked_fifo<worker_id> starting;
  };

  pool_core& core_;
  time_point now_;
  worker_callbacks& callbacks_;
  std::vector<any_pool_action>& actions_;
  std::optional<workers_before> before_;  // under nimble_pool rules only
  bool time_has_passed_ = false;
  std::optional<worker_id> came_free_;  // a worker that somebody waits for; no event frees two
};

void pool_core::step(const any_pool_event& event, time_point now, worker_callbacks& callbacks,
                     std::vector<any_pool_action>& actions) {
  std::visit(turn(*this, now, callbacks, actions), event);
}

std::optional<time_point> pool_core::oldest_wait() const {
  std::optional<time_point> oldest;
  const auto look_at = [&](const linked_fifo<request_id>& queue) {
    if (queue.front()) {
      const time_point arrived = requests_.at(*queue.front()).arrived;
      oldest = oldest ? std::min(*oldest, arrived) : arrived;
    }
  };
  look_at(queue_);
  if (waiting_for_one_ != 0) {
    for (const auto& [id, entry] : workers_) {
      look_at(entry.wanted_by);
    }
  }
  return oldest;
}

}  // namespace slipway
