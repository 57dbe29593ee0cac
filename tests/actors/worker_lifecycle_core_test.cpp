// Every pair of states by every cause: what the table does not list does not happen.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/worker_lifecycle_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using enum lifecycle_state;
using cause = lifecycle_cause;
using testing::ElementsAre;
using testing::SizeIs;

constexpr time_point origin{};

constexpr std::array all_states{initializing, ready, busy, degraded, terminating, terminated};
constexpr auto all_causes =
    std::to_array<cause>({cause::handshake_answered, cause::start_failed, cause::start_cancelled,
                          cause::checkout, cause::checkin, cause::slow_call, cause::failed_check,
                          cause::passed_check, cause::removed, cause::process_exited});

// Written down once more, by hand: this is what docs/lifecycle.md promises.
const std::set<std::tuple<lifecycle_state, lifecycle_state, cause>> promised{
    {initializing, ready, cause::handshake_answered},
    {initializing, terminating, cause::start_failed},
    {initializing, terminating, cause::start_cancelled},
    {ready, busy, cause::checkout},
    {degraded, busy, cause::checkout},
    {busy, ready, cause::checkin},
    {busy, degraded, cause::checkin},
    {busy, degraded, cause::slow_call},
    {ready, degraded, cause::failed_check},
    {degraded, ready, cause::passed_check},
    {ready, terminating, cause::removed},
    {busy, terminating, cause::removed},
    {degraded, terminating, cause::removed},
    {initializing, terminated, cause::process_exited},
    {ready, terminated, cause::process_exited},
    {busy, terminated, cause::process_exited},
    {degraded, terminated, cause::process_exited},
    {terminating, terminated, cause::process_exited},
};

void step(worker_lifecycle& life, lifecycle_state to, cause by, time_point at = origin,
          std::string detail = {}) {
  const auto moved = life.move_to(to, by, at, std::move(detail));
  ASSERT_TRUE(moved) << to_string(moved.error());
}

worker_lifecycle ready_worker(time_point at = origin) {
  worker_lifecycle life(origin);
  step(life, ready, cause::handshake_answered, at);
  return life;
}

worker_lifecycle in(lifecycle_state state) {
  if (state == initializing) {
    return worker_lifecycle(origin);
  }
  worker_lifecycle life = ready_worker();
  if (state == busy) {
    step(life, busy, cause::checkout);
  } else if (state == degraded) {
    step(life, degraded, cause::failed_check);
  } else if (state == terminating) {
    step(life, terminating, cause::removed);
  } else if (state == terminated) {
    step(life, terminated, cause::process_exited);
  }
  return life;
}

TEST(worker_lifecycle, only_what_the_table_lists_happens) {
  for (const auto from : all_states) {
    for (const auto to : all_states) {
      for (const auto by : all_causes) {
        worker_lifecycle life = in(from);
        const auto history = life.history().size();
        const auto moved = life.move_to(to, by, origin);
        const lifecycle_transition asked{from, to, by};
        EXPECT_EQ(moved.has_value(), promised.contains({from, to, by})) << to_string(asked);
        if (moved) {
          EXPECT_EQ(life.state(), to);
        } else {
          EXPECT_EQ(moved.error(), asked);
          EXPECT_EQ(life.state(), from);
          EXPECT_THAT(life.history(), SizeIs(history));
        }
      }
    }
  }
  EXPECT_THAT(lifecycle_transitions(), SizeIs(promised.size()));
}

TEST(worker_lifecycle, an_illegal_move_says_what_was_asked_for) {
  EXPECT_EQ(to_string(in(busy).move_to(initializing, cause::checkin, origin).error()),
            "busy does not become initializing by checkin");
}

TEST(worker_lifecycle, the_history_tells_state_cause_detail_and_time) {
  worker_lifecycle life = ready_worker(origin + 1s);
  step(life, degraded, cause::failed_check, origin + 2s, "no answer");
  const auto& last = life.history().back();
  EXPECT_EQ(last.state, degraded);
  EXPECT_EQ(last.cause, cause::failed_check);
  EXPECT_EQ(last.detail, "no answer");
  EXPECT_EQ(last.at, origin + 2s);
  EXPECT_EQ(life.history().front().cause, std::nullopt);
}

TEST(worker_lifecycle, the_history_is_bounded_and_keeps_the_newest) {
  worker_lifecycle life = ready_worker();
  for (int second = 1; second <= 20; ++second) {
    step(life, degraded, cause::failed_check, origin + std::chrono::seconds(2 * second - 1));
    step(life, ready, cause::passed_check, origin + std::chrono::seconds(2 * second));
  }
  EXPECT_THAT(life.history(), SizeIs(worker_lifecycle::max_history));
  EXPECT_EQ(life.history().back().at, origin + 40s);
  EXPECT_EQ(life.history().front().at, origin + 25s);
}

TEST(worker_lifecycle, calls_leave_counts_and_no_entries) {
  worker_lifecycle life = ready_worker();
  for (const auto how : {lease_end::ok, lease_end::error, lease_end::ok}) {
    step(life, busy, cause::checkout);
    life.count(how, origin + 5s);
    step(life, ready, cause::checkin);
  }
  step(life, busy, cause::checkout, origin + 6s);
  life.count(lease_end::close, origin + 7s);
  step(life, terminating, cause::removed, origin + 7s);
  EXPECT_EQ(life.counts(), (lease_counts{.checkouts = 4, .ok = 2, .error = 1, .close = 1}));
  EXPECT_EQ(life.last_activity(), origin + 7s);
  EXPECT_THAT(life.history(), SizeIs(3));  // initializing, ready, terminating
}

TEST(worker_lifecycle, in_words_it_is_its_counts_and_why_it_is_degraded) {
  worker_lifecycle life = ready_worker();
  step(life, busy, cause::checkout);
  life.count(lease_end::ok, origin);
  EXPECT_EQ(to_string(life), "checkouts 1 (ok 1, error 0, close 0)");
  step(life, degraded, cause::slow_call, origin, "a call took 80 ms");
  step(life, busy, cause::checkout);
  life.count(lease_end::error, origin);
  step(life, degraded, cause::checkin);
  EXPECT_EQ(to_string(life), "checkouts 2 (ok 1, error 1, close 0), degraded: a call took 80 ms");
}

TEST(worker_lifecycle, uptime_is_from_the_handshake_to_the_end) {
  worker_lifecycle life(origin);
  EXPECT_EQ(life.uptime(origin + 1s), 0s);
  step(life, ready, cause::handshake_answered, origin + 2s);
  EXPECT_EQ(life.uptime(origin + 5s), 3s);
  EXPECT_EQ(life.last_activity(), origin + 2s);
  step(life, terminated, cause::process_exited, origin + 6s);
  EXPECT_EQ(life.uptime(origin + 60s), 4s);
}

}  // namespace
}  // namespace slipway
