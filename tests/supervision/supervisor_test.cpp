// tests/supervision/supervisor_test.cpp
//
// The shell with real actors, each test in an actor system of its own. Nothing sleeps: tests wait
// for events, with a limit that only a failure reaches.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_fixture.hpp"
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using namespace testing;  // NOLINT(google-build-using-namespace): the fixture

/// A child that writes when nobody holds it any more.
class last_words_actor : public caf::event_based_actor {
 public:
  last_words_actor(caf::actor_config& config, std::shared_ptr<journal> notes)
      : caf::event_based_actor(config), notes_(std::move(notes)) {}
  last_words_actor(const last_words_actor&) = delete;
  last_words_actor& operator=(const last_words_actor&) = delete;
  last_words_actor(last_words_actor&&) = delete;
  last_words_actor& operator=(last_words_actor&&) = delete;
  ~last_words_actor() override { notes_->write("destroyed"); }

  caf::behavior make_behavior() override {
    return {[this](crash_atom) { quit(to_caf(exit_reason::error("crash", "as told"))); }};
  }

 private:
  std::shared_ptr<journal> notes_;
};

/// A child that runs on its senders' threads and is no scheduled actor.
class sender_thread_actor : public caf::monitorable_actor {
 public:
  explicit sender_thread_actor(caf::actor_config& config) : caf::monitorable_actor(config) {}

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (what->content().match_elements<caf::exit_msg>()) {
      cleanup(caf::error{what->content().get_as<caf::exit_msg>(0).reason}, host);
    } else if (what->content().match_elements<crash_atom>()) {
      cleanup(to_caf(exit_reason::error("crash", "on the sender's thread")), host);
    }
  }
};

class supervisor_shell_on_one_thread : public supervisor_shell {
 protected:
  supervisor_shell_on_one_thread() : supervisor_shell(1) {}
};

// -- start ----------------------------------------------------------------------------------------

TEST_F(supervisor_shell, start_returns_once_all_children_run) {
  const auto top = start_supervisor(*system, options({worker_spec("a"), worker_spec("b")}));
  ASSERT_TRUE(top) << to_string(top.error());
  EXPECT_EQ(log.of<child_started>().size(), 2u);
  const supervisor_handle tree{*system, *top};
  const auto children = tree.which_children(limit);
  ASSERT_TRUE(children);
  ASSERT_EQ(children->size(), 2u);
  EXPECT_EQ(children->at(0).id, "b");
  EXPECT_EQ(children->at(1).id, "a");
  EXPECT_TRUE(children->at(1).actor);
  EXPECT_EQ(tree.count_children(limit), (child_counts{2, 2, 0, 2}));
}

TEST_F(supervisor_shell, a_failed_start_stops_the_earlier_children_and_gives_the_reason) {
  child_spec failing{.id = "bad", .start = [](start_context&) -> start_result {
                       return exit_reason::error("no_port", "4711 is taken");
                     }};
  const auto top = start_supervisor(*system, options({worker_spec("a"), failing}));
  ASSERT_FALSE(top);
  EXPECT_EQ(top.error(), exit_reason::failed_to_start_child(
                             "bad", exit_reason::error("no_port", "4711 is taken")));
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: shutdown"}));
}

TEST_F(supervisor_shell, a_start_function_that_throws_is_a_failed_start_with_type_and_text) {
  child_spec throwing{.id = "bad", .start = [](start_context&) -> start_result {
                        throw std::invalid_argument("no such model");
                      }};
  const auto top = start_supervisor(*system, options({throwing}));
  ASSERT_FALSE(top);
  ASSERT_NE(top.error().cause, nullptr);
  EXPECT_EQ(*top.error().cause, exit_reason::error("std::invalid_argument", "no such model"));
}

TEST_F(supervisor_shell, a_start_function_that_returns_no_actor_is_a_failed_start) {
  child_spec empty{.id = "bad",
                   .start = [](start_context&) -> start_result { return caf::actor{}; }};
  const auto top = start_supervisor(*system, options({empty}));
  ASSERT_FALSE(top);
  EXPECT_EQ(top.error().cause->type, "bad_return");
}

TEST_F(supervisor_shell, invalid_options_name_the_field) {
  const auto no_function = start_supervisor(*system, options({{.id = "a"}}));
  ASSERT_FALSE(no_function);
  EXPECT_EQ(no_function.error(),
            exit_reason::error("start_spec", "child \"a\": start must be given")
                .with_cause(exit_reason::error("missing_start", "")));
  supervisor_options bad = options({});
  bad.flags.period = 0ms;
  const auto no_period = start_supervisor(*system, std::move(bad));
  ASSERT_FALSE(no_period);
  EXPECT_EQ(no_period.error().type, "supervisor_data");
}

TEST_F(supervisor_shell, a_child_that_declines_is_kept_without_an_actor) {
  child_spec declining{.id = "a", .start = [](start_context&) -> start_result { return ignore; }};
  const auto top = start_supervisor(*system, options({declining}));
  ASSERT_TRUE(top);
  const auto children = supervisor_handle{*system, *top}.which_children(limit);
  ASSERT_TRUE(children);
  EXPECT_EQ(children->at(0).status, child_status::idle);
  EXPECT_FALSE(children->at(0).actor);
}

TEST_F(supervisor_shell, a_child_may_acknowledge_its_start_later_from_its_own_actor) {
  child_spec slow{
      .id = "slow", .start = [](start_context& context) -> start_result {
        return starting_child{context.system().spawn(
            [](caf::event_based_actor*, const start_acknowledger& done) -> caf::behavior {
              done.started("ready");
              return {[](int) {}};
            },
            context.acknowledger())};
      }};
  const auto top = start_supervisor(*system, options({}));
  ASSERT_TRUE(top);
  const auto added = supervisor_handle{*system, *top}.start_child(slow, limit);
  ASSERT_TRUE(added);
  EXPECT_EQ(added->info, "ready");
  EXPECT_TRUE(added->actor);
}

TEST_F(supervisor_shell, a_child_that_ends_before_it_acknowledges_has_failed_to_start) {
  child_spec dying{.id = "dying", .start = [](start_context& context) -> start_result {
                     return starting_child{
                         context.system().spawn([](caf::event_based_actor* self) -> caf::behavior {
                           self->quit(to_caf(exit_reason::error("handshake", "no reply")));
                           return {};
                         })};
                   }};
  const auto top = start_supervisor(*system, options({dying}));
  ASSERT_FALSE(top);
  EXPECT_EQ(*top.error().cause, exit_reason::error("handshake", "no reply"));
}

// -- restart --------------------------------------------------------------------------------------

TEST_F(supervisor_shell, a_child_that_crashes_is_replaced_by_a_new_actor) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  const caf::actor first = child(tree, "a");
  caf::anon_send(first, crash_atom::value);
  ASSERT_TRUE(log.await<child_restarted>());
  const caf::actor second = child(tree, "a");
  EXPECT_TRUE(second);
  EXPECT_NE(first, second);
  const auto exited = log.of<child_exited>();
  ASSERT_EQ(exited.size(), 1u);
  EXPECT_EQ(exited[0].reason, exit_reason::error("crash", "as told"));
}

TEST_F(supervisor_shell, the_actor_of_a_run_that_is_over_is_let_go) {
  child_spec noted{.id = "a", .start = [notes = notes](start_context& context) -> start_result {
                     return context.system().spawn<last_words_actor>(notes);
                   }};
  const auto top = start_supervisor(*system, options({noted}));
  ASSERT_TRUE(top);
  caf::anon_send(child({*system, *top}, "a"), crash_atom::value);
  EXPECT_TRUE(notes->await("destroyed"));
}

TEST_F(supervisor_shell, a_killed_child_is_seen_as_killed) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  caf::anon_send_exit(child({*system, *top}, "a"), caf::exit_reason::kill);
  ASSERT_TRUE(log.await<child_restarted>());
  EXPECT_EQ(log.of<child_exited>().at(0).reason, exit_reason::killed());
}

TEST_F(supervisor_shell, a_child_that_is_no_scheduled_actor_is_watched_restarted_and_stopped) {
  child_spec direct{.id = "direct", .start = [](start_context& context) -> start_result {
                      caf::actor_config made;
                      return caf::make_actor<sender_thread_actor, caf::actor>(
                          context.system().next_actor_id(), context.system().node(),
                          &context.system(), made);
                    }};
  const auto top = start_supervisor(*system, options({direct}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  caf::anon_send(child(tree, "direct"), crash_atom::value);
  ASSERT_TRUE(log.await<child_restarted>());
  EXPECT_EQ(log.of<child_exited>().at(0).reason,
            exit_reason::error("crash", "on the sender's thread"));
  EXPECT_EQ(tree.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
}

TEST_F(supervisor_shell, a_supervisor_that_gives_up_stops_the_others_and_ends_with_shutdown) {
  const auto top =
      start_supervisor(*system, options({worker_spec("a"), worker_spec("b"), worker_spec("c")}, 0));
  ASSERT_TRUE(top);
  caf::anon_send(child({*system, *top}, "b"), crash_atom::value);
  EXPECT_EQ(end_of(*top), exit_reason::shutdown());
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"c: shutdown", "a: shutdown"}));
  EXPECT_EQ(log.of<gave_up>().size(), 1u);
}

TEST_F(supervisor_shell, hundreds_of_kills_from_many_threads_each_lead_to_one_restart) {
  const std::vector<child_id> ids{"w0", "w1", "w2", "w3"};
  const std::size_t threads = ids.size();
  constexpr std::size_t kills = 100;
  std::vector<child_spec> children;
  children.reserve(threads);
  for (const child_id& id : ids) {
    children.push_back(worker_spec(id));
  }
  const auto top =
      start_supervisor(*system, options(children, static_cast<unsigned>(threads * kills)));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  std::vector<std::thread> killers;
  killers.reserve(threads);
  for (const child_id& id : ids) {
    killers.emplace_back([this, &tree, &id] {
      caf::actor last;
      for (std::size_t k = 0; k < kills; ++k) {
        caf::actor victim = child(tree, id);
        while (victim == last) {  // its end is not seen yet
          victim = child(tree, id);
        }
        caf::anon_send_exit(victim, caf::exit_reason::kill);
        EXPECT_EQ(end_of(victim), exit_reason::killed());
        last = victim;
      }
    });
  }
  for (std::thread& killer : killers) {
    killer.join();
  }
  ASSERT_TRUE(log.await<child_restarted>(threads * kills));
  EXPECT_EQ(tree.count_children(limit), (child_counts{threads, threads, 0, threads}));
  EXPECT_EQ(log.of<child_exited>().size(), threads * kills);
}

TEST_F(supervisor_shell, a_child_that_links_to_its_supervisor_cannot_take_it_down) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  const caf::actor first = child(tree, "a");
  caf::anon_send(first, link_atom::value, *top);
  caf::anon_send_exit(first, caf::exit_reason::kill);
  ASSERT_TRUE(log.await<child_restarted>());
  EXPECT_EQ(tree.count_children(limit), (child_counts{1, 1, 0, 1}));
}

// -- stop -----------------------------------------------------------------------------------------

TEST_F(supervisor_shell,
       stop_ends_the_children_in_reverse_order_and_the_supervisor_with_the_reason) {
  const auto top =
      start_supervisor(*system, options({worker_spec("a"), worker_spec("b"), worker_spec("c")}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  EXPECT_EQ(tree.stop(exit_reason::shutdown("drained"), limit), exit_reason::shutdown("drained"));
  EXPECT_EQ(notes->lines(),
            (std::vector<std::string>{"c: shutdown", "b: shutdown", "a: shutdown"}));
  EXPECT_EQ(tree.stop(exit_reason::shutdown(), limit), exit_reason::shutdown("drained"));
}

TEST_F(supervisor_shell, an_exit_message_stops_the_supervisor_in_order_too) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  caf::anon_send_exit(*top, caf::exit_reason::user_shutdown);
  EXPECT_EQ(end_of(*top), exit_reason::shutdown());
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: shutdown"}));
}

TEST_F(supervisor_shell, a_child_that_ignores_its_shutdown_is_killed_in_time) {
  child_spec deaf{.id = "deaf",
                  .start = [](start_context& context) -> start_result {
                    return context.system().spawn(stubborn);
                  },
                  .shutdown = shutdown_type::timeout(20ms)};
  const auto top = start_supervisor(*system, options({deaf}));
  ASSERT_TRUE(top);
  EXPECT_EQ((supervisor_handle{*system, *top}.stop(exit_reason::shutdown(), limit)),
            exit_reason::shutdown());
  EXPECT_EQ(log.of<child_stopped>().at(0).outcome, stop_outcome::timed_out);
}

TEST_F(supervisor_shell, brutal_kill_asks_nobody) {
  child_spec killed = worker_spec("a");
  killed.shutdown = shutdown_type::brutal_kill();
  const auto top = start_supervisor(*system, options({killed}));
  ASSERT_TRUE(top);
  EXPECT_EQ((supervisor_handle{*system, *top}.stop(exit_reason::shutdown(), limit)),
            exit_reason::shutdown());
  EXPECT_EQ(notes->lines(), std::vector<std::string>{});
  EXPECT_EQ(log.of<child_stopped>().at(0).reason, exit_reason::killed());
}

TEST_F(supervisor_shell, stop_that_takes_longer_than_its_deadline_says_so_and_goes_on) {
  child_spec deaf{.id = "deaf",
                  .start = [](start_context& context) -> start_result {
                    return context.system().spawn(stubborn);
                  },
                  .shutdown = shutdown_type::infinity()};
  const auto top = start_supervisor(*system, options({deaf}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  const caf::actor blocker = child(tree, "deaf");
  const auto late = tree.stop(exit_reason::shutdown(), 10ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, supervisor_errc::timed_out);
  EXPECT_EQ(late.error().waited, 10ms);
  caf::anon_send_exit(blocker, caf::exit_reason::kill);
  EXPECT_EQ(end_of(*top), exit_reason::shutdown());
}

TEST_F(supervisor_shell, the_end_of_the_named_parent_stops_the_supervisor_with_its_reason) {
  const caf::actor parent = system->spawn(worker, std::shared_ptr<journal>{}, "parent");
  supervisor_options made = options({worker_spec("a")});
  made.parent = parent.address();
  const auto top = start_supervisor(*system, std::move(made));
  ASSERT_TRUE(top);
  caf::anon_send(parent, crash_atom::value);
  EXPECT_EQ(end_of(*top), exit_reason::error("crash", "as told"));
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: shutdown"}));
}

TEST_F(supervisor_shell, children_of_a_killed_supervisor_hear_that_it_was_killed_and_end) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const caf::actor orphan = child({*system, *top}, "a");
  caf::anon_send_exit(*top, caf::exit_reason::kill);
  EXPECT_EQ(end_of(*top), exit_reason::killed());
  EXPECT_EQ(end_of(orphan), exit_reason::killed());
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: killed"}));
}

TEST_F(supervisor_shell, a_supervisor_that_nobody_holds_ends_and_its_children_with_it) {
  auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const caf::actor orphan = child({*system, *top}, "a");
  *top = caf::actor{};
  EXPECT_EQ(end_of(orphan), exit_reason::shutdown());
}

TEST_F(supervisor_shell, a_stop_goes_on_to_its_end_even_if_nobody_holds_the_supervisor_any_more) {
  child_spec deaf{.id = "deaf",
                  .start = [](start_context& context) -> start_result {
                    return context.system().spawn(stubborn);
                  },
                  .shutdown = shutdown_type::infinity()};
  auto top = start_supervisor(*system, options({worker_spec("a"), deaf}));
  ASSERT_TRUE(top);
  const caf::actor blocker = child({*system, *top}, "deaf");
  caf::anon_send_exit(*top, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(log.await<supervisor_stopping>());
  *top = caf::actor{};
  caf::anon_send_exit(blocker, caf::exit_reason::kill);
  ASSERT_TRUE(log.await<supervisor_stopped>());
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: shutdown"}));
}

// -- nested supervisors ---------------------------------------------------------------------------

TEST_F(supervisor_shell_on_one_thread,
       supervisors_below_supervisors_start_without_holding_a_thread) {
  const auto leaf = supervisor_spec("leaf", options({worker_spec("a")}));
  const auto middle = supervisor_spec("middle", options({leaf, worker_spec("b")}));
  const auto top = start_supervisor(*system, options({middle, worker_spec("c")}));
  ASSERT_TRUE(top) << to_string(top.error());
  const supervisor_handle tree{*system, *top};
  EXPECT_EQ(tree.count_children(limit), (child_counts{2, 2, 1, 1}));
  EXPECT_EQ(tree.stop(exit_reason::shutdown(), limit), exit_reason::shutdown());
  EXPECT_EQ(notes->lines(),
            (std::vector<std::string>{"c: shutdown", "b: shutdown", "a: shutdown"}));
}

TEST_F(supervisor_shell_on_one_thread, the_failed_start_of_a_nested_supervisor_is_passed_up_whole) {
  child_spec failing{.id = "bad", .start = [](start_context&) -> start_result {
                       return exit_reason::error("boom", "");
                     }};
  const auto below = supervisor_spec("below", options({worker_spec("a"), failing}));
  const auto top = start_supervisor(*system, options({below}));
  ASSERT_FALSE(top);
  EXPECT_EQ(top.error(), exit_reason::failed_to_start_child(
                             "below", exit_reason::failed_to_start_child(
                                          "bad", exit_reason::error("boom", ""))));
  EXPECT_EQ(notes->lines(), (std::vector<std::string>{"a: shutdown"}));
}

TEST_F(supervisor_shell, a_nested_supervisor_that_gives_up_is_restarted_with_its_children) {
  event_log above;
  supervisor_options outer = options({supervisor_spec("below", options({worker_spec("a")}, 0))});
  outer.observer = above.observer();
  const auto top = start_supervisor(*system, std::move(outer));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  caf::anon_send(child({*system, child(tree, "below")}, "a"), crash_atom::value);
  ASSERT_TRUE(above.await<child_restarted>());
  EXPECT_EQ(above.of<child_exited>().at(0).reason, exit_reason::shutdown());
  EXPECT_TRUE(child({*system, child(tree, "below")}, "a"));
}

// -- management -----------------------------------------------------------------------------------

TEST_F(supervisor_shell, children_are_added_terminated_restarted_and_deleted) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  const auto added = tree.start_child(worker_spec("b"), limit);
  ASSERT_TRUE(added);
  EXPECT_EQ(added->actor, child(tree, "b"));
  const auto again = tree.start_child(worker_spec("b"), limit);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, supervisor_errc::already_started);
  EXPECT_EQ(again.error().running, added->actor);
  EXPECT_EQ(to_string(again.error()), "already_started: child \"b\" is running already");
  ASSERT_FALSE(tree.delete_child("b", limit));
  EXPECT_TRUE(tree.terminate_child("b", limit));
  EXPECT_EQ(end_of(added->actor), exit_reason::shutdown());
  const auto back = tree.restart_child("b", limit);
  ASSERT_TRUE(back);
  EXPECT_NE(back->actor, added->actor);
  EXPECT_TRUE(tree.terminate_child("b", limit));
  EXPECT_TRUE(tree.delete_child("b", limit));
  EXPECT_EQ(tree.terminate_child("b", limit).error().code, supervisor_errc::not_found);
  EXPECT_EQ(tree.get_childspec("a", limit)->shutdown, shutdown_type::timeout(5s));
}

TEST_F(supervisor_shell, a_refused_spec_names_the_field) {
  const auto top = start_supervisor(*system, options({}));
  ASSERT_TRUE(top);
  child_spec wrong = worker_spec("a");
  wrong.shutdown = shutdown_type::timeout(-1ms);
  const auto refused = supervisor_handle{*system, *top}.start_child(wrong, limit);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, supervisor_errc::invalid_spec);
  EXPECT_EQ(refused.error().field, "shutdown");
}

TEST_F(supervisor_shell, a_call_ends_at_its_deadline_when_the_supervisor_is_busy) {
  child_spec endless{.id = "endless", .start = [](start_context& context) -> start_result {
                       return starting_child{context.system().spawn(stubborn)};
                     }};
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  const auto late = tree.start_child(endless, 10ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, supervisor_errc::timed_out);
  EXPECT_EQ(tree.which_children(10ms).error().code, supervisor_errc::timed_out);
  caf::anon_send_exit(*top, caf::exit_reason::kill);
  EXPECT_EQ(end_of(*top), exit_reason::killed());
}

TEST_F(supervisor_shell, a_call_that_waits_when_the_supervisor_ends_gets_its_reason) {
  child_spec deaf{.id = "deaf",
                  .start = [](start_context& context) -> start_result {
                    return context.system().spawn(stubborn);
                  },
                  .shutdown = shutdown_type::timeout(300ms)};
  const auto top = start_supervisor(*system, options({deaf}));
  ASSERT_TRUE(top);
  const supervisor_handle tree{*system, *top};
  caf::anon_send_exit(*top, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(log.await<supervisor_stopping>());
  const auto waiting = tree.count_children(limit);
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().code, supervisor_errc::supervisor_down);
  // noproc if this thread was so slow that the supervisor had ended before it called.
  EXPECT_THAT(waiting.error().cause,
              ::testing::AnyOf(exit_reason::shutdown(), exit_reason::noproc()));
  const auto late = tree.count_children(limit);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, supervisor_errc::supervisor_down);
  EXPECT_EQ(late.error().cause, exit_reason::noproc());
}

TEST_F(supervisor_shell, a_handle_to_nobody_answers_noproc) {
  const supervisor_handle nobody{*system, caf::actor{}};
  EXPECT_EQ(nobody.which_children(limit).error().cause, exit_reason::noproc());
  EXPECT_EQ(nobody.stop(exit_reason::shutdown(), limit), exit_reason::noproc());
}

TEST_F(supervisor_shell, an_observer_that_throws_hurts_nobody) {
  supervisor_options made = options({worker_spec("a")});
  made.observer = [](const supervisor_event&) { throw std::runtime_error("disk full"); };
  const auto top = start_supervisor(*system, std::move(made));
  ASSERT_TRUE(top);
  EXPECT_EQ((supervisor_handle{*system, *top}.count_children(limit)), (child_counts{1, 1, 0, 1}));
}

TEST_F(supervisor_shell, messages_that_it_does_not_know_do_not_disturb_a_supervisor) {
  const auto top = start_supervisor(*system, options({worker_spec("a")}));
  ASSERT_TRUE(top);
  caf::anon_send(*top, std::string("hello"));
  caf::anon_send(*top, caf::make_error(caf::sec::runtime_error));
  EXPECT_EQ((supervisor_handle{*system, *top}.count_children(limit)), (child_counts{1, 1, 0, 1}));
}

TEST(supervisor_systems, two_systems_in_one_process_do_not_know_of_each_other) {
  caf::actor_system_config first_config;
  caf::actor_system_config second_config;
  caf::actor_system first{first_config};
  caf::actor_system second{second_config};
  const child_spec spec{.id = "a", .start = [](start_context& context) -> start_result {
                          return context.system().spawn(worker, std::shared_ptr<journal>{}, "a");
                        }};
  const auto left = start_supervisor(first, {.children = {spec}});
  const auto right = start_supervisor(second, {.children = {spec}});
  ASSERT_TRUE(left);
  ASSERT_TRUE(right);
  EXPECT_EQ((supervisor_handle{first, *left}.stop(exit_reason::shutdown(), limit)),
            exit_reason::shutdown());
  EXPECT_EQ((supervisor_handle{second, *right}.count_children(limit)), (child_counts{1, 1, 0, 1}));
}

}  // namespace
}  // namespace slipway
