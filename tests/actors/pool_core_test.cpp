// slipway/tests/actors/pool_core_test.cpp
//
// The rules of the pool, on a clock that the test turns, with workers whose outcomes the test
// writes down.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Appended, for GCC 12 warns wrongly of `"w" + std::to_string(…)` when it optimises.
std::string text(worker_id id) {
  return std::string("w").append(std::to_string(static_cast<std::uint64_t>(id)));
}
std::string text(request_id id) {
  return std::string("r").append(std::to_string(static_cast<std::uint64_t>(id)));
}

// Workers by script: each callback takes its next outcome, or ok when there is none.
class scripted_workers final : public worker_callbacks {
 public:
  std::deque<init_outcome> init;
  std::deque<checkout_outcome> checkout;
  std::deque<checkin_outcome> checkin;
  std::deque<info_outcome> info;
  init_outcome default_init = outcome::ok{};
  std::vector<std::string> log;

  init_outcome init_worker(worker_id worker) override {
    log.push_back("init " + text(worker));
    return next(init, default_init);
  }
  checkout_outcome handle_checkout(request_id request, worker_id worker) override {
    log.push_back("checkout " + text(request) + " " + text(worker));
    return next<checkout_outcome>(checkout, outcome::ok{});
  }
  checkin_outcome handle_checkin(request_id request, worker_id worker) override {
    log.push_back("checkin " + text(request) + " " + text(worker));
    return next<checkin_outcome>(checkin, outcome::ok{});
  }
  info_outcome handle_info(worker_id worker) override {
    log.push_back("info " + text(worker));
    return next<info_outcome>(info, outcome::ok{});
  }
  void handle_cancelled(cancel_context context) override {
    log.emplace_back(context == cancel_context::queued ? "cancelled queued"
                                                       : "cancelled checked_out");
  }
  void terminate_worker(worker_id worker, const exit_reason& reason) override {
    log.push_back("terminate " + text(worker) + " " + to_string(reason));
  }
  void terminate_pool(const exit_reason& reason) override {
    log.push_back("terminate_pool " + to_string(reason));
  }

 private:
  template <class Outcome>
  static Outcome next(std::deque<Outcome>& script, Outcome otherwise) {
    if (script.empty()) {
      return otherwise;
    }
    Outcome first = std::move(script.front());
    script.pop_front();
    return first;
  }
};

struct action_text {
  std::string operator()(const pool_action::grant& action) const {
    return "grant " + text(action.request) + " " + text(action.worker);
  }
  std::string operator()(const pool_action::reject& action) const {
    static constexpr const char* names[] = {"timeout", "overloaded", "skipped", "pool_stopped"};
    return "reject " + text(action.request) + " " + names[static_cast<int>(action.reason)];
  }
  std::string operator()(const pool_action::revoke& action) const {
    return "revoke " + text(action.request);
  }
  std::string operator()(const pool_action::abort_init& action) const {
    return "abort " + text(action.worker);
  }
  std::string operator()(const pool_action::retry_init_after& action) const {
    return "retry " + std::to_string(action.failures) + " after " +
           std::to_string(
               std::chrono::duration_cast<std::chrono::milliseconds>(action.delay).count());
  }
  std::string operator()(const pool_action::exit& action) const {
    return "exit " + to_string(action.reason);
  }
};

class pool_core_rules : public testing::Test {
 protected:
  void start(pool_core_options options) {
    core.emplace(options);
    happens(pool_event::start{});
    workers.log.clear();
  }
  void start(std::size_t size) { start({.pool_size = size}); }

  std::vector<std::string> happens(const any_pool_event& event) {
    std::vector<any_pool_action> actions;
    core->step(event, now, workers, actions);
    std::vector<std::string> texts;
    texts.reserve(actions.size());
    for (const auto& action : actions) {
      texts.push_back(std::visit(action_text{}, action));
    }
    return texts;
  }
  std::vector<std::string> checkout(std::uint64_t request, duration timeout = 1h) {
    return happens(pool_event::checkout{request_id{request}, now + timeout});
  }
  std::vector<std::string> checkin(std::uint64_t request) {
    return happens(pool_event::checkin{request_id{request}});
  }
  std::vector<std::string> cancel(std::uint64_t request, exit_reason reason) {
    return happens(pool_event::cancel{request_id{request}, std::move(reason)});
  }
  std::vector<std::string> ready(std::uint64_t worker) {
    return happens(pool_event::worker_ready{worker_id{worker}});
  }
  std::vector<std::string> failed(std::uint64_t worker) {
    return happens(
        pool_event::worker_failed{worker_id{worker}, exit_reason::error("handshake", "no")});
  }

  scripted_workers workers;
  std::optional<pool_core> core;
  time_point now{};
};

const exit_reason broken = exit_reason::error("broken", "for good");

TEST_F(pool_core_rules, an_eager_pool_starts_all_workers_and_a_lazy_one_none) {
  core.emplace(pool_core_options{.pool_size = 3});
  happens(pool_event::start{});
  EXPECT_THAT(workers.log, ElementsAre("init w1", "init w2", "init w3"));
  workers.log.clear();
  core.emplace(pool_core_options{.pool_size = 3, .lazy = true});
  happens(pool_event::start{});
  EXPECT_THAT(workers.log, IsEmpty());
}

TEST_F(pool_core_rules, workers_are_lent_in_the_order_in_which_they_came_back) {
  start(2);
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w1"));
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w2"));
  checkin(2);
  checkin(1);
  EXPECT_THAT(checkout(3), ElementsAre("grant r3 w2"));
  EXPECT_THAT(checkout(4), ElementsAre("grant r4 w1"));
}

TEST_F(pool_core_rules, waiting_requests_are_served_first_come_first_served) {
  start(1);
  checkout(1);
  EXPECT_THAT(checkout(2), IsEmpty());
  EXPECT_THAT(checkout(3), IsEmpty());
  EXPECT_THAT(checkin(1), ElementsAre("grant r2 w1"));
  EXPECT_THAT(checkin(2), ElementsAre("grant r3 w1"));
}

TEST_F(pool_core_rules, a_request_whose_deadline_is_exactly_now_has_timed_out) {
  start(1);
  checkout(1);
  checkout(2, 100ms);
  checkout(3, 200ms);
  now += 100ms;
  EXPECT_THAT(checkin(1), ElementsAre("reject r2 timeout", "grant r3 w1"));
}

TEST_F(pool_core_rules, a_queued_request_that_is_cancelled_is_forgotten_at_once) {
  start(1);
  checkout(1);
  checkout(2);
  checkout(3);
  cancel(2, exit_reason::timeout());
  EXPECT_EQ(core->queue_length(), 1U);
  EXPECT_FALSE(core->requests().contains(request_id{2}));
  EXPECT_THAT(workers.log, ElementsAre("checkout r1 w1", "cancelled queued"));
  EXPECT_THAT(checkin(1), ElementsAre("grant r3 w1"));
}

TEST_F(pool_core_rules, a_client_that_fails_with_its_worker_costs_that_worker_which_is_replaced) {
  start(1);
  checkout(1);
  workers.log.clear();
  cancel(1, broken);
  EXPECT_THAT(workers.log, ElementsAre("cancelled checked_out",
                                       "terminate w1 error broken: for good", "init w2"));
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w2"));
}

TEST_F(pool_core_rules, a_late_cancel_of_an_unknown_request_harms_nobody) {
  start(1);
  checkout(1);
  cancel(99, exit_reason::timeout());
  EXPECT_THAT(checkin(1), IsEmpty());
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w1"));
}

TEST_F(pool_core_rules, a_second_checkin_of_one_request_is_ignored) {
  start(1);
  checkout(1);
  checkin(1);
  EXPECT_THAT(checkin(1), IsEmpty());
  EXPECT_EQ(core->idle_count(), 1U);
}

TEST_F(pool_core_rules,
       a_worker_that_checkout_removes_is_replaced_and_the_request_goes_to_the_next) {
  start(2);
  workers.checkout = {outcome::remove{broken}};
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w2"));
  EXPECT_THAT(workers.log, ElementsAre("checkout r1 w1", "terminate w1 error broken: for good",
                                       "init w3", "checkout r1 w2"));
}

TEST_F(pool_core_rules, a_skip_fails_the_request_and_keeps_the_worker_for_the_next_one) {
  start(1);
  checkout(1);
  checkout(2);
  checkout(3);
  workers.checkout = {outcome::skip{}};
  EXPECT_THAT(checkin(1), ElementsAre("reject r2 skipped", "grant r3 w1"));
}

TEST_F(pool_core_rules, a_worker_that_checkin_removes_is_replaced) {
  start(1);
  checkout(1);
  workers.checkin = {outcome::remove{broken}};
  workers.log.clear();
  checkin(1);
  EXPECT_THAT(workers.log,
              ElementsAre("checkin r1 w1", "terminate w1 error broken: for good", "init w2"));
}

TEST_F(pool_core_rules, an_idle_worker_to_which_something_happened_may_be_removed) {
  start(2);
  workers.info = {outcome::remove{broken}};
  happens(pool_event::worker_info{worker_id{1}});
  EXPECT_THAT(workers.log,
              ElementsAre("info w1", "terminate w1 error broken: for good", "init w3"));
}

TEST_F(pool_core_rules, what_happens_to_a_checked_out_worker_waits_for_its_checkin) {
  start(1);
  checkout(1);
  workers.log.clear();
  happens(pool_event::worker_info{worker_id{1}});
  EXPECT_THAT(workers.log, IsEmpty());
}

TEST_F(pool_core_rules, an_answer_that_reached_nobody_gives_the_worker_back_unharmed) {
  start(1);
  checkout(1);
  checkout(2);
  workers.log.clear();
  EXPECT_THAT(happens(pool_event::undelivered{request_id{1}}), ElementsAre("grant r2 w1"));
  EXPECT_THAT(workers.log, ElementsAre("checkin r1 w1", "checkout r2 w1"));
}

TEST_F(pool_core_rules, requests_wait_while_workers_start_and_are_served_as_they_become_ready) {
  workers.default_init = outcome::async{};
  start(2);
  EXPECT_THAT(checkout(1), IsEmpty());
  happens(pool_event::worker_handshaking{worker_id{2}});
  EXPECT_EQ(core->workers().at(worker_id{2}).status, worker_status::handshaking);
  EXPECT_THAT(ready(2), ElementsAre("grant r1 w2"));
  EXPECT_THAT(ready(1), IsEmpty());
  EXPECT_EQ(core->idle_count(), 1U);
}

TEST_F(pool_core_rules, a_client_that_leaves_while_a_worker_starts_leaves_the_worker_to_the_next) {
  workers.default_init = outcome::async{};
  start({.pool_size = 1, .lazy = true});
  checkout(1);
  EXPECT_THAT(workers.log, ElementsAre("init w1"));
  cancel(1, exit_reason::timeout());
  EXPECT_THAT(ready(1), IsEmpty());
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w1"));
}

TEST_F(pool_core_rules, a_lazy_pool_counts_a_starting_worker_as_on_its_way) {
  workers.default_init = outcome::async{};
  start({.pool_size = 3, .lazy = true});
  checkout(1);
  cancel(1, exit_reason::timeout());
  checkout(2);
  EXPECT_THAT(workers.log, ElementsAre("init w1", "cancelled queued"));
  checkout(3);
  EXPECT_EQ(core->workers().size(), 2U);
}

TEST_F(pool_core_rules, a_lazy_pool_starts_no_more_workers_than_its_size) {
  start({.pool_size = 2, .lazy = true});
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w1"));
  EXPECT_THAT(checkout(2), ElementsAre("grant r2 w2"));
  EXPECT_THAT(checkout(3), IsEmpty());
  EXPECT_EQ(core->workers().size(), 2U);
}

TEST_F(pool_core_rules, a_lazy_place_that_is_freed_serves_the_queue) {
  start({.pool_size = 1, .lazy = true});
  checkout(1);
  checkout(2);
  EXPECT_THAT(cancel(1, broken), ElementsAre("grant r2 w2"));
}

TEST_F(pool_core_rules, a_failed_start_is_tried_again_after_a_delay_that_doubles) {
  workers.default_init = outcome::async{};
  start({.pool_size = 1, .retry = {.retries = 3, .first = 100ms, .longest = 250ms}});
  EXPECT_THAT(failed(1), ElementsAre("retry 1 after 100"));
  happens(pool_event::retry_init{1});
  EXPECT_THAT(failed(2), ElementsAre("retry 2 after 200"));
  happens(pool_event::retry_init{2});
  EXPECT_THAT(failed(3), ElementsAre("retry 3 after 250"));
}

TEST_F(pool_core_rules, a_pool_whose_worker_cannot_start_ends_with_the_reason_beneath) {
  workers.default_init = outcome::async{};
  start({.pool_size = 1, .retry = {.retries = 1}});
  checkout(1);
  failed(1);
  happens(pool_event::retry_init{1});
  const auto actions = failed(2);
  EXPECT_THAT(actions,
              ElementsAre("reject r1 pool_stopped", testing::StartsWith("exit error init_failed")));
  ASSERT_TRUE(core->ended() && core->ended()->cause);
  EXPECT_EQ(core->ended()->cause->type, "handshake");
}

TEST_F(pool_core_rules, a_start_that_succeeds_forgets_the_failures_before_it) {
  workers.default_init = outcome::async{};
  start({.pool_size = 1, .retry = {.retries = 1}});
  failed(1);
  happens(pool_event::retry_init{1});
  ready(2);
  checkout(1);
  cancel(1, broken);
  EXPECT_THAT(failed(3), ElementsAre("retry 1 after 100"));
}

TEST_F(pool_core_rules, a_full_queue_refuses_the_newcomer_and_nobody_else) {
  start({.pool_size = 1, .max_queue = 1});
  checkout(1);
  EXPECT_THAT(checkout(2), IsEmpty());
  EXPECT_THAT(checkout(3), ElementsAre("reject r3 overloaded"));
  EXPECT_THAT(checkin(1), ElementsAre("grant r2 w1"));
}

TEST_F(pool_core_rules, a_pool_without_queue_still_serves_whom_it_has_a_worker_for) {
  start({.pool_size = 1, .max_queue = 0});
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w1"));
  EXPECT_THAT(checkout(2), ElementsAre("reject r2 overloaded"));
}

TEST_F(pool_core_rules, a_stopping_pool_answers_all_and_ends_every_worker_once) {
  workers.init = {outcome::ok{}, outcome::ok{}, outcome::async{}};
  start(3);
  checkout(1);
  checkout(2);
  checkout(3);
  checkout(4);
  checkin(1);  // r3 gets w1
  checkin(2);  // r4 gets w2
  checkout(5);
  workers.log.clear();
  EXPECT_THAT(
      happens(pool_event::stop{exit_reason::shutdown()}),
      ElementsAre("reject r5 pool_stopped", "revoke r3", "revoke r4", "abort w3", "exit shutdown"));
  EXPECT_THAT(workers.log, ElementsAre("terminate w1 shutdown", "terminate w2 shutdown",
                                       "terminate_pool shutdown"));
}

TEST_F(pool_core_rules, nothing_happens_in_a_pool_that_has_ended_but_a_refusal) {
  start(1);
  checkout(1);
  happens(pool_event::stop{exit_reason::normal()});
  workers.log.clear();
  EXPECT_THAT(checkin(1), IsEmpty());
  EXPECT_THAT(cancel(1, broken), IsEmpty());
  EXPECT_THAT(happens(pool_event::retry_init{1}), IsEmpty());
  EXPECT_THAT(happens(pool_event::stop{broken}), IsEmpty());
  EXPECT_THAT(checkout(2), ElementsAre("reject r2 pool_stopped"));
  EXPECT_THAT(workers.log, IsEmpty());
  EXPECT_EQ(core->ended(), exit_reason::normal());
}

TEST_F(pool_core_rules, copies_of_a_core_are_equal_and_go_on_alike) {
  start(2);
  checkout(1);
  checkout(2);
  checkout(3);
  pool_core copy = *core;
  EXPECT_EQ(copy, *core);
  checkin(1);
  EXPECT_NE(copy, *core);
  std::vector<any_pool_action> actions;
  copy.step(pool_event::checkin{request_id{1}}, now, workers, actions);
  EXPECT_EQ(copy, *core);
}

// -- random events against the invariants ---------------------------------------------------------

// Workers that do anything legal, and a record of what was promised to whom.
class random_workers final : public worker_callbacks {
 public:
  explicit random_workers(std::mt19937& random) : random_(random) {}

  std::set<worker_id> alive;
  std::set<worker_id> starting;
  std::set<worker_id> terminated;

  init_outcome init_worker(worker_id worker) override {
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
  checkout_outcome handle_checkout(request_id /*request*/, worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    switch (random_() % 10) {
      case 0:
        return outcome::remove{broken};
      case 1:
        return outcome::skip{};
      default:
        return outcome::ok{};
    }
  }
  checkin_outcome handle_checkin(request_id /*request*/, worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_remove<checkin_outcome>();
  }
  info_outcome handle_info(worker_id worker) override {
    EXPECT_TRUE(alive.contains(worker));
    return ok_or_remove<info_outcome>();
  }
  void handle_cancelled(cancel_context /*context*/) override {}
  void terminate_worker(worker_id worker, const exit_reason& /*reason*/) override {
    EXPECT_EQ(alive.erase(worker), 1U) << text(worker) << " was not alive";
    EXPECT_TRUE(terminated.insert(worker).second) << text(worker) << " was terminated twice";
  }
  void terminate_pool(const exit_reason& /*reason*/) override {}

 private:
  template <class Outcome>
  Outcome ok_or_remove() {
    if (random_() % 8 == 0) {
      return outcome::remove{broken};
    }
    return outcome::ok{};
  }
  std::mt19937& random_;
};

class random_run {
 public:
  explicit random_run(unsigned seed) : random_(seed), workers_(random_), core_(options()) {
    step(pool_event::start{});
  }

  void run(int events) {
    for (int i = 0; i < events && !testing::Test::HasFailure(); ++i) {
      now_ += std::chrono::milliseconds(random_() % 20);
      step(next_event());
      check();
    }
    step(pool_event::stop{exit_reason::shutdown()});
    EXPECT_THAT(workers_.alive, IsEmpty()) << "terminated with the pool";
    EXPECT_THAT(waiting_, IsEmpty()) << "answered with the pool";
  }

 private:
  pool_core_options options() {
    pool_core_options made;
    made.pool_size = 1 + random_() % 5;
    made.lazy = random_() % 2 == 0;
    made.max_queue = 3 + random_() % 20;
    // Never enough failures in a row to end the run early.
    made.retry.retries = 1000;
    return made;
  }

  any_pool_event next_event() {
    switch (random_() % 12) {
      case 0:
      case 1:
      case 2:
      case 3:
        return pool_event::checkout{request_id{++last_request_},
                                    now_ + std::chrono::milliseconds(random_() % 300)};
      case 4:
      case 5:
      case 6:
        return pool_event::checkin{any_request(granted_)};
      case 7:
        return pool_event::cancel{any_request(random_() % 2 == 0 ? granted_ : waiting_), broken};
      case 8:
        return pool_event::undelivered{any_request(granted_)};
      case 9:
        if (random_() % 4 == 0 && !workers_.starting.empty()) {
          return finish_start(false);
        }
        [[fallthrough]];
      case 10:
        if (!workers_.starting.empty()) {
          return finish_start(true);
        }
        if (!retries_.empty()) {
          const auto failures = retries_.back();
          retries_.pop_back();
          return pool_event::retry_init{failures};
        }
        [[fallthrough]];
      default:
        return pool_event::worker_info{worker_id{random_() % 50}};
    }
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

  request_id any_request(const std::set<request_id>& from) {
    if (from.empty() || random_() % 20 == 0) {
      return request_id{1'000'000 + random_() % 10};  // one that the pool never saw
    }
    return *std::next(from.begin(), static_cast<long>(random_() % from.size()));
  }

  void step(const any_pool_event& event) {
    if (const auto* asked = std::get_if<pool_event::checkout>(&event)) {
      waiting_.insert(asked->request);
    } else if (const auto* back = std::get_if<pool_event::checkin>(&event)) {
      granted_.erase(back->request);
    } else if (const auto* unseen = std::get_if<pool_event::undelivered>(&event)) {
      granted_.erase(unseen->request);
    } else if (const auto* over = std::get_if<pool_event::cancel>(&event)) {
      granted_.erase(over->request);
      waiting_.erase(over->request);
    }
    std::vector<any_pool_action> actions;
    core_.step(event, now_, workers_, actions);
    for (const auto& action : actions) {
      perform(action);
    }
  }

  void perform(const any_pool_action& action) {
    if (const auto* grant = std::get_if<pool_action::grant>(&action)) {
      EXPECT_EQ(waiting_.erase(grant->request), 1U) << "answered twice or never asked";
      EXPECT_GT(grant->request, last_granted_) << "first come, first served";
      last_granted_ = grant->request;
      granted_.insert(grant->request);
    } else if (const auto* reject = std::get_if<pool_action::reject>(&action)) {
      EXPECT_EQ(waiting_.erase(reject->request), 1U) << "answered twice or never asked";
    } else if (const auto* revoke = std::get_if<pool_action::revoke>(&action)) {
      EXPECT_EQ(granted_.erase(revoke->request), 1U);
    } else if (const auto* retry = std::get_if<pool_action::retry_init_after>(&action)) {
      retries_.push_back(retry->failures);
    }
  }

  void check() {
    const std::size_t size = core_.options().pool_size;
    EXPECT_LE(core_.workers().size() + retries_.size(), size);
    EXPECT_FALSE(core_.queue_length() > 0 && core_.idle_count() > 0)
        << "a client waits beside an idle worker";
    EXPECT_LE(core_.queue_length(), core_.options().max_queue);
    EXPECT_EQ(core_.queue_length(), waiting_.size());
    std::size_t checked_out = 0;
    std::size_t starting = 0;
    for (const auto& [id, worker] : core_.workers()) {
      checked_out += worker.status == worker_status::checked_out ? 1U : 0U;
      starting += worker.status == worker_status::starting ? 1U : 0U;
    }
    EXPECT_EQ(checked_out, granted_.size());
    EXPECT_EQ(starting, workers_.starting.size());
    EXPECT_EQ(checked_out + starting + core_.idle_count(), core_.workers().size());
    EXPECT_EQ(checked_out + core_.idle_count(), workers_.alive.size());
    if (!core_.options().lazy) {
      EXPECT_EQ(core_.workers().size() + retries_.size(), size) << "capacity is kept";
    } else if (core_.queue_length() > 0) {
      EXPECT_TRUE(starting > 0 || !retries_.empty() || core_.workers().size() == size)
          << "a client waits and nobody comes";
    }
  }

  std::mt19937 random_;
  random_workers workers_;
  pool_core core_;
  time_point now_{};
  std::uint64_t last_request_ = 0;
  request_id last_granted_{0};
  std::set<request_id> waiting_;
  std::set<request_id> granted_;
  std::vector<std::uint32_t> retries_;
};

TEST(pool_core_properties, the_invariants_hold_under_random_events) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_run(seed).run(400);
    if (HasFailure()) {
      break;
    }
  }
}

}  // namespace
}  // namespace slipway
