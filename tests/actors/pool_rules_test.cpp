// slipway/tests/actors/pool_rules_test.cpp
//
// Each defect of NimblePool 1.1 that pool_rules.hpp names, side by side: what pool_rules::nimble_pool
// does, as the recordings show it, and what pool_rules::corrected does instead.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_core_fixture.hpp"

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class two_sets_of_rules : public pool_core_fixture {
 protected:
  void start_with(pool_rules rules, pool_core_options options) {
    workers.init.clear();
    options.rules = rules;
    start(options);
  }
  static constexpr auto to_the_letter = pool_rules::nimble_pool;
  static constexpr auto corrected = pool_rules::corrected;
};

TEST(pool_rules, corrected_is_the_default_and_has_no_defect) {
  EXPECT_EQ(pool_core_options{}.rules, pool_rules::corrected);
  EXPECT_EQ(defects_of(pool_rules::corrected), pool_defects{});
  EXPECT_NE(defects_of(pool_rules::nimble_pool), pool_defects{});
}

// head_moves_to_the_back. A look that finds nothing: in NimblePool the message of a replacement
// whose start goes on.
TEST_F(two_sets_of_rules, a_look_that_finds_no_idle_worker_leaves_the_head_where_it_is) {
  const auto who_is_next = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 1});
    checkout(1);
    checkout(2);
    checkout(3);
    workers.init = {outcome::async{}};
    cancel(1, broken);
    return ready(2);
  };
  EXPECT_THAT(who_is_next(to_the_letter), ElementsAre("grant r3 w2"));
  EXPECT_THAT(who_is_next(corrected), ElementsAre("grant r2 w2"));
}

// newcomers_overtake and looks_away: a holder that died frees a lazy place.
TEST_F(two_sets_of_rules, a_lazy_place_freed_by_a_dead_holder_goes_to_who_waits_not_to_a_newcomer) {
  const auto after_death_and_newcomer = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 1, .lazy = true});
    checkout(1);
    checkout(2);
    auto seen = down(1);
    for (auto& each : checkout(3)) {
      seen.push_back(each);
    }
    return seen;
  };
  EXPECT_THAT(after_death_and_newcomer(to_the_letter), ElementsAre("grant r3 w2"));
  EXPECT_THAT(after_death_and_newcomer(corrected), ElementsAre("grant r2 w2"));
}

// looks_away, after a skip at checkout.
TEST_F(two_sets_of_rules, after_a_skip_the_next_in_line_gets_the_worker) {
  const auto after_skip = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 1});
    checkout(1);
    checkout(2);
    checkout(3);
    workers.checkout = {outcome::skip{"busy"}};
    return checkin(1);
  };
  EXPECT_THAT(after_skip(to_the_letter), ElementsAre("reject r2 skipped: busy"));
  EXPECT_THAT(after_skip(corrected), ElementsAre("reject r2 skipped: busy", "grant r3 w1"));
}

// looks_away, after a holder that raised or timed out.
TEST_F(two_sets_of_rules, a_lazy_place_freed_by_a_holder_that_raised_is_given_on_at_once) {
  const auto after_cancel = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 1, .lazy = true});
    checkout(1);
    checkout(2);
    return cancel(1, exit_reason::timeout());
  };
  EXPECT_THAT(after_cancel(to_the_letter), IsEmpty());
  EXPECT_THAT(after_cancel(corrected), ElementsAre("grant r2 w2"));
}

// looks_away and retries_init_at_once: an asynchronous start crashed, its repetition succeeds.
TEST_F(two_sets_of_rules, a_repeated_start_that_succeeds_at_once_serves_who_waits) {
  workers.init = {outcome::async{}, outcome::ok{}};
  core.emplace(pool_core_options{.pool_size = 1, .rules = to_the_letter});
  happens(pool_event::start{});
  checkout(1);
  EXPECT_THAT(failed(1), IsEmpty()) << "idle now, beside a client that waits";
  EXPECT_EQ(core->idle_count(), 1U);
  EXPECT_EQ(core->queue_length(), 1U);

  workers.init = {outcome::async{}, outcome::ok{}};
  core.emplace(pool_core_options{.pool_size = 1});
  happens(pool_event::start{});
  checkout(1);
  EXPECT_THAT(failed(1), ElementsAre("retry 1 after 100"));
  EXPECT_THAT(happens(pool_event::retry_init{1}), ElementsAre("grant r1 w2"));
}

// forgets_wrapped_command.
TEST_F(two_sets_of_rules, a_command_that_handle_enqueue_wrapped_stays_wrapped_in_the_queue) {
  const auto what_checkout_sees = [&](pool_rules rules) {
    workers.implemented.insert(optional_callback::handle_enqueue);
    start_with(rules, {.pool_size = 1});
    checkout(1);
    checkout(2);
    workers.log.clear();
    checkin(1);
    return workers.log;
  };
  EXPECT_THAT(what_checkout_sees(to_the_letter),
              ElementsAre("checkin r1 w1", "checkout r2 w1 original"));
  EXPECT_THAT(what_checkout_sees(corrected), ElementsAre("checkin r1 w1", "checkout r2 w1"));
}

// serves_the_late.
TEST_F(two_sets_of_rules, a_client_that_has_gone_during_a_lazy_start_is_not_served) {
  const auto after_slow_start = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 1, .lazy = true});
    workers.init_takes = 300ms;
    return checkout(1, 100ms);
  };
  EXPECT_THAT(after_slow_start(to_the_letter), ElementsAre("grant r1 w1"));
  EXPECT_THAT(after_slow_start(corrected), ElementsAre("forget r1"));
  EXPECT_EQ(core->idle_count(), 1U) << "the worker is there for the next";
}

// ends_in_the_state_before, after a crash.
TEST_F(two_sets_of_rules, a_worker_removed_by_an_event_that_crashes_is_terminated_once) {
  const auto terminated = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 2});
    workers.info = {outcome::remove{broken}, outcome::crash{broken}};
    workers.log.clear();
    happens(pool_event::info{});
    return std::count(workers.log.begin(), workers.log.end(),
                      "terminate w1 error broken: for good");
  };
  EXPECT_EQ(terminated(to_the_letter), 2);
  EXPECT_EQ(terminated(corrected), 1);
}

// ends_in_the_state_before, after a stop.
TEST_F(two_sets_of_rules, a_worker_removed_by_a_check_that_ends_in_stop_is_terminated_once) {
  const auto terminations_of_w1 = [&](pool_rules rules) {
    workers.implemented.insert(optional_callback::handle_ping);
    start_with(rules, {.pool_size = 2, .worker_idle_timeout = 100ms});
    time_passes(100ms);
    workers.ping = {outcome::remove{broken}, outcome::stop{broken}};
    workers.log.clear();
    check_idle();
    return std::count_if(workers.log.begin(), workers.log.end(),
                         [](const std::string& line) { return line.starts_with("terminate w1"); });
  };
  EXPECT_EQ(terminations_of_w1(to_the_letter), 2);
  EXPECT_EQ(terminations_of_w1(corrected), 1);
}

// forgets_pool_state_at_the_end.
TEST_F(two_sets_of_rules, what_terminate_worker_does_to_the_pool_state_is_seen_by_the_next) {
  const auto log_of_stop = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 2});
    happens(pool_event::stop{exit_reason::shutdown()});
    return workers.log;
  };
  EXPECT_THAT(log_of_stop(to_the_letter),
              ElementsAre("terminate w1 shutdown", "restore pool", "terminate w2 shutdown",
                          "restore pool", "terminate_pool shutdown"));
  EXPECT_THAT(log_of_stop(corrected), Not(Contains("restore pool")));
}

// retries_init_at_once.
TEST_F(two_sets_of_rules, a_worker_that_cannot_start_is_tried_again_with_delay_and_end) {
  core.emplace(pool_core_options{.pool_size = 1, .rules = to_the_letter});
  workers.init.assign(50, outcome::failed{broken});
  happens(pool_event::start{});
  EXPECT_EQ(core->counters().init_failures, 50U) << "at once, until one succeeds";
  EXPECT_EQ(core->idle_count(), 1U);

  core.emplace(pool_core_options{.pool_size = 1});
  workers.init.assign(50, outcome::failed{broken});
  EXPECT_THAT(happens(pool_event::start{}), ElementsAre("retry 1 after 100", "started"));
  EXPECT_EQ(core->counters().init_failures, 1U);
}

// counts_no_starting_worker.
TEST_F(two_sets_of_rules, a_worker_that_starts_is_on_its_way_to_whoever_waits) {
  const auto started = [&](pool_rules rules) {
    workers.default_init = outcome::async{};
    start_with(rules, {.pool_size = 3, .lazy = true});
    checkout(1);
    cancel(1, exit_reason::timeout());
    checkout(2);
    return core->starting_count();
  };
  EXPECT_EQ(started(to_the_letter), 2U);
  EXPECT_EQ(started(corrected), 1U);
}

// abandons_workers.
TEST_F(two_sets_of_rules, the_end_of_a_pool_is_the_end_of_all_its_workers) {
  const auto terminated = [&](pool_rules rules) {
    start_with(rules, {.pool_size = 2});
    checkout(1);
    workers.log.clear();
    happens(pool_event::stop{exit_reason::shutdown()});
    return workers.log;
  };
  EXPECT_THAT(terminated(to_the_letter), Not(Contains("terminate w1 shutdown")));
  EXPECT_THAT(terminated(corrected), Contains("terminate w1 shutdown"));
}

}  // namespace
}  // namespace slipway
