// tests/supervision/gen_server_test.cpp
//
// A gen_server in an actor system of its own for each test: returns, calls, exits, names, and life
// as a supervisor's child.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_fixture.hpp"
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/gen_server.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using gen_server::call_errc;
using gen_server::continue_with;
using gen_server::noreply;
using gen_server::start_errc;
using ::testing::ElementsAre;
using testing::gate;
using testing::journal;
using testing::limit;

/// Does in each callback what the test says.
class scripted {
 public:
  struct ask {
    using reply = int;
    std::function<gen_server::call_return<scripted, int>(scripted&, gen_server::from<int>)> how;
  };
  struct tell {
    std::function<gen_server::noreply_return<scripted>(scripted&)> how;
  };
  struct later {
    std::string text;
  };
  using calls = gen_server::messages<ask>;
  using casts = gen_server::messages<tell>;
  using infos = gen_server::messages<std::string, gen_server::timeout, gen_server::down,
                                     gen_server::exit_signal>;
  using continues = gen_server::messages<later>;
  using starter = std::function<gen_server::init_return<scripted>(scripted&)>;

  explicit scripted(std::shared_ptr<journal> notes, starter init = {})
      : notes_(std::move(notes)), init_(std::move(init)) {}

  gen_server::init_return<scripted> init(gen_server::context<scripted>& self) {
    self_ = &self;
    return init_ ? init_(*this) : gen_server::ok{};
  }
  gen_server::call_return<scripted, int> handle_call(const ask& what,
                                                     const gen_server::from<int>& caller) {
    return what.how(*this, caller);
  }
  gen_server::noreply_return<scripted> handle_cast(const tell& what) { return what.how(*this); }
  gen_server::noreply_return<scripted> handle_info(const std::string& text) {
    note("info " + text);
    return noreply{};
  }
  gen_server::noreply_return<scripted> handle_info(gen_server::timeout /*none came*/) {
    note("timeout");
    return noreply{};
  }
  gen_server::noreply_return<scripted> handle_info(const gen_server::down& notice) {
    note("down " + to_string(notice.reason));
    return noreply{};
  }
  gen_server::noreply_return<scripted> handle_info(const gen_server::exit_signal& signal) {
    note("exit " + to_string(signal.reason));
    return noreply{};
  }
  gen_server::noreply_return<scripted> handle_continue(const later& what) {
    note("continue " + what.text);
    return noreply{};
  }
  void terminate(const exit_reason& reason) { note("terminate " + to_string(reason)); }

  void note(std::string line) const { notes_->write(std::move(line)); }
  gen_server::context<scripted>& self() { return *self_; }
  std::vector<gen_server::from<int>> waiting;

 private:
  std::shared_ptr<journal> notes_;
  starter init_;
  gen_server::context<scripted>* self_ = nullptr;
};

using server = gen_server::server_ref<scripted>;

/// Has no init, no terminate, and takes one kind of call.
class plain {
 public:
  struct twice {
    using reply = std::string;
    std::string text;
  };
  using calls = gen_server::messages<twice>;

  gen_server::call_return<plain, std::string> handle_call(
      const twice& what, const gen_server::from<std::string>& /*caller*/) {
    return gen_server::reply{what.text + what.text};
  }
};

/// Fails to end in peace.
class throwing {
 public:
  struct end {};
  using casts = gen_server::messages<end>;
  gen_server::noreply_return<throwing> handle_cast(const end& /*now*/) {
    return gen_server::stop{exit_reason::normal()};
  }
  void terminate(const exit_reason& /*reason*/) { throw std::runtime_error("at the end"); }
};

class gen_server_test : public ::testing::Test {
 protected:
  server start(scripted::starter init = {}, gen_server::start_options options = {}) {
    auto started = try_start(std::move(init), options);
    if (!started) {
      throw std::runtime_error(to_string(started.error()));
    }
    return *started;
  }
  auto try_start(scripted::starter init = {}, const gen_server::start_options& options = {})
      -> result<server, gen_server::start_error> {
    return gen_server::start<scripted>(system_, options, notes_, std::move(init));
  }

  static scripted::ask answer(int number) {
    return {
        [number](scripted&, const gen_server::from<int>&) { return gen_server::reply{number}; }};
  }
  static scripted::tell note(std::string text) {
    return {[text = std::move(text)](scripted& self) {
      self.note(text);
      return noreply{};
    }};
  }
  // Keeps the server in a callback until the gate opens.
  static scripted::tell block(const std::shared_ptr<gate>& until) {
    return {[until](scripted& self) {
      self.note("blocked");
      until->pass();
      return noreply{};
    }};
  }
  static void signal(const server& to, const exit_reason& reason) {
    caf::anon_send(to.actor(), caf::exit_msg{{}, to_caf(reason)});
  }
  void trap_exits(const server& of) {
    ASSERT_TRUE(of.call(scripted::ask{[](scripted& self, const gen_server::from<int>&) {
      self.self().trap_exit(true);
      return gen_server::reply{0};
    }}));
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<journal> notes_ = std::make_shared<journal>();
};

// -- start ----------------------------------------------------------------------------------------

TEST_F(gen_server_test, start_returns_when_init_is_over) {
  start([](scripted& self) {
    self.note("init");
    return gen_server::ok{};
  });
  EXPECT_THAT(notes_->lines(), ElementsAre("init"));
}

TEST_F(gen_server_test, an_init_that_stops_fails_the_start_with_its_reason_and_no_terminate) {
  const auto started =
      try_start([](scripted&) { return gen_server::stop{exit_reason::error("no_disk", "full")}; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, start_errc::failed);
  EXPECT_EQ(started.error().reason, exit_reason::error("no_disk", "full"));
  EXPECT_THAT(notes_->lines(), ElementsAre());
}

TEST_F(gen_server_test, an_init_that_throws_fails_the_start_with_type_and_text) {
  const auto started = try_start(
      [](scripted&) -> gen_server::init_return<scripted> { throw std::runtime_error("bad luck"); });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, exit_reason::error("std::runtime_error", "bad luck"));
}

TEST_F(gen_server_test, an_init_that_declines_is_told_as_ignored) {
  const auto started = try_start([](scripted&) { return ignore; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, start_errc::ignored);
}

TEST_F(gen_server_test, an_init_that_takes_too_long_is_killed) {
  const auto until = std::make_shared<gate>();
  const auto started = try_start(
      [until](scripted& self) {
        until->pass();
        self.note("init over");
        return gen_server::ok{};
      },
      {.timeout = 20ms});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, start_errc::timeout);
  until->open();
  EXPECT_TRUE(notes_->await("init over"));
}

TEST_F(gen_server_test, a_server_needs_neither_init_nor_terminate) {
  const auto started = gen_server::start<plain>(system_, {});
  ASSERT_TRUE(started);
  EXPECT_EQ(started->call(plain::twice{"ab"}), "abab");
  EXPECT_TRUE(started->stop());
}

// -- returns --------------------------------------------------------------------------------------

TEST_F(gen_server_test, messages_of_one_sender_are_handled_in_order_one_at_a_time) {
  const auto on = start();
  on.cast(note("1"));
  on.info(std::string("2"));
  on.cast(note("3"));
  EXPECT_EQ(on.call(answer(4)), 4);
  EXPECT_THAT(notes_->lines(), ElementsAre("1", "info 2", "3"));
}

TEST_F(gen_server_test, what_is_continued_with_comes_before_messages_that_wait) {
  const auto until = std::make_shared<gate>();
  const auto on = start();
  on.cast(scripted::tell{[until](scripted&) {
    until->pass();
    return noreply{continue_with{scripted::later{"first"}}};
  }});
  on.cast(note("second"));
  until->open();
  EXPECT_EQ(on.call(answer(0)), 0);
  EXPECT_THAT(notes_->lines(), ElementsAre("continue first", "second"));
}

TEST_F(gen_server_test, init_may_continue_after_its_start_was_acknowledged) {
  const auto on =
      start([](scripted&) { return gen_server::ok{continue_with{scripted::later{"loading"}}}; });
  EXPECT_TRUE(notes_->await("continue loading"));
  EXPECT_EQ(on.call(answer(1)), 1);
}

TEST_F(gen_server_test, a_timeout_comes_when_no_message_came_before) {
  const auto on = start([](scripted&) { return gen_server::ok{10ms}; });
  EXPECT_TRUE(notes_->await("timeout"));
}

TEST_F(gen_server_test, any_message_ends_the_wait_for_a_timeout) {
  const auto until = std::make_shared<gate>();
  const auto on = start();
  on.cast(block(until));
  on.cast(scripted::tell{[](scripted&) { return noreply{1ms}; }});
  on.cast(scripted::tell{[](scripted&) { return noreply{1h}; }});
  auto asked = on.send_request(scripted::ask{[](scripted&, const gen_server::from<int>&) {
    return gen_server::reply{1, 30ms};
  }});
  until->open();
  EXPECT_EQ(asked.wait(limit), 1);
  EXPECT_TRUE(notes_->await("timeout"));
  EXPECT_THAT(notes_->lines(), ElementsAre("blocked", "timeout"));
}

TEST_F(gen_server_test, a_message_sent_after_a_delay_arrives_as_info) {
  const auto on = start();
  on.cast(scripted::tell{[](scripted& self) {
    self.self().send_after(5ms, std::string("later"));
    return noreply{};
  }});
  EXPECT_TRUE(notes_->await("info later"));
}

TEST_F(gen_server_test, a_plain_message_of_a_listed_type_arrives_as_info_and_others_are_dropped) {
  const auto on = start();
  caf::anon_send(on.actor(), 42);
  caf::anon_send(on.actor(), std::string("from CAF"));
  EXPECT_TRUE(notes_->await("info from CAF"));
  EXPECT_EQ(on.call(answer(2)), 2);
}

// -- calls ----------------------------------------------------------------------------------------

TEST_F(gen_server_test, a_reply_may_come_later) {
  const auto on = start();
  auto first =
      on.send_request(scripted::ask{[](scripted& self, const gen_server::from<int>& caller) {
        self.waiting.push_back(caller);
        return noreply{};
      }});
  EXPECT_EQ(on.call(scripted::ask{[](scripted& self, const gen_server::from<int>&) {
    self.waiting.front().reply(7);
    return gen_server::reply{8};
  }}),
            8);
  EXPECT_EQ(first.wait(limit), 7);
}

TEST_F(gen_server_test,
       a_call_that_is_not_answered_in_time_is_a_timeout_and_can_be_waited_for_again) {
  const auto until = std::make_shared<gate>();
  const auto on = start();
  on.cast(block(until));
  auto asked = on.send_request(answer(3));
  const auto early = asked.wait(1ms);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, call_errc::timeout);
  until->open();
  EXPECT_EQ(asked.wait(limit), 3);
}

TEST_F(gen_server_test, a_request_that_is_dropped_without_a_reply_fails_at_once) {
  const auto on = start();
  const auto told =
      on.call(scripted::ask{[](scripted&, const gen_server::from<int>&) { return noreply{}; }},
              gen_server::infinity);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, call_errc::no_reply);
}

TEST_F(gen_server_test, the_end_of_the_server_reaches_every_caller_with_its_reason) {
  const auto until = std::make_shared<gate>();
  const auto on = start();
  auto kept =
      on.send_request(scripted::ask{[](scripted& self, const gen_server::from<int>& caller) {
        self.waiting.push_back(caller);
        return noreply{};
      }});
  on.cast(block(until));
  auto crashing = on.send_request(scripted::ask{
      [](scripted&, const gen_server::from<int>&) -> gen_server::call_return<scripted, int> {
        throw std::logic_error("wrong");
      }});
  auto queued = on.send_request(answer(1));
  until->open();
  const gen_server::call_error expected{call_errc::down,
                                        exit_reason::error("std::logic_error", "wrong")};
  for (gen_server::pending_reply<int>* asked : {&kept, &crashing, &queued}) {
    const auto told = asked->wait(limit);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error(), expected) << to_string(told.error());
  }
  EXPECT_TRUE(notes_->await("terminate error std::logic_error: wrong"));
}

TEST_F(gen_server_test, a_call_to_a_server_that_has_ended_is_noproc) {
  const auto on = start();
  ASSERT_TRUE(on.stop());
  const auto told = on.call(answer(1));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, call_errc::noproc);
  EXPECT_EQ(on.stop().error().code, call_errc::noproc);
}

// -- ends -----------------------------------------------------------------------------------------

TEST_F(gen_server_test, stop_waits_for_its_turn_and_for_terminate) {
  const auto on = start();
  on.cast(note("before"));
  ASSERT_TRUE(on.stop(exit_reason::shutdown("upgrade")));
  EXPECT_THAT(notes_->lines(), ElementsAre("before", "terminate {shutdown, upgrade}"));
}

TEST_F(gen_server_test, stop_tells_another_reason_for_which_the_server_ended) {
  const auto on = start();
  on.cast(scripted::tell{
      [](scripted&) { return gen_server::stop{exit_reason::error("own", "reason")}; }});
  const auto told = on.stop();
  ASSERT_FALSE(told);
  // Had it ended before it was asked, it would be noproc.
  if (told.error().code == call_errc::down) {
    EXPECT_EQ(told.error().reason, exit_reason::error("own", "reason"));
  } else {
    EXPECT_EQ(told.error().code, call_errc::noproc);
  }
}

TEST_F(gen_server_test, stop_gives_up_waiting_after_its_timeout) {
  const auto until = std::make_shared<gate>();
  const auto on = start();
  on.cast(block(until));
  const auto told = on.stop(exit_reason::normal(), 5ms);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, call_errc::timeout);
  until->open();
  EXPECT_TRUE(notes_->await("terminate normal"));
}

TEST_F(gen_server_test, a_last_reply_comes_after_terminate) {
  const auto on = start();
  EXPECT_EQ(on.call(scripted::ask{[](scripted&, const gen_server::from<int>&) {
    return gen_server::stop_reply{exit_reason::normal(), 9};
  }}),
            9);
  EXPECT_THAT(notes_->lines(), ElementsAre("terminate normal"));
}

TEST_F(gen_server_test, a_terminate_that_throws_gives_the_exit_reason) {
  const auto on = gen_server::start<throwing>(system_, {});
  ASSERT_TRUE(on);
  const auto told = on->stop(exit_reason::shutdown());
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().reason, exit_reason::error("std::runtime_error", "at the end"));
}

// -- exit signals ---------------------------------------------------------------------------------

TEST_F(gen_server_test, without_trapping_a_signal_ends_it_without_terminate) {
  const auto on = start();
  signal(on, exit_reason::error("from", "elsewhere"));
  const auto told = on.call(answer(1));
  ASSERT_FALSE(told);
  EXPECT_THAT(notes_->lines(), ElementsAre());
}

TEST_F(gen_server_test, without_trapping_a_normal_signal_is_nothing) {
  const auto on = start();
  signal(on, exit_reason::normal());
  EXPECT_EQ(on.call(answer(1)), 1);
}

TEST_F(gen_server_test, a_trapped_signal_is_an_info_message) {
  const auto on = start();
  trap_exits(on);
  signal(on, exit_reason::shutdown());
  EXPECT_EQ(on.call(answer(1)), 1);
  EXPECT_THAT(notes_->lines(), ElementsAre("exit shutdown"));
}

TEST_F(gen_server_test, a_kill_cannot_be_trapped_and_skips_terminate) {
  const auto on = start();
  trap_exits(on);
  caf::anon_send_exit(on.actor(), caf::exit_reason::kill);
  const auto told = on.call(answer(1));
  ASSERT_FALSE(told);
  EXPECT_THAT(notes_->lines(), ElementsAre());
}

TEST_F(gen_server_test, the_end_of_the_parent_ends_a_linked_server_after_terminate_if_it_traps) {
  const auto parent = start();
  const auto child_notes = std::make_shared<journal>();
  const auto child = gen_server::start_link<scripted>(system_, parent.actor().address(), {},
                                                      child_notes, scripted::starter{});
  ASSERT_TRUE(child);
  trap_exits(*child);
  ASSERT_TRUE(parent.stop(exit_reason::shutdown("closing")));
  EXPECT_TRUE(child_notes->await("terminate {shutdown, closing}"));
}

TEST_F(gen_server_test, a_monitored_actor_s_end_arrives_as_down) {
  const auto on = start();
  const auto other = start();
  ASSERT_TRUE(on.call(scripted::ask{[other](scripted& self, const gen_server::from<int>&) {
    self.self().monitor(other.actor());
    return gen_server::reply{0};
  }}));
  ASSERT_TRUE(other.stop(exit_reason::shutdown("done")));
  EXPECT_TRUE(notes_->await("down {shutdown, done}"));
}

TEST_F(gen_server_test, a_linked_actor_s_end_arrives_as_a_signal) {
  const auto on = start();
  const auto other = start();
  trap_exits(on);
  ASSERT_TRUE(on.call(scripted::ask{[other](scripted& self, const gen_server::from<int>&) {
    self.self().link(other.actor());
    return gen_server::reply{0};
  }}));
  ASSERT_TRUE(other.stop(exit_reason::shutdown("done")));
  EXPECT_TRUE(notes_->await("exit {shutdown, done}"));
}

// -- names ----------------------------------------------------------------------------------------

TEST_F(gen_server_test, a_name_belongs_to_one_server_until_its_end) {
  const name_registry names;
  const auto first = start({}, {.name = "cache", .registry = &names});
  EXPECT_EQ(gen_server::whereis<scripted>(names, "cache"), first);
  EXPECT_FALSE(gen_server::whereis<plain>(names, "cache"));

  const auto second = try_start(
      [](scripted& self) {
        self.note("never");
        return gen_server::ok{};
      },
      {.name = "cache", .registry = &names});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, start_errc::already_started);
  EXPECT_EQ(second.error().running, first.actor());
  EXPECT_THAT(notes_->lines(), ElementsAre());

  ASSERT_TRUE(first.stop());
  EXPECT_TRUE(try_start({}, {.name = "cache", .registry = &names}));
}

TEST_F(gen_server_test, a_name_is_known_before_init_runs_and_free_again_when_init_fails) {
  const name_registry names;
  const auto started = try_start(
      [&names](scripted& self) {
        self.note(names.whereis("early") ? "known" : "unknown");
        return gen_server::stop{exit_reason::error("no", "luck")};
      },
      {.name = "early", .registry = &names});
  ASSERT_FALSE(started);
  EXPECT_THAT(notes_->lines(), ElementsAre("known"));
}

TEST_F(gen_server_test, a_name_without_a_registry_is_refused) {
  const auto started = try_start({}, {.name = "lost"});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, start_errc::name_refused);
}

// -- as a child -----------------------------------------------------------------------------------

TEST_F(gen_server_test,
       a_supervisor_waits_for_the_init_of_its_child_and_restarts_it_after_a_crash) {
  const name_registry names;
  auto top = start_supervisor(
      system_, {.children = {gen_server::spec<scripted>(
                    "cache", {.name = "cache", .registry = &names}, notes_, [](scripted& self) {
                      self.note("init");
                      return gen_server::ok{};
                    })}});
  ASSERT_TRUE(top) << to_string(top.error());
  EXPECT_THAT(notes_->lines(), ElementsAre("init"));

  const auto first = gen_server::whereis<scripted>(names, "cache");
  ASSERT_TRUE(first);
  // The call is there before the crash; one that comes after it would find nobody.
  const auto until = std::make_shared<gate>();
  first->cast(block(until));
  first->cast(scripted::tell{[](scripted&) -> gen_server::noreply_return<scripted> {
    throw std::runtime_error("crash");
  }});
  auto asked = first->send_request(answer(1));
  until->open();
  EXPECT_EQ(asked.wait(limit).error().reason, exit_reason::error("std::runtime_error", "crash"));
  const supervisor_handle handle{system_, *top};
  // Answered after the restart, as the supervisor serves nothing during it.
  for (;;) {
    const auto children = handle.which_children(limit);
    ASSERT_TRUE(children);
    const auto second = gen_server::server_ref<scripted>::of(children->front().actor);
    if (second && *second != *first) {
      EXPECT_EQ(second->call(answer(2)), 2);
      break;
    }
  }
  EXPECT_TRUE(handle.stop(exit_reason::shutdown(), limit));
}

TEST_F(gen_server_test, the_reason_of_a_child_s_failed_init_reaches_who_started_the_tree) {
  const auto top = start_supervisor(
      system_, {.children = {gen_server::spec<scripted>("cache", {}, notes_, [](scripted&) {
                  return gen_server::stop{exit_reason::error("no_disk", "full")};
                })}});
  ASSERT_FALSE(top);
  EXPECT_EQ(top.error(),
            exit_reason::failed_to_start_child("cache", exit_reason::error("no_disk", "full")));
}

TEST_F(gen_server_test, a_child_that_traps_exits_terminates_when_its_supervisor_stops_it) {
  const auto top = start_supervisor(
      system_, {.children = {gen_server::spec<scripted>("cache", {}, notes_, [](scripted& self) {
                  self.self().trap_exit(true);
                  return gen_server::ok{};
                })}});
  ASSERT_TRUE(top);
  ASSERT_TRUE(supervisor_handle(system_, *top).stop(exit_reason::shutdown(), limit));
  EXPECT_THAT(notes_->lines(), ElementsAre("terminate shutdown"));
}

TEST_F(gen_server_test, a_child_that_ignores_is_kept_without_an_actor) {
  const auto top =
      start_supervisor(system_, {.children = {gen_server::spec<scripted>(
                                     "cache", {}, notes_, [](scripted&) { return ignore; })}});
  ASSERT_TRUE(top);
  const supervisor_handle handle{system_, *top};
  const auto children = handle.which_children(limit);
  ASSERT_TRUE(children);
  EXPECT_FALSE(children->front().actor);
  EXPECT_TRUE(handle.stop(exit_reason::shutdown(), limit));
}

}  // namespace
}  // namespace slipway
