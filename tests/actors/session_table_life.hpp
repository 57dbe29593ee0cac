// slipway/tests/actors/session_table_life.hpp
//
// A random life of a table of sessions beside a plain model: calls that wait for their turn, give up,
// meet workers that go, sessions that end, expire and begin anew. What a worker holds, as the worker
// sees it, is how many calls a session has had there: no call may find another count than its own. A
// seed is a life.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/session_table_core.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace slipway::lives {

class session_table_life {
 public:
  explicit session_table_life(unsigned seed) : random_(seed) {
    for (int i = 0; i != 3; ++i) {
      hire();
    }
    for (std::size_t i = 0; i != 8; ++i) {
      clients_.push_back({"s" + std::to_string(i)});
      begin(clients_.back(), i);
    }
  }

  void run(int turns) {
    for (int turn = 0; turn != turns && !::testing::Test::HasFailure(); ++turn) {
      SCOPED_TRACE("turn " + std::to_string(turn));
      do_something();
      check_expiry();
    }
    finish();
  }

  int answered = 0;
  int told_lost = 0;

 private:
  struct client {
    std::string id;
    session_number number{};
    bool has_rebuild = false;
    std::optional<duration> time_to_live{};
    std::uint64_t told = 0;
    int expected = 0;  // calls that its state has had
    std::optional<worker_ref> home{};
    std::optional<session_call_number> in_turn{};
    std::deque<session_call_number> waiting{};
    std::optional<time_point> expires{};
    bool ended = false;
  };

  std::size_t below(std::size_t limit) { return random_() % limit; }
  client& anyone() { return clients_[below(clients_.size())]; }

  void hire() { held_[{1, worker_id{next_worker_++}}]; }

  void begin(client& of, std::size_t kind) {
    of.has_rebuild = kind % 3 == 0;
    of.time_to_live =
        kind % 2 == 0 ? std::optional<duration>(std::chrono::seconds(4)) : std::nullopt;
    const session_spec spec{.mode = kind % 2 == 0 ? affinity::hint : affinity::strict_queue,
                            .time_to_live = std::optional(of.time_to_live)};
    const auto opened = table_.open(of.id, spec, of.has_rebuild, now_);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->begun) << "the id of a session that ended means a new one";
    of.number = opened->number;
    of.told = table_.losses(of.number);
    EXPECT_EQ(of.told, 0U) << "a new session has lost nothing";
    of.expected = 0;
    of.home.reset();
    of.ended = false;
    rests(of);
  }

  void rests(client& of) {
    of.expires = of.time_to_live ? std::optional(now_ + *of.time_to_live) : std::nullopt;
  }

  void do_something() {
    now_ += std::chrono::milliseconds(below(40));
    client& by = anyone();
    switch (below(12)) {
      case 0:
        if (below(4) == 0) {
          lose_a_worker();
        }
        return;
      case 1:
        withdraw(by);
        return;
      case 2:
        if (below(6) == 0) {
          end(by);
        }
        return;
      case 3:
        if (below(5) == 0) {
          now_ += std::chrono::seconds(3);
        }
        return;
      case 4:
      case 5:
      case 6:
        call(by);
        return;
      default:
        if (by.in_turn) {
          go_on(by);
        } else {
          call(by);
        }
    }
  }

  void call(client& by) {
    const session_call_number number{++last_call_};
    const bool has_turn = table_.enter(by.number, number);
    if (by.ended && !by.in_turn) {
      EXPECT_TRUE(has_turn) << "who comes after the end waits for nobody";
      return;
    }
    EXPECT_EQ(has_turn, !by.in_turn) << "one call at a time";
    if (has_turn) {
      by.in_turn = number;
      by.expires.reset();
    } else {
      by.waiting.push_back(number);
    }
  }

  void withdraw(client& by) {
    if (by.waiting.empty()) {
      EXPECT_FALSE(table_.withdraw(by.number, session_call_number{1'000'000'000}));
      return;
    }
    const auto leaving = std::next(by.waiting.begin(), static_cast<long>(below(by.waiting.size())));
    EXPECT_TRUE(table_.withdraw(by.number, *leaving));
    by.waiting.erase(leaving);
  }

  void leave(client& by, bool ok) {
    const auto next = table_.leave(by.number, ok, now_);
    if (by.waiting.empty()) {
      EXPECT_FALSE(next) << "nobody waits";
      by.in_turn.reset();
      if (by.ended) {
        EXPECT_FALSE(table_.is_known(by.number)) << "an ended session without calls is forgotten";
        begin(by, below(6));
      } else {
        rests(by);
      }
      return;
    }
    ASSERT_TRUE(next) << "somebody waits for the turn";
    EXPECT_EQ(*next, by.waiting.front()) << "first come, first served";
    by.in_turn = next;
    by.waiting.pop_front();
  }

  void go_on(client& by) {
    const auto placed = table_.place(by.number, by.told);
    if (std::holds_alternative<session_step::ended>(placed)) {
      EXPECT_TRUE(by.ended);
      leave(by, false);
      return;
    }
    EXPECT_FALSE(by.ended) << "it has ended, and the call goes on";
    if (const auto* lost = std::get_if<session_step::lost>(&placed)) {
      is_told(by, lost->loss);
      return;
    }
    auto worker = std::next(held_.begin(), static_cast<long>(below(held_.size())))->first;
    if (const auto* wished = std::get_if<session_step::this_worker>(&placed)) {
      ASSERT_TRUE(held_.contains({1, wished->wish.worker})) << "a wish for a worker that has gone";
      if (wished->wish.mode != affinity::hint || below(3) != 0) {
        worker = {1, wished->wish.worker};
      }
    }
    serve(by, worker);
  }

  void serve(client& by, worker_ref worker) {
    std::optional<session_remains> left;
    const auto step = table_.granted(by.number, worker, by.told, left);
    const bool moves = by.home && *by.home != worker;
    EXPECT_EQ(left.has_value(), moves) << "what a session leaves behind is to be removed";
    if (left) {
      EXPECT_EQ(left->worker, *by.home);
      held_[*by.home].erase(by.id);
      by.home.reset();
    }
    if (const auto* lost = std::get_if<session_step::lost>(&step)) {
      is_told(by, lost->loss);
      return;
    }
    if (!std::holds_alternative<session_step::proceed>(step)) {
      held_[worker][by.id] = std::holds_alternative<session_step::rebuild>(step) ? by.expected : 0;
      table_.bind(by.number, worker);
      by.home = worker;
      EXPECT_TRUE(table_.is_home(by.id, worker));
      if (below(10) == 0) {
        // The call is never sent: what was prepared goes again.
        table_.unbind(by.number);
        held_[worker].erase(by.id);
        by.home.reset();
        leave(by, false);
        return;
      }
    }
    EXPECT_EQ(++held_[worker][by.id], ++by.expected) << by.id << " met another state";
    ++answered;
    leave(by, true);
  }

  void is_told(client& by, const session_loss& loss) {
    EXPECT_FALSE(by.has_rebuild) << "a loss that can be made good is not told";
    EXPECT_GT(loss.number, by.told) << "each loss is told once";
    by.told = loss.number;
    by.expected = 0;
    ++told_lost;
    leave(by, false);
  }

  void lose_a_worker() {
    const auto victim = std::next(held_.begin(), static_cast<long>(below(held_.size())))->first;
    const auto losses = table_.worker_lost(victim, exit_reason::killed());
    std::size_t bound = 0;
    for (client& each : clients_) {
      if (each.home == victim) {
        ++bound;
        each.home.reset();
      }
    }
    EXPECT_EQ(losses.size(), bound) << "every session that it held loses its state";
    held_.erase(victim);
    hire();
  }

  void end(client& by) {
    if (by.ended) {
      EXPECT_FALSE(table_.end(by.number)) << "a session ends once";
      return;
    }
    const auto over = table_.end(by.number);
    ASSERT_TRUE(over);
    has_ended(by, *over);
  }

  void has_ended(client& by, const session_table_core::ended_session& over) {
    EXPECT_EQ(over.remains.has_value(), by.home.has_value());
    if (over.remains && by.home) {
      EXPECT_EQ(over.remains->worker, *by.home);
      held_[*by.home].erase(by.id);
    }
    EXPECT_FALSE(table_.find(by.id)) << "its id means nobody";
    by.home.reset();
    by.expires.reset();
    by.ended = true;
    if (!by.in_turn) {
      EXPECT_FALSE(table_.is_known(by.number));
      begin(by, below(6));
    }
  }

  void check_expiry() {
    std::optional<time_point> next;
    for (const client& each : clients_) {
      if (each.expires && (!next || *each.expires < *next)) {
        next = each.expires;
      }
    }
    EXPECT_EQ(table_.next_expiry(), next) << "only who is idle expires, and at its time";
    for (const auto& over : table_.expire(now_)) {
      const auto by = std::find_if(clients_.begin(), clients_.end(),
                                   [&](const client& each) { return each.number == over.number; });
      ASSERT_NE(by, clients_.end());
      EXPECT_TRUE(by->expires && *by->expires <= now_) << "before its time";
      has_ended(*by, over);
    }
  }

  // Every call that waits gets its turn.
  void finish() {
    for (client& each : clients_) {
      for (int steps = 0; each.in_turn && steps != 1000; ++steps) {
        const auto before = each.in_turn;
        go_on(each);
        if (each.in_turn == before && ::testing::Test::HasFailure()) {
          return;
        }
      }
      EXPECT_FALSE(each.in_turn) << "a call without end";
    }
  }

  std::mt19937 random_;
  session_table_core table_{session_options{}};
  time_point now_{std::chrono::hours(1)};
  std::map<worker_ref, std::map<std::string, int>> held_;
  std::uint64_t next_worker_ = 1;
  std::uint64_t last_call_ = 0;
  std::vector<client> clients_;
};

}  // namespace slipway::lives
