// slipway/tests/actors/pool_core_test.cpp
//
// The rules of the pool as its users meet them: pool_rules::corrected.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_core_fixture.hpp"

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using pool_core_rules = pool_core_fixture;

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
  time_passes(100ms);
  EXPECT_THAT(checkin(1), ElementsAre("forget r2", "grant r3 w1"));
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

TEST_F(pool_core_rules, a_checkin_of_a_request_that_holds_nothing_ends_the_pool_with_its_reason) {
  start(1);
  checkout(1);
  checkout(2);
  checkout(3);
  checkin(1);
  EXPECT_THAT(
      checkin(1),
      ElementsAre("revoke r2", "reject r3 pool_ended",
                  testing::StartsWith("exit error unexpected_checkin: a checkin for request 1")));
}

TEST_F(pool_core_rules, a_checkin_of_a_request_that_waits_ends_the_pool) {
  start(1);
  checkout(1);
  checkout(2);
  checkin(2);
  EXPECT_EQ(core->ended()->type, "unexpected_checkin");
}

TEST_F(pool_core_rules, an_update_of_a_request_that_holds_nothing_ends_the_pool) {
  start(1);
  update(7);
  EXPECT_EQ(core->ended()->type, "unexpected_precheckin");
}

TEST_F(pool_core_rules,
       a_worker_that_checkout_removes_is_replaced_and_the_request_goes_to_the_next) {
  start(2);
  workers.checkout = {outcome::remove{broken}};
  EXPECT_THAT(checkout(1), ElementsAre("grant r1 w2"));
  EXPECT_THAT(workers.log, ElementsAre("checkout r1 w1", "terminate w1 error broken: for good",
                                       "checkout r1 w2", "init w3"));
}

TEST_F(pool_core_rules, a_skip_fails_the_request_and_keeps_the_worker_for_the_next_one) {
  start(1);
  checkout(1);
  checkout(2);
  checkout(3);
  workers.checkout = {outcome::skip{"busy"}};
  EXPECT_THAT(checkin(1), ElementsAre("reject r2 skipped: busy", "grant r3 w1"));
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
              ElementsAre("reject r1 pool_ended", testing::StartsWith("exit error init_failed")));
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
      ElementsAre("abort w3", "revoke r3", "revoke r4", "reject r5 pool_ended", "exit shutdown"));
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
  EXPECT_THAT(checkout(2), ElementsAre("reject r2 pool_ended"));
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
  copy.step(pool_event::checkin{request_id{1}}, workers.clock, workers, actions);
  EXPECT_EQ(copy, *core);
}

// -- every callback -------------------------------------------------------------------------------

TEST_F(pool_core_rules, init_pool_may_decline_or_refuse_and_then_no_worker_is_started) {
  workers.init_pool_script = {outcome::ignore{}};
  EXPECT_THAT(start(2), ElementsAre("ignored"));
  workers.init_pool_script = {outcome::stop{broken}};
  EXPECT_THAT(start(2), ElementsAre("start failed error broken: for good"));
  workers.init_pool_script = {outcome::crash{broken}};
  EXPECT_THAT(start(2), ElementsAre("start failed error broken: for good"));
  EXPECT_EQ(core->counters().workers_started, 0U);
}

TEST_F(pool_core_rules, a_request_that_is_skipped_at_enqueue_touches_no_worker) {
  workers.implemented.insert(optional_callback::handle_enqueue);
  start(1);
  workers.enqueue = {outcome::skip{"not today"}};
  EXPECT_THAT(checkout(1), ElementsAre("reject r1 skipped: not today"));
  EXPECT_THAT(workers.log, ElementsAre("enqueue r1"));
}

TEST_F(pool_core_rules, an_enqueue_that_raises_ends_the_pool_and_everybody_is_told) {
  workers.implemented.insert(optional_callback::handle_enqueue);
  start(1);
  workers.enqueue = {outcome::ok{}, outcome::crash{broken}};
  checkout(1);
  EXPECT_THAT(checkout(2),
              ElementsAre("revoke r1", "reject r2 pool_ended", "exit error broken: for good"));
}

TEST_F(pool_core_rules, an_update_asks_for_the_worker_that_the_request_holds) {
  start(2);
  checkout(1);
  checkout(2);
  workers.log.clear();
  EXPECT_THAT(update(2), IsEmpty());
  EXPECT_THAT(workers.log, ElementsAre("update r2 w2"));
}

TEST_F(pool_core_rules, a_message_is_handled_once_for_each_idle_worker_in_their_order) {
  start(3);
  checkout(1);
  workers.info = {outcome::ok{}, outcome::remove{broken}};
  workers.log.clear();
  happens(pool_event::info{});
  EXPECT_THAT(workers.log,
              ElementsAre("info w2", "info w3", "terminate w3 error broken: for good", "init w4"));
}

TEST_F(pool_core_rules, a_client_that_has_ended_means_nothing_once_its_request_is_over) {
  start(1);
  checkout(1);
  checkin(1);
  workers.log.clear();
  EXPECT_THAT(down(1), IsEmpty());
  EXPECT_THAT(workers.log, IsEmpty());
}

TEST_F(pool_core_rules, a_client_that_ends_with_a_worker_costs_it_with_DOWN) {
  start(1);
  checkout(1);
  workers.log.clear();
  down(1);
  EXPECT_THAT(
      workers.log,
      ElementsAre("cancelled checked_out",
                  "terminate w1 error DOWN: the client has ended (caused by killed)", "init w2"));
}

// -- idle workers ---------------------------------------------------------------------------------

class idle_checks : public pool_core_fixture {
 protected:
  std::vector<std::string> start_pinging(pool_core_options options) {
    options.worker_idle_timeout = 400ms;
    workers.implemented.insert(optional_callback::handle_ping);
    return start(options);
  }
};

TEST_F(idle_checks, need_a_handle_ping) {
  EXPECT_THAT(start({.pool_size = 1, .worker_idle_timeout = 400ms}), ElementsAre("started"));
  EXPECT_THAT(start_pinging({.pool_size = 1}), ElementsAre("check idle after 400", "started"));
}

TEST_F(idle_checks, ping_workers_idle_for_exactly_the_timeout_in_their_order_and_only_those) {
  start_pinging({.pool_size = 3});
  time_passes(100ms);
  checkout(1);
  checkin(1);
  time_passes(300ms);
  workers.log.clear();
  EXPECT_THAT(check_idle(), ElementsAre("check idle after 400"));
  EXPECT_THAT(workers.log, ElementsAre("ping w2", "ping w3"));
}

TEST_F(idle_checks, ping_no_more_than_max_idle_pings) {
  start_pinging({.pool_size = 3, .max_idle_pings = 2});
  time_passes(400ms);
  check_idle();
  EXPECT_THAT(workers.log, ElementsAre("ping w1", "ping w2"));
}

TEST_F(idle_checks, remove_workers_and_an_eager_pool_replaces_them) {
  start_pinging({.pool_size = 2});
  time_passes(400ms);
  workers.ping = {outcome::remove{broken}};
  check_idle();
  EXPECT_THAT(workers.log,
              ElementsAre("ping w1", "terminate w1 error broken: for good", "ping w2", "init w3"));
}

TEST_F(idle_checks, may_stop_the_pool_for_good) {
  start_pinging({.pool_size = 2});
  time_passes(400ms);
  workers.ping = {outcome::stop{exit_reason::error("bored", "")}};
  EXPECT_THAT(check_idle(), ElementsAre("exit {shutdown, error bored} (caused by error bored)"));
}

// -- the end --------------------------------------------------------------------------------------

TEST_F(pool_core_rules, a_killed_pool_calls_nothing_and_tells_everybody) {
  workers.init = {outcome::ok{}, outcome::async{}};
  start(2);
  checkout(1);
  checkout(2);
  workers.log.clear();
  EXPECT_THAT(happens(pool_event::kill{}),
              ElementsAre("abort w2", "revoke r1", "reject r2 pool_ended", "exit killed"));
  EXPECT_THAT(workers.log, IsEmpty());
}

TEST_F(pool_core_rules, a_kill_during_a_callback_ends_the_pool_when_that_returns) {
  start(2);
  workers.checkout = {outcome::crash{exit_reason::killed()}};
  EXPECT_THAT(checkout(1), ElementsAre("reject r1 pool_ended", "exit killed"));
  EXPECT_THAT(workers.log, ElementsAre("checkout r1 w1"));
}

TEST_F(pool_core_rules, a_raise_in_terminate_pool_is_what_the_pool_ends_with) {
  start(1);
  workers.terminate_all = {outcome::crash{broken}};
  EXPECT_THAT(happens(pool_event::stop{exit_reason::shutdown()}),
              ElementsAre("exit error broken: for good"));
}

TEST_F(pool_core_rules, a_start_that_crashes_ends_the_workers_that_it_had_started) {
  workers.init = {outcome::ok{}, outcome::async{}, outcome::crash{broken}};
  core.emplace(pool_core_options{.pool_size = 3});
  EXPECT_THAT(happens(pool_event::start{}),
              ElementsAre("abort w2", "start failed error broken: for good"));
  EXPECT_THAT(workers.log,
              ElementsAre("init w1", "init w2", "init w3", "terminate w1 error broken: for good",
                          "terminate_pool error broken: for good"));
}

// -- many starts ----------------------------------------------------------------------------------

TEST_F(pool_core_rules, no_more_workers_start_at_one_time_than_init_concurrency) {
  workers.default_init = outcome::async{};
  core.emplace(pool_core_options{.pool_size = 4, .init_concurrency = 2});
  happens(pool_event::start{});
  EXPECT_THAT(workers.log, ElementsAre("init w1", "init w2"));
  ready(2);
  EXPECT_THAT(workers.log, ElementsAre("init w1", "init w2", "init w3"));
  failed(1);
  EXPECT_EQ(core->workers().size() + core->to_be_started(), 4U);
  EXPECT_EQ(core->starting_count(), 2U);
}

TEST_F(pool_core_rules, a_lazy_pool_starts_what_is_missing_when_workers_are_wanted_ready) {
  workers.default_init = outcome::async{};
  start({.pool_size = 3, .lazy = true});
  checkout(1);
  happens(pool_event::prepare{2});
  EXPECT_THAT(workers.log, ElementsAre("init w1", "init w2"));
  happens(pool_event::prepare{2});
  EXPECT_EQ(core->starting_count(), 2U);
  happens(pool_event::prepare{9});
  EXPECT_EQ(core->starting_count(), 3U) << "never more than the pool's size";
}

TEST_F(pool_core_rules, a_lazy_start_whose_request_is_cancelled_is_aborted_if_the_policy_says_so) {
  workers.default_init = outcome::async{};
  start({.pool_size = 3, .lazy = true, .cancelled_init = cancelled_init::abort});
  checkout(1);
  checkout(2);
  EXPECT_THAT(cancel(1, exit_reason::timeout()), ElementsAre("abort w2"))
      << "the younger start: the older one is nearer to its end";
  EXPECT_THAT(ready(2), IsEmpty()) << "its late success is nobody's";
  EXPECT_THAT(ready(1), ElementsAre("grant r2 w1"));
  EXPECT_EQ(core->counters().init_cancelled, 1U);
}

TEST_F(pool_core_rules, an_eager_pool_starts_its_workers_for_itself_and_aborts_none) {
  workers.default_init = outcome::async{};
  start({.pool_size = 1, .cancelled_init = cancelled_init::abort});
  checkout(1);
  EXPECT_THAT(cancel(1, exit_reason::timeout()), IsEmpty());
  ready(1);
  EXPECT_EQ(core->idle_count(), 1U);
}

TEST_F(pool_core_rules, init_states_are_entered_one_after_the_other_and_their_times_are_kept) {
  workers.default_init = outcome::async{};
  start(1);
  const time_point began = workers.clock;
  time_passes(20ms);
  happens(pool_event::worker_handshaking{worker_id{1}});
  time_passes(30ms);
  ready(1);
  const auto& worker = core->workers().at(worker_id{1});
  EXPECT_EQ(worker.started, began);
  EXPECT_EQ(worker.handshaking, began + 20ms);
  EXPECT_EQ(worker.ready, began + 50ms);
}

TEST_F(pool_core_rules, waits_and_queue_are_counted) {
  start(1);
  checkout(1);
  checkout(2);
  checkout(3);
  time_passes(70ms);
  checkin(1);
  EXPECT_EQ(core->counters().longest_queue, 2U);
  EXPECT_EQ(core->counters().longest_wait, 70ms);
  EXPECT_EQ(core->counters().total_wait, 70ms);
  EXPECT_EQ(core->oldest_wait(), workers.clock - 70ms);
}

TEST(pool_core_flaws, options_that_make_no_pool_are_named) {
  EXPECT_EQ(flaw_of({.pool_size = 0}), "pool_size must be a positive integer, got: 0");
  EXPECT_EQ(flaw_of({.init_concurrency = 0}),
            "init_concurrency must be a positive integer, got: 0");
  EXPECT_TRUE(flaw_of({.worker_idle_timeout = 0ms}));
  EXPECT_FALSE(flaw_of({}));
}

}  // namespace
}  // namespace slipway
