// slipway/tests/actors/init_matrix_simulated_test.cpp
//
// The init matrix with workers that are no processes: each says what the test makes it say.
//
// SPDX-License-Identifier: Apache-2.0
#include "init_matrix.hpp"
#include "init_matrix_play.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace slipway::init_matrix {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A worker is a number; it is what a process tells of itself.
struct simulated {
  struct pool_state {};
  using worker_state = worker_id;
  using client_state = worker_id;
  struct command {};

  struct noted : notes<worker_link<worker_id>> {
    std::set<worker_id> dead;
  };
  std::shared_ptr<noted> seen;

  init_return<worker_id> init_worker(worker_id id, pool_state& /*pool*/) const {
    return init_async<worker_id>{
        [seen = seen](const auto& link) { seen->links.emplace(link.id(), link); },
        [seen = seen, id] { seen->aborted.push_back(id); }};
  }
  checkout_return<worker_id> handle_checkout(const command& /*wanted*/, request_id /*from*/,
                                             worker_id& worker, pool_state& /*pool*/) const {
    return checkout_ok<worker_id>{worker};
  }
  info_return handle_info(const no_message& /*what*/, worker_id& worker) const {
    ++seen->informed;
    if (seen->dead.contains(worker)) {
      return slipway::outcome::remove{exit_reason::error("port_closed", "")};
    }
    return slipway::outcome::ok{};
  }
  void handle_cancelled(cancel_context context, const pool_state& /*pool*/) const {
    seen->cancelled.push_back(context);
  }
  void terminate_worker(const exit_reason& reason, worker_id /*worker*/,
                        pool_state& /*pool*/) const {
    seen->ended.push_back(reason);
  }
};

class simulated_crew final : public crew {
 public:
  explicit simulated_crew(std::shared_ptr<simulated::noted> seen) : seen_(std::move(seen)) {}

  void bring_to_handshaking(worker_id worker) override { seen_->links.at(worker).handshaking(); }
  void bring_to_ready(worker_id worker) override { seen_->links.at(worker).ready(worker); }
  void end_process(worker_id worker) override {
    seen_->dead.insert(worker);
    if (!ready_) {
      seen_->links.at(worker).failed(exit_reason::error("handshake", "exit code 1"));
    }
    seen_->links.at(worker).info();
  }
  // All that a process could still say; a pool that has heard the end of it takes no notice.
  void finish(worker_id worker) override {
    if (!ready_ && !seen_->dead.contains(worker)) {
      seen_->links.at(worker).handshaking();
      seen_->links.at(worker).ready(worker);
    }
  }
  void starts_ready() { ready_ = true; }

 private:
  std::shared_ptr<simulated::noted> seen_;
  bool ready_ = false;
};

class init_of_simulated_workers : public testing::Test {
 protected:
  std::shared_ptr<simulated::noted> seen = std::make_shared<simulated::noted>();
  std::shared_ptr<harness::virtual_clock> time = std::make_shared<harness::virtual_clock>();
  simulated_crew workers{seen};
};

class init_matrix_simulated : public init_of_simulated_workers,
                              public testing::WithParamInterface<cell> {};

TEST_P(init_matrix_simulated, the_table_says_what_happens) {
  const auto rows = rows_for(GetParam());
  ASSERT_THAT(rows, SizeIs(1)) << "one row of the table speaks of each cell";
  if (GetParam().state == init_state::ready) {
    workers.starts_ready();
  }
  play<simulated> subject(GetParam(), time, seen);
  subject.start(simulated{seen}, {});
  EXPECT_EQ(subject.run(workers, rows.front().before), rows.front().expected);
  subject.clean_up();
}

INSTANTIATE_TEST_SUITE_P(cell, init_matrix_simulated, testing::ValuesIn(all_cells()),
                         [](const auto& tested) { return name_of(tested.param); });

// A kill spares the callbacks, but a start that nobody wants any more must not go on.
class init_of_a_killed_pool : public init_of_simulated_workers,
                              public testing::WithParamInterface<cell> {};

TEST_P(init_of_a_killed_pool, is_aborted_before_the_end_is_told_and_calls_nothing_else) {
  play<simulated> subject(GetParam(), time, seen);
  subject.start(simulated{seen}, {});
  subject.set_up(workers, client_before::waits);
  subject.subject().kill();
  EXPECT_THAT(subject.exits(), ElementsAre(exit_reason::killed()));
  EXPECT_EQ(subject.aborted_before_exit(), 1U);
  workers.finish(subject.victim());
  EXPECT_THAT(seen->aborted, ElementsAre(subject.victim()));
  EXPECT_THAT(seen->ended, IsEmpty());
  EXPECT_THAT(seen->cancelled, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(while_it_is, init_of_a_killed_pool,
                         testing::Values(cell{init_state::starting, event::owner_down},
                                         cell{init_state::handshaking, event::owner_down}),
                         [](const auto& tested) { return to_string(tested.param.state); });

TEST_F(init_of_simulated_workers, stamps_each_init_state_with_the_time_since_the_start_began) {
  const cell at{init_state::starting, event::handle_info, start_mode::lazy};
  play<simulated> subject(at, time, seen);
  subject.start(simulated{seen}, {});
  time->advance(1s);
  subject.set_up(workers, client_before::waits);
  const auto worker = [&] { return subject.subject().status().workers.at(0); };
  time->advance(20ms);
  EXPECT_EQ(worker().handshaking_after, std::nullopt);
  EXPECT_EQ(worker().in_status, 20ms);
  workers.bring_to_handshaking(subject.victim());
  EXPECT_EQ(worker().handshaking_after, 20ms);
  EXPECT_EQ(worker().ready_after, std::nullopt);
  time->advance(300ms);
  EXPECT_EQ(worker().in_status, 300ms);
  workers.bring_to_ready(subject.victim());
  time->advance(5s);
  EXPECT_EQ(worker().handshaking_after, 20ms);
  EXPECT_EQ(worker().ready_after, 320ms);
  EXPECT_EQ(worker().in_status, 5s);
  subject.clean_up();
}

TEST(init_matrix_table, has_a_row_for_each_cell_and_a_cell_for_each_row) {
  EXPECT_THAT(all_cells(), SizeIs(3 * 7 * 2 * 2));
  for (const row& each : table()) {
    const cell at{each.state, each.arriving, each.mode.value_or(start_mode::eager),
                  each.policy.value_or(cancelled_init::keep)};
    EXPECT_THAT(rows_for(at), SizeIs(1)) << name_of(at);
  }
}

}  // namespace
}  // namespace slipway::init_matrix
