// tests/supervision/supervisor_init_test.cpp
//
// Init is where systems break: what becomes of a child, its supervisor and everybody else when
// something happens before the child has acknowledged its start. With real actors; the table of
// docs/supervision.md in the same order.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using namespace testing;  // NOLINT(google-build-using-namespace): the fixture
using ::testing::ElementsAre;

using acknowledge_atom = caf::atom_constant<caf::atom("ack")>;

/// A child whose start goes on until it is told otherwise.
class slow_child {
 public:
  [[nodiscard]] child_spec spec(const child_id& id) const {
    return {.id = id, .start = [state = state_](start_context& context) -> start_result {
              auto actor = context.system().spawn(
                  [ack = context.acknowledger()](caf::event_based_actor* self) -> caf::behavior {
                    return {[ack](acknowledge_atom) { ack.started(); },
                            [self](crash_atom) {
                              self->quit(to_caf(exit_reason::error("crash", "in init")));
                            },
                            [self](const std::string&) { self->quit(); }};
                  });
              state->publish(actor);
              return starting_child{actor};
            }};
  }

  /// The actor of the n-th start, once there is one.
  [[nodiscard]] caf::actor await(std::size_t n = 1) const { return state_->await(n); }

 private:
  class starts {
   public:
    void publish(const caf::actor& actor) {
      const std::lock_guard guard{mutex_};
      actors_.push_back(actor);
      changed_.notify_all();
    }
    caf::actor await(std::size_t n) {
      std::unique_lock guard{mutex_};
      changed_.wait_for(guard, limit, [&] { return actors_.size() >= n; });
      return actors_.size() >= n ? actors_[n - 1] : caf::actor{};
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<caf::actor> actors_;
  };
  std::shared_ptr<starts> state_ = std::make_shared<starts>();
};

class supervisor_init : public supervisor_shell {
 protected:
  // Does not wait for the start.
  caf::actor spawn(std::vector<child_spec> children, unsigned intensity = 1) {
    return spawn_supervisor(*system, options(std::move(children), intensity));
  }

  slow_child slow;
};

// -- what the child may do -------------------------------------------------------------------------

TEST_F(supervisor_init, a_child_that_crashes_before_it_acknowledges_has_failed_to_start) {
  const auto top = spawn({worker_spec("a"), slow.spec("slow")});
  caf::anon_send(slow.await(), crash_atom::value);
  EXPECT_EQ(end_of(top),
            exit_reason::failed_to_start_child("slow", exit_reason::error("crash", "in init")));
  EXPECT_THAT(notes->lines(), ElementsAre("a: shutdown"));
}

TEST_F(supervisor_init, a_child_that_exits_normally_before_it_acknowledges_has_failed_to_start) {
  const auto top = spawn({slow.spec("slow")});
  caf::anon_send(slow.await(), std::string("quit"));
  EXPECT_EQ(end_of(top), exit_reason::failed_to_start_child("slow", exit_reason::normal()));
}

TEST_F(supervisor_init, a_child_that_is_killed_before_it_acknowledges_has_failed_to_start) {
  const auto top = spawn({slow.spec("slow")});
  caf::anon_send_exit(slow.await(), caf::exit_reason::kill);
  EXPECT_EQ(end_of(top), exit_reason::failed_to_start_child("slow", exit_reason::killed()));
}

TEST_F(supervisor_init, a_child_that_hangs_is_waited_for_and_a_kill_of_the_supervisor_ends_both) {
  const auto top = spawn({slow.spec("slow")});
  const auto child = slow.await();
  const auto late = supervisor_handle(*system, top).which_children(20ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, supervisor_errc::timed_out);

  caf::anon_send_exit(top, caf::exit_reason::kill);
  EXPECT_EQ(end_of(top), exit_reason::killed());
  EXPECT_EQ(end_of(child), exit_reason::killed());
}

// -- what may come meanwhile -----------------------------------------------------------------------

TEST_F(supervisor_init, a_supervisor_told_to_stop_while_a_child_starts_stops_when_all_run) {
  const auto top = spawn({slow.spec("slow"), worker_spec("later")});
  const auto child = slow.await();
  caf::anon_send(top, caf::exit_msg{{}, to_caf(exit_reason::shutdown("early"))});
  caf::anon_send(child, acknowledge_atom::value);
  EXPECT_EQ(end_of(top), exit_reason::shutdown("early"));
  EXPECT_THAT(notes->lines(), ElementsAre("later: shutdown"));
}

TEST_F(supervisor_init, a_supervisor_whose_parent_dies_while_a_child_starts_stops_when_all_run) {
  const auto parent = system->spawn(worker, notes, "parent");
  auto with_parent = options({slow.spec("slow"), worker_spec("later")});
  with_parent.parent = parent.address();
  const auto top = spawn_supervisor(*system, with_parent);
  const auto child = slow.await();
  caf::anon_send(parent, crash_atom::value);
  EXPECT_EQ(end_of(parent), exit_reason::error("crash", "as told"));
  caf::anon_send(child, acknowledge_atom::value);
  EXPECT_EQ(end_of(top), exit_reason::error("crash", "as told"));
  EXPECT_THAT(notes->lines(), ElementsAre("later: shutdown"));
}

TEST_F(supervisor_init, exits_and_calls_that_come_while_a_child_starts_wait_and_none_is_lost) {
  const auto first = std::make_shared<slow_child>();
  const auto top = spawn({first->spec("first"), slow.spec("slow")});
  const auto crashing = first->await();
  caf::anon_send(crashing, acknowledge_atom::value);
  const auto child = slow.await();
  caf::anon_send(crashing, crash_atom::value);
  EXPECT_EQ(end_of(crashing), exit_reason::error("crash", "in init"));
  auto counted = std::async(std::launch::async,
                            [&] { return supervisor_handle(*system, top).count_children(limit); });
  EXPECT_EQ(counted.wait_for(20ms), std::future_status::timeout);
  EXPECT_TRUE(log.of<child_exited>().empty());
  caf::anon_send(child, acknowledge_atom::value);
  caf::anon_send(first->await(2), acknowledge_atom::value);
  const auto counts = counted.get();
  ASSERT_TRUE(counts) << to_string(counts.error());
  EXPECT_EQ(counts->specs, 2U);
  ASSERT_TRUE(log.await<child_restarted>());
  EXPECT_TRUE(supervisor_handle(*system, top).stop(exit_reason::shutdown(), limit));
}

TEST_F(supervisor_init, a_supervisor_told_to_stop_while_a_restart_is_under_way_stops_afterwards) {
  const auto top = spawn({slow.spec("slow")});
  caf::anon_send(slow.await(), acknowledge_atom::value);
  ASSERT_TRUE(log.await<supervisor_started>());
  caf::anon_send(slow.await(), crash_atom::value);
  const auto second = slow.await(2);
  ASSERT_TRUE(second);
  caf::anon_send(top, caf::exit_msg{{}, to_caf(exit_reason::shutdown())});
  caf::anon_send(second, acknowledge_atom::value);
  EXPECT_EQ(end_of(second), exit_reason::shutdown());
  EXPECT_EQ(end_of(top), exit_reason::shutdown());
}

TEST_F(supervisor_init, a_restart_whose_child_dies_before_it_acknowledges_is_tried_again) {
  const auto top = spawn({slow.spec("slow")}, 5);
  caf::anon_send(slow.await(), acknowledge_atom::value);
  ASSERT_TRUE(log.await<supervisor_started>());
  caf::anon_send(slow.await(), crash_atom::value);
  caf::anon_send(slow.await(2), crash_atom::value);
  ASSERT_TRUE(log.await<child_start_failed>());
  caf::anon_send(slow.await(3), acknowledge_atom::value);
  EXPECT_TRUE(log.await<child_restarted>());
  EXPECT_TRUE(supervisor_handle(*system, top).stop(exit_reason::shutdown(), limit));
}

// -- ends ------------------------------------------------------------------------------------------

TEST_F(supervisor_init, a_child_that_dies_between_two_phases_of_a_shutdown_is_not_waited_for) {
  // "b" is asked first and takes until the kill; meanwhile "a" crashes, which counts as stopped.
  child_spec stuck{.id = "b", .start = [](start_context& context) -> start_result {
                     return context.system().spawn(stubborn);
                   }};
  stuck.shutdown = shutdown_type::timeout(50ms);
  const auto top = start_supervisor(*system, options({worker_spec("a"), stuck}));
  ASSERT_TRUE(top);
  const auto a = child(supervisor_handle(*system, *top), "a");
  caf::anon_send(*top, caf::exit_msg{{}, to_caf(exit_reason::shutdown())});
  ASSERT_TRUE(log.await<supervisor_stopping>());
  caf::anon_send(a, crash_atom::value);
  EXPECT_EQ(end_of(*top), exit_reason::shutdown());
  EXPECT_THAT(notes->lines(), ElementsAre());
  const auto stopped = log.of<child_stopped>();
  ASSERT_EQ(stopped.size(), 2U);
  EXPECT_EQ(stopped[0].outcome, stop_outcome::timed_out);
  EXPECT_EQ(stopped[1].reason, exit_reason::error("crash", "as told"));
}

}  // namespace
}  // namespace slipway
