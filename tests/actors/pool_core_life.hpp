// slipway/tests/actors/pool_core_life.hpp
//
// A random life of a pool's core: any event at any time, callbacks that return anything legal, and its
// invariants after each step. A seed is a life.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace slipway::lives {

inline const exit_reason broken = exit_reason::error("broken", "for good");

// Workers that do anything legal, and a record of which live.
class random_workers final : public worker_callbacks {
 public:
  explicit random_workers(std::mt19937& random) : random_(random) {}

  std::set<worker_id> alive;
  std::set<worker_id> starting;
  std::set<worker_id> terminated;
  bool may_terminate_twice = false;
  bool crashes = false;
  time_point clock{};

  [[nodiscard]] bool implements(optional_callback /*which*/) const override { return true; }
  [[nodiscard]] time_point now() const override { return clock; }

  init_pool_outcome init_pool() override { return outcome::ok{}; }
  init_outcome init_worker(worker_id worker) override {
    clock += std::chrono::milliseconds(random_() % 4);
    switch (random_() % 8) {
      case 0:
        return outcome::failed{broken};
      case 1:
      case 2:
      case 3:
        alive.insert(worker);
        return outcome::ok{};
      default:
        starting.insert(worker);
        return outcome::async{};
    }
  }
  enqueue_outcome handle_enqueue(request_id /*request*/) override {
    if (random_() % 16 == 0) {
      return outcome::skip{"at enqueue"};
    }
    return outcome::ok{};
  }
  checkout_outcome handle_checkout(request_id /*request*/, worker_id worker,
                                   command_form /*form*/) override {
    EXPECT_TRUE(alive.contains(worker));
    switch (random_() % 10) {
      case 0:
        return outcome::remove{broken};
      case 1:
        return outcome::skip{"at checkout"};
      default:
        return ok_or_crash<checkout_outcome>();
    }
  }
  checkin_outcome handle_checkin(request_id /*request*/, worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_remove<checkin_outcome>();
  }
  plain_outcome handle_update(request_id /*request*/, worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_crash<plain_outcome>();
  }
  info_outcome handle_info(worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_remove<info_outcome>();
  }
  ping_outcome handle_ping(worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_remove<ping_outcome>();
  }
  plain_outcome handle_cancelled(cancel_context /*context*/) override { return outcome::ok{}; }
  plain_outcome terminate_worker(worker_id worker, const exit_reason& /*reason*/) override {
    const bool was_alive = alive.erase(worker) == 1;
    EXPECT_TRUE(was_alive || may_terminate_twice) << "terminated, but was not alive";
    EXPECT_TRUE(terminated.insert(worker).second || may_terminate_twice) << "terminated twice";
    return outcome::ok{};
  }
  plain_outcome terminate_pool(const exit_reason& /*reason*/) override { return outcome::ok{}; }
  void save_states() override {}
  void restore_worker_states() override {}
  void restore_pool_state() override {}

 private:
  template <class Outcome>
  Outcome ok_or_remove() {
    if (random_() % 8 == 0) {
      return outcome::remove{broken};
    }
    return ok_or_crash<Outcome>();
  }
  template <class Outcome>
  Outcome ok_or_crash() {
    if (crashes && random_() % 400 == 0) {
      return outcome::crash{broken};
    }
    return outcome::ok{};
  }
  std::mt19937& random_;
};

class pool_core_life {
 public:
  explicit pool_core_life(unsigned seed) : random_(seed), workers_(random_), core_(options()) {
    corrected_ = core_.options().rules == pool_rules::corrected;
    workers_.may_terminate_twice = !corrected_;
    step(pool_event::start{});
    workers_.crashes = true;
  }

  /// @returns how many events there were.
  int run(int most_events) {
    int events = 0;
    for (; events < most_events && !core_.ended() && !::testing::Test::HasFailure(); ++events) {
      workers_.clock += std::chrono::milliseconds(random_() % 20);
      step(next_event());
      check();
    }
    if (random_() % 2 == 0) {
      if (random_() % 2 == 0) {
        step(pool_event::checkin{request_id{2'000'000}});
      } else {
        step(pool_event::update{request_id{2'000'000}});
      }
      EXPECT_TRUE(core_.ended()) << "a violation of the protocol ends the pool";
    }
    step(pool_event::stop{exit_reason::shutdown()});
    EXPECT_THAT(waiting_, ::testing::IsEmpty()) << "answered with the pool";
    EXPECT_THAT(granted_, ::testing::IsEmpty()) << "revoked with the pool";
    EXPECT_THAT(workers_.starting, ::testing::IsEmpty()) << "aborted with the pool";
    if (corrected_) {
      EXPECT_THAT(workers_.alive, ::testing::IsEmpty()) << "terminated with the pool";
    }
    EXPECT_TRUE(exited_);
    return events;
  }

 private:
  pool_core_options options() {
    pool_core_options made;
    made.pool_size = 1 + random_() % 5;
    made.lazy = random_() % 2 == 0;
    made.max_queue = 3 + random_() % 20;
    // Never enough failures in a row to end the run early.
    made.retry.retries = 1000;
    made.rules = random_() % 4 == 0 ? pool_rules::nimble_pool : pool_rules::corrected;
    if (random_() % 2 == 0) {
      made.init_concurrency = 1 + random_() % 3;
    }
    if (random_() % 2 == 0) {
      made.cancelled_init = cancelled_init::abort;
    }
    if (random_() % 2 == 0) {
      made.worker_idle_timeout = std::chrono::milliseconds(20 + random_() % 100);
      made.max_idle_pings = 1 + random_() % 3;
    }
    return made;
  }

  any_pool_event next_event() {
    switch (random_() % 17) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return pool_event::checkout{request_id{++last_request_},
                                    workers_.clock + std::chrono::milliseconds(random_() % 300),
                                    random_wish()};
      case 5:
      case 6:
      case 7:
        if (!granted_.empty()) {
          return pool_event::checkin{one_of(granted_)};
        }
        [[fallthrough]];
      case 8:
        if (!granted_.empty()) {
          return pool_event::update{one_of(granted_)};
        }
        [[fallthrough]];
      case 9:
        return pool_event::cancel{any_request(random_() % 2 == 0 ? granted_ : waiting_), broken};
      case 10:
        return pool_event::client_down{any_request(random_() % 2 == 0 ? granted_ : waiting_),
                                       broken};
      case 11:
        if (!granted_.empty() && corrected_) {
          return pool_event::undelivered{one_of(granted_)};
        }
        [[fallthrough]];
      case 12:
        return finish_something();
      case 13:
        return pool_event::info{};
      case 14:
        return core_.options().worker_idle_timeout ? any_pool_event(pool_event::check_idle{})
                                                   : any_pool_event(pool_event::prepare{2});
      case 15:
        return pool_event::recycle{any_worker(), exit_reason::shutdown("old")};
      default:
        return pool_event::worker_info{worker_id{random_() % 50}};
    }
  }

  // Mostly for a worker that lives, as that of a session does.
  std::optional<worker_wish> random_wish() {
    if (random_() % 2 == 0) {
      return std::nullopt;
    }
    const auto mode = static_cast<affinity>(random_() % 3);
    return worker_wish{any_worker(), mode};
  }

  worker_id any_worker() {
    if (workers_.alive.empty() || random_() % 10 == 0) {
      return worker_id{random_() % 50};
    }
    return *std::next(workers_.alive.begin(), static_cast<long>(random_() % workers_.alive.size()));
  }

  any_pool_event finish_something() {
    if (!workers_.starting.empty()) {
      return finish_start(random_() % 4 != 0);
    }
    if (!retries_.empty()) {
      const auto failures = retries_.back();
      retries_.pop_back();
      return pool_event::retry_init{failures};
    }
    return pool_event::worker_handshaking{worker_id{random_() % 50}};
  }

  any_pool_event finish_start(bool success) {
    const worker_id worker = *workers_.starting.begin();
    workers_.starting.erase(worker);
    if (success) {
      workers_.alive.insert(worker);
      return pool_event::worker_ready{worker};
    }
    return pool_event::worker_failed{worker, broken};
  }

  request_id one_of(const std::set<request_id>& from) {
    return *std::next(from.begin(), static_cast<long>(random_() % from.size()));
  }
  request_id any_request(const std::set<request_id>& from) {
    if (from.empty() || random_() % 20 == 0) {
      return request_id{1'000'000 + random_() % 10};  // one that the pool never saw
    }
    return one_of(from);
  }

  void step(const any_pool_event& event) {
    note(event);
    std::vector<any_pool_action> actions;
    core_.step(event, workers_.clock, workers_, actions);
    for (const auto& action : actions) {
      perform(action);
    }
    while (!notes_to_self_.empty()) {
      notes_to_self_.pop_front();
      step(pool_event::init_worker{});
    }
  }

  void note(const any_pool_event& event) {
    if (const auto* asked = std::get_if<pool_event::checkout>(&event)) {
      waiting_.insert(asked->request);
      wishes_[asked->request] = asked->wish;
    } else if (const auto* back = std::get_if<pool_event::checkin>(&event)) {
      ending_ = back->request;
    } else if (const auto* unseen = std::get_if<pool_event::undelivered>(&event)) {
      ending_ = unseen->request;
    } else if (const auto* over = std::get_if<pool_event::cancel>(&event)) {
      ending_ = over->request;
    } else if (const auto* down = std::get_if<pool_event::client_down>(&event)) {
      ending_ = down->request;
    }
    granted_.erase(ending_);
    waiting_.erase(ending_);
  }

  void perform(const any_pool_action& action) {
    if (const auto* grant = std::get_if<pool_action::grant>(&action)) {
      EXPECT_EQ(waiting_.erase(grant->request), 1U) << "answered twice or never asked";
      check_order(*grant);
      granted_.insert(grant->request);
    } else if (const auto* reject = std::get_if<pool_action::reject>(&action)) {
      EXPECT_EQ(waiting_.erase(reject->request), 1U) << "answered twice or never asked";
    } else if (const auto* late = std::get_if<pool_action::forget>(&action)) {
      EXPECT_EQ(waiting_.erase(late->request), 1U) << "answered twice or never asked";
    } else if (const auto* revoke = std::get_if<pool_action::revoke>(&action)) {
      // A crash in its very checkin revokes what it was about to end.
      EXPECT_TRUE(granted_.erase(revoke->request) == 1U || revoke->request == ending_);
    } else if (const auto* retry = std::get_if<pool_action::retry_init_after>(&action)) {
      retries_.push_back(retry->failures);
    } else if (const auto* aborted = std::get_if<pool_action::abort_init>(&action)) {
      // To the letter, a crash brings back the start whose end it handled.
      EXPECT_TRUE(workers_.starting.erase(aborted->worker) == 1U || !corrected_)
          << "aborted, but was not starting";
    } else if (std::holds_alternative<pool_action::schedule_init>(action)) {
      notes_to_self_.emplace_back();
    } else if (std::holds_alternative<pool_action::exit>(action)) {
      EXPECT_FALSE(exited_) << "a pool ends once";
      exited_ = true;
    }
  }

  // Who takes any worker is served after whoever came before him and takes any; who insists on one,
  // after whoever came before him and insists on the same.
  void check_order(const pool_action::grant& grant) {
    const auto& wish = wishes_[grant.request];
    const bool insists = wish && wish->mode != affinity::hint;
    if (insists) {
      EXPECT_EQ(wish->worker, grant.worker) << "a worker that was not wanted";
    }
    if (!corrected_ && !insists) {
      return;
    }
    request_id& last = insists ? last_granted_of_[grant.worker] : last_granted_;
    EXPECT_TRUE(grant.request > last) << "first come, first served";
    last = grant.request;
  }

  void check() {
    if (core_.ended()) {
      return;
    }
    const std::size_t size = core_.options().pool_size;
    const std::size_t standing = core_.workers().size() - core_.surplus_count();
    EXPECT_LE(standing + core_.to_be_started(), size);
    EXPECT_LE(core_.queue_length(), core_.options().max_queue);
    EXPECT_EQ(core_.queue_length(), waiting_.size());
    check_states();
    check_replacements();
    if (core_.starting_count() < core_.options().init_concurrency) {
      EXPECT_EQ(core_.to_be_started(), retries_.size()) << "a start that nobody will begin";
    }
    if (corrected_) {
      EXPECT_FALSE(!core_.queue().empty() && core_.idle_count() > 0)
          << "a client waits beside an idle worker";
      EXPECT_LE(core_.starting_count(), core_.options().init_concurrency);
    }
    if (!core_.options().lazy) {
      EXPECT_EQ(standing + core_.to_be_started(), size) << "capacity is kept";
    } else if (corrected_ && !core_.queue().empty()) {
      EXPECT_TRUE(core_.starting_count() + core_.to_be_started() > 0 || standing == size)
          << "a client waits and nobody comes";
    }
  }

  // Each worker is in exactly one state, and the lists agree with the states.
  void check_states() {
    std::size_t checked_out = 0;
    std::size_t starting = 0;
    std::size_t idle = 0;
    for (const auto& [id, worker] : core_.workers()) {
      checked_out += worker.status == worker_status::checked_out ? 1U : 0U;
      idle += worker.status == worker_status::idle ? 1U : 0U;
      starting +=
          worker.status == worker_status::starting || worker.status == worker_status::handshaking
              ? 1U
              : 0U;
      EXPECT_FALSE(!worker.wanted_by.empty() && worker.status != worker_status::checked_out)
          << "a client waits for a worker that is idle";
      EXPECT_EQ(worker.held_by.has_value(), worker.status == worker_status::checked_out);
    }
    EXPECT_EQ(checked_out, granted_.size());
    EXPECT_EQ(starting, workers_.starting.size());
    EXPECT_EQ(starting, core_.starting_count());
    EXPECT_EQ(idle, core_.idle_count());
    EXPECT_EQ(idle, length(core_.idle()));
    EXPECT_EQ(checked_out + idle, workers_.alive.size());
    EXPECT_EQ(checked_out + idle, core_.ready_count());
  }

  // Each replacement under way belongs to one worker that is there, and the surplus is theirs.
  void check_replacements() {
    std::size_t surplus = 0;
    for (const auto& [id, worker] : core_.workers()) {
      if (worker.replaces) {
        ++surplus;
        const auto old = core_.workers().find(*worker.replaces);
        ASSERT_NE(old, core_.workers().end()) << "it replaces nobody";
        ASSERT_TRUE(old->second.retiring);
        EXPECT_EQ(old->second.retiring->successor, id);
        EXPECT_FALSE(old->second.retiring->replaced);
      }
      if (worker.retiring && worker.retiring->replaced) {
        ++surplus;
        EXPECT_EQ(worker.status, worker_status::checked_out) << "replaced, idle and still there";
      }
    }
    EXPECT_EQ(core_.surplus_count(), surplus);
  }

  std::size_t length(const linked_fifo<worker_id>& list) const {
    std::size_t count = 0;
    for (auto next = list.front(); next; next = core_.workers().at(*next).links.after) {
      ++count;
    }
    return count;
  }

  std::mt19937 random_;
  random_workers workers_;
  pool_core core_;
  bool corrected_ = true;
  bool exited_ = false;
  std::uint64_t last_request_ = 0;
  request_id last_granted_{0};
  std::map<worker_id, request_id> last_granted_of_;
  std::map<request_id, std::optional<worker_wish>> wishes_;
  request_id ending_{0};
  std::set<request_id> waiting_;
  std::set<request_id> granted_;
  std::vector<std::uint32_t> retries_;
  std::deque<int> notes_to_self_;
};

}  // namespace slipway::lives
