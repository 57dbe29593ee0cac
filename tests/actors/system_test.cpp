// slipway/tests/actors/system_test.cpp
//
// The whole tree: supervisor, pools, clients, actors, within a host.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/actors/system.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using live::at_limit;
using live::echo_pool;
using live::limit;
using testing::HasSubstr;
using testing::Optional;

class systems : public live::live_test {
 protected:
  std::unique_ptr<slipway::system> start(system_options options = {}) {
    options.on_event = events.handler();
    options.logger = log.logger();
    auto started = slipway::system::start(std::move(options));
    EXPECT_TRUE(started);
    return std::move(*started);
  }
  static client pool_of(slipway::system& system, python_pool_options options) {
    auto started = system.start_pool(std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    return *started;
  }
  static python_pool_options broken_pool(const std::string& name) {
    auto options = echo_pool(name);
    options.module = "no_such_module";
    options.retry.retries = 0;
    return options;
  }

  live::event_journal events;
  live::log_journal log;
};

TEST_F(systems, a_call_goes_through_the_tree_and_back) {
  const auto system = start();
  const client echo = pool_of(*system, echo_pool("echo"));
  const auto answer = echo.call("echo", value::map({{"x", value(1)}}), limit);
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(*answer, value::map({{"x", value(1)}}));
}

TEST_F(systems, two_systems_in_one_process_do_not_know_of_each_other) {
  const auto first = start();
  auto second = start();
  const client one = pool_of(*first, echo_pool("echo"));
  const client two = pool_of(*second, echo_pool("echo"));
  ASSERT_TRUE(one.call("pid", value(), limit));
  second.reset();
  EXPECT_EQ(two.call("pid", value(), limit).error().code, call_errc::pool_stopped);
  EXPECT_TRUE(one.call("pid", value(), limit));
}

TEST_F(systems, a_second_pool_of_one_name_is_refused_and_the_holder_named) {
  const auto system = start({.name = "shop"});
  const client echo = pool_of(*system, echo_pool("echo"));
  const auto second = system->start_pool(echo_pool("echo"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, system_errc::name_taken);
  EXPECT_THAT(second.error().message, HasSubstr("system 'shop' already has a pool 'echo'"));
  EXPECT_TRUE(echo.call("pid", value(), limit));
}

TEST_F(systems, a_pool_that_does_not_exist_is_a_typed_error) {
  const auto system = start();
  const auto found = system->find_pool("nowhere");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, system_errc::not_found);
}

TEST_F(systems, impossible_options_are_refused_by_name) {
  const auto system = start();
  const auto refused = [&](auto change) {
    auto options = echo_pool("p");
    change(options);
    const auto started = system->start_pool(std::move(options));
    return started ? std::string("accepted") : started.error().message;
  };
  EXPECT_THAT(refused([](auto& o) { o.name.clear(); }), HasSubstr("name"));
  EXPECT_THAT(refused([](auto& o) { o.size = 0; }), HasSubstr("size"));
  EXPECT_THAT(refused([](auto& o) { o.module.clear(); }), HasSubstr("module and script"));
  EXPECT_THAT(refused([](auto& o) { o.script = "x.py"; }), HasSubstr("module and script"));
  EXPECT_THAT(refused([](auto& o) { o.python.clear(); }), HasSubstr("python"));
  EXPECT_THAT(refused([](auto& o) { o.breaker = circuit_breaker_options{failures_in_a_row{0}}; }),
              HasSubstr("breaker: failures"));
}

TEST_F(systems, the_supervisor_restarts_a_pool_that_ended_and_its_clients_go_on) {
  const auto system = start();
  const client echo = pool_of(*system, echo_pool("echo"));
  ASSERT_TRUE(echo.call("pid", value(), limit));
  system->slot("echo")->current()->stop(exit_reason::error("bug", "for the test"));
  ASSERT_TRUE(events.await<runtime_events::pool_started>(2));
  EXPECT_TRUE(live::eventually([&] { return echo.call("pid", value(), limit).has_value(); }));
  EXPECT_FALSE(system->ended());
}

TEST_F(systems, a_supervisor_that_gives_up_ends_all_pools_and_clients_learn_the_reason) {
  const auto system = start({.intensity = 1});
  const client echo = pool_of(*system, echo_pool("echo"));
  const client broken = pool_of(*system, broken_pool("broken"));
  ASSERT_TRUE(system->wait_ended(at_limit()));
  EXPECT_THAT(system->ended(), Optional(exit_reason::shutdown()));
  const auto refused = broken.call("pid", value(), limit);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, call_errc::pool_exited);
  EXPECT_EQ(refused.error().effect, call_effect::not_sent);
  EXPECT_THAT(refused.error().message, HasSubstr("module_import"));
  EXPECT_EQ(echo.call("pid", value(), limit).error().code, call_errc::pool_stopped);
}

TEST_F(systems, what_workers_write_to_standard_error_is_logged_under_their_names) {
  const auto system = start();
  const client echo = pool_of(*system, echo_pool("echo"));
  ASSERT_TRUE(
      echo.call("print_lines", value::map({{"n", value(1)}, {"stream", value("stdout")}}), limit));
  EXPECT_TRUE(log.await("[echo/"));
}

TEST_F(systems, the_tree_shows_pools_and_workers) {
  const auto system = start({.name = "shop"});
  const client echo = pool_of(*system, echo_pool("echo"));
  ASSERT_TRUE(echo.wait_until_ready(echo_pool("echo").size, limit));
  ASSERT_TRUE(echo.call("pid", value(), limit));
  const tree_node tree = system->tree();
  EXPECT_EQ(tree.name, "shop");
  EXPECT_THAT(tree.detail, HasSubstr("one_for_one"));
  ASSERT_EQ(tree.children.size(), 1U);
  const tree_node& pool = tree.children.front();
  EXPECT_EQ(pool.name, "echo");
  EXPECT_EQ(pool.kind, "pool");
  EXPECT_THAT(pool.detail, HasSubstr("0 queued"));
  ASSERT_EQ(pool.children.size(), echo_pool("echo").size);
  EXPECT_EQ(pool.children.front().kind, "process");
  EXPECT_THAT(pool.children.front().name, HasSubstr("echo/"));
  EXPECT_EQ(pool.children.front().detail, "checkouts 1 (ok 1, error 0, close 0)");
}

TEST_F(systems, the_hosts_io_context_carries_it_all) {
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread runner([&] { context.run(); });
  {
    const auto system = start({.io_context = &context});
    const client echo = pool_of(*system, echo_pool("echo"));
    EXPECT_TRUE(echo.call("pid", value(), limit));
    EXPECT_TRUE(echo.async_call("pid", value(), limit).get());
  }
  work.reset();
  context.stop();
  runner.join();
}

class actors_of_a_host : public systems {
 protected:
  actors_of_a_host() : system_(start({.actor_system = &host_})) {
    auto options = echo_pool("echo");
    options.size = 1;
    echo_ = std::make_unique<client>(pool_of(*system_, std::move(options)));
    pool_ = make_python_pool_actor(host_, system_->slot("echo"));
  }
  ~actors_of_a_host() override {
    pool_ = nullptr;
    system_.reset();
  }

  // A client actor that asks once and then waits.
  caf::actor asks(const std::string& command) {
    return host_.spawn([pool = pool_, command](caf::event_based_actor* self) -> caf::behavior {
      self->request(pool, caf::infinite, call_atom::value, command, value(), duration(1h))
          .then([](const value&) {}, [](const caf::error&) {});
      return {[](int) {}};
    });
  }

  caf::actor_system_config config_;
  caf::actor_system host_{config_};
  std::unique_ptr<slipway::system> system_;
  std::unique_ptr<client> echo_;
  python_pool_actor pool_;
};

TEST_F(actors_of_a_host, a_request_is_answered_with_the_result) {
  caf::scoped_actor self{host_};
  std::optional<value> got;
  self->request(pool_, limit, call_atom::value, std::string("echo"), value::map({{"x", value(1)}}),
                duration(limit))
      .receive([&](const value& result) { got = result; },
               [&](const caf::error& error) { ADD_FAILURE() << host_.render(error); });
  EXPECT_EQ(got, value::map({{"x", value(1)}}));
}

TEST_F(actors_of_a_host, an_error_arrives_with_all_that_is_known_of_it) {
  caf::scoped_actor self{host_};
  std::optional<call_error> got;
  self->request(pool_, limit, call_atom::value, std::string("raise_error"),
                value::map({{"message", value("no")}}), duration(limit))
      .receive([&](const value&) { ADD_FAILURE(); },
               [&](const caf::error& error) { got = call_error_from(error); });
  ASSERT_TRUE(got && got->remote);
  EXPECT_EQ(got->code, call_errc::remote_exception);
  EXPECT_EQ(got->remote->type, "ValueError");
  EXPECT_EQ(got->remote->message, "no");
}

TEST_F(actors_of_a_host, an_error_of_another_kind_is_none_of_ours) {
  EXPECT_FALSE(call_error_from(caf::make_error(caf::sec::request_timeout)));
}

TEST_F(actors_of_a_host, a_client_that_exits_in_the_queue_leaves_it_and_costs_no_worker) {
  const auto pid = echo_->call<int>("pid", value(), limit);
  auto holder = system_->slot("echo")->current()->checkout(anonymous{}, limit);
  const caf::actor queued = asks("pid");
  ASSERT_TRUE(live::eventually([&] { return echo_->status()->load.queue_length == 1; }));
  caf::anon_send_exit(queued, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(live::eventually([&] { return echo_->status()->load.queue_length == 0; }));
  holder->checkin();
  EXPECT_EQ(echo_->call<int>("pid", value(), limit).value_or(-1), pid.value_or(-2));
}

TEST_F(actors_of_a_host, a_client_that_exits_with_a_worker_costs_it_and_it_is_replaced) {
  const auto pid = echo_->call<int>("pid", value(), limit);
  const caf::actor holder = asks("hang");
  ASSERT_TRUE(live::eventually([&] {
    const auto status = echo_->status();
    return !status->workers.empty() && status->workers[0].status == worker_status::checked_out;
  }));
  caf::anon_send_exit(holder, caf::exit_reason::user_shutdown);
  const auto replaced = echo_->call<int>("pid", value(), limit);
  ASSERT_TRUE(replaced) << to_string(replaced.error());
  EXPECT_NE(*replaced, pid.value_or(-1));
}

TEST_F(systems, a_client_that_exits_before_its_command_is_sent_takes_no_other_worker) {
  caf::actor_system_config config;
  caf::actor_system host{config};
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread runner([&] { context.run(); });
  {
    auto system = start({.actor_system = &host, .io_context = &context});
    auto options = echo_pool("echo");
    options.size = 1;
    const client echo = pool_of(*system, std::move(options));
    const auto pool = make_python_pool_actor(host, system->slot("echo"));
    EXPECT_TRUE(echo.call("pid", value(), limit));
    std::promise<void> asked;
    std::promise<void> goes_on;
    boost::asio::post(context, [go = goes_on.get_future().share()] { go.wait(); });
    const caf::actor holder = host.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->request(pool, caf::infinite, call_atom::value, std::string("hang"), value(),
                    duration(1h))
          .then([](const value&) {}, [](const caf::error&) {});
      asked.set_value();
      return {[](int) {}};
    });
    asked.get_future().wait();
    EXPECT_EQ(echo.status()->load.checked_out, 1U);
    caf::anon_send_exit(holder, caf::exit_reason::user_shutdown);
    EXPECT_TRUE(live::eventually([&] { return echo.status()->load.checked_out == 0; }));
    goes_on.set_value();
    EXPECT_TRUE(echo.call("pid", value(), limit));
  }
  work.reset();
  context.stop();
  runner.join();
}

TEST_F(actors_of_a_host, a_breaker_is_told_of_calls_that_fail_and_not_of_clients_that_exit) {
  auto options = echo_pool("guarded");
  options.breaker = circuit_breaker_options{failures_in_a_row{1}, 1h};
  const client guarded = pool_of(*system_, std::move(options));
  pool_ = make_python_pool_actor(host_, system_->slot("guarded"));
  const caf::actor holder = asks("hang");
  ASSERT_TRUE(live::eventually([&] {
    const auto status = guarded.status();
    return !status->workers.empty() && status->workers[0].status == worker_status::checked_out;
  }));
  caf::anon_send_exit(holder, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(guarded.call<int>("pid", value(), limit));
  EXPECT_EQ(guarded.breaker_state(), circuit_state::closed);

  std::vector<call_errc> codes;
  caf::scoped_actor self{host_};
  for (int n = 0; n < 2; ++n) {
    self->request(pool_, limit, call_atom::value, std::string("crash"), value(), duration(limit))
        .receive([](const value&) { ADD_FAILURE(); },
                 [&](const caf::error& error) { codes.push_back(call_error_from(error)->code); });
  }
  EXPECT_THAT(codes, testing::ElementsAre(call_errc::worker_died, call_errc::circuit_open));
}

TEST_F(actors_of_a_host, a_handle_stays_good_when_the_pool_is_restarted) {
  system_->slot("echo")->current()->stop(exit_reason::error("bug", "for the test"));
  ASSERT_TRUE(events.await<runtime_events::pool_started>(2));
  caf::scoped_actor self{host_};
  EXPECT_TRUE(live::eventually([&] {
    bool answered = false;
    self->request(pool_, limit, call_atom::value, std::string("pid"), value(), duration(limit))
        .receive([&](const value&) { answered = true; }, [](const caf::error&) {});
    return answered;
  }));
}

}  // namespace
}  // namespace slipway
