// slipway/tests/actors/init_supervised_test.cpp
//
// Real Python workers that start under a real supervisor: the ends of the init matrix by the exit
// messages that bring them, and pools whose start waits for ready workers.
//
// SPDX-License-Identifier: Apache-2.0
#include "init_matrix.hpp"
#include "live_fixture.hpp"
#include <slipway/actors/internal/supervised_python_pool.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <boost/asio/io_context.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway::init_matrix {
namespace {

using namespace std::chrono_literals;
using live::echo_pool;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

// -- ends -----------------------------------------------------------------------------------------

/// Who ends the pool, by an exit message to its actor.
enum class ender : std::uint8_t { stopping_supervisor, crashing_owner, kill };

std::string to_string(ender who) {
  constexpr std::array names{"stopping_supervisor", "crashing_owner", "kill"};
  return names.at(static_cast<std::size_t>(who));
}

exit_reason reason_of(ender who) {
  switch (who) {
    case ender::stopping_supervisor:
      return exit_reason::shutdown();
    case ender::crashing_owner:
      return exit_reason::error("owner_crash", "for the test");
    case ender::kill:
      break;
  }
  return exit_reason::killed();
}

using end_cell = std::tuple<init_state, start_mode, ender>;

std::string name_of(const end_cell& at) {
  const auto [state, mode, who] = at;
  return to_string(state) + "_in_" + (mode == start_mode::lazy ? "a_lazy" : "an_eager") +
         "_pool_ended_by_a_" + to_string(who);
}

/// One supervised pool on a runtime whose I/O loop runs when the test says so.
class supervised_init : public live::live_test, public testing::WithParamInterface<end_cell> {
 protected:
  using answer = python_pool::checkout_result;

  static constexpr std::chrono::milliseconds patience = 60s;

  static python_pool_options options() {
    auto made = echo_pool("matrix");
    made.lazy = std::get<start_mode>(GetParam()) == start_mode::lazy;
    if (std::get<init_state>(GetParam()) != init_state::ready) {
      made.module.clear();
      made.script = live::misbehaving_path("silent");
      made.wire_codec = codec::json;
    }
    return made;
  }

  supervised_init() {
    child_spec pool;
    pool.id = "matrix";
    pool.start = [this](start_context& context) {
      return internal::supervised_python_pool(context, *runtime_, slot_);
    };
    supervisor_options tree;
    tree.children.push_back(std::move(pool));
    supervisor_.emplace(host_, start_supervisor(host_, std::move(tree)).value());
    // Of the restarts that follow there are others.
    pool_ = slot_->current();
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): a throw ends the test program, and rightly so.
  ~supervised_init() override {
    given_.reset();
    EXPECT_TRUE(supervisor_->stop(exit_reason::shutdown(), patience));
    drive([&] { return runtime_->wait_unheld(live::soon()); });
  }

  /// Runs the I/O loop until `holds`, and no further.
  void drive(const std::function<bool()>& holds) { live::drive(io_, holds); }

  void ask() {
    pool_->async_checkout(anonymous{}, live::limit,
                          [this](answer got) { given_.emplace(std::move(got)); });
  }

  void reach(init_state state) {
    if (state == init_state::handshaking) {
      drive([&] { return pool_->status().load.handshaking == 1; });
    } else if (state == init_state::ready) {
      drive([&] { return given_.has_value(); });
      ASSERT_TRUE(*given_);
    }
  }

  void end_it(ender who) {
    if (who == ender::stopping_supervisor) {
      EXPECT_TRUE(supervisor_->stop(reason_of(who), patience));
      return;
    }
    const auto children = supervisor_->which_children(patience);
    ASSERT_TRUE(children);
    caf::anon_send(children->front().actor,
                   caf::exit_msg{supervisor_->actor().address(), to_caf(reason_of(who))});
    // The pool's own end; then its supervisor starts it again.
    EXPECT_TRUE(events_.await<runtime_events::pool_exited>());
    EXPECT_TRUE(events_.await<runtime_events::pool_started>(2));
  }

  live::event_journal events_;
  live::log_journal log_;
  boost::asio::io_context io_{1};
  std::unique_ptr<runtime> runtime_ =
      std::make_unique<runtime>(runtime_options{.logger = log_.logger(),
                                                .io_context = &io_,
                                                .on_event = events_.handler(),
                                                .exit_patience = live::limit});
  std::shared_ptr<pool_slot> slot_ = std::make_shared<pool_slot>(options(), *runtime_);
  std::optional<answer> given_;
  caf::actor_system_config config_;
  caf::actor_system host_{config_};
  std::optional<supervisor_handle> supervisor_;
  std::shared_ptr<python_pool> pool_;
};

TEST_P(supervised_init, ends_with_its_pool_and_leaves_no_process) {
  const auto [state, mode, who] = GetParam();
  ask();
  reach(state);
  end_it(who);
  EXPECT_THAT(pool_->ended_with(), Optional(reason_of(who)));
  ASSERT_TRUE(given_);
  if (state != init_state::ready) {
    ASSERT_FALSE(*given_);
    EXPECT_EQ(given_->error().code, who == ender::stopping_supervisor ? checkout_errc::pool_stopped
                                                                      : checkout_errc::pool_exited);
    EXPECT_EQ(given_->error().pool_exit, reason_of(who));
    EXPECT_THAT(events_.of<runtime_events::worker_init_cancelled>(), SizeIs(1));
  }
  drive([&] { return !events_.of<runtime_events::worker_exited>().empty(); });
  EXPECT_TRUE(events_.of<runtime_events::worker_exited>().front().expected);
  EXPECT_THAT(events_.of<runtime_events::worker_init_failed>(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(cell, supervised_init,
                         testing::Combine(testing::ValuesIn(init_states),
                                          testing::ValuesIn(start_modes),
                                          testing::Values(ender::stopping_supervisor,
                                                          ender::crashing_owner, ender::kill)),
                         [](const auto& tested) { return name_of(tested.param); });

// -- starts that wait for ready workers -----------------------------------------------------------

class supervised_start : public live::live_test {
 protected:
  supervised_start() {
    system_options options;
    options.on_event = events_.handler();
    options.logger = log_.logger();
    system_ = std::move(slipway::system::start(std::move(options)).value());
  }

  static python_pool_options broken_module() {
    auto options = echo_pool("broken");
    options.module = "module_of_nobody";
    options.retry = {.retries = 2, .first = 1ms, .longest = 2ms};
    return options;
  }

  live::event_journal events_;
  live::log_journal log_;
  std::unique_ptr<slipway::system> system_;
};

TEST_F(supervised_start, of_an_eager_pool_returns_when_so_many_workers_are_ready) {
  auto options = echo_pool("eager");
  options.size = 2;
  options.min_ready = 2;
  const auto started = system_->start_pool(std::move(options));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->status()->load.idle, 2U);
}

TEST_F(supervised_start, of_a_lazy_pool_starts_as_many_workers_as_are_to_be_ready) {
  auto options = echo_pool("lazy");
  options.size = 2;
  options.lazy = true;
  options.min_ready = 1;
  const auto started = system_->start_pool(std::move(options));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->status()->load.idle, 1U);
  EXPECT_EQ(started->status()->counters.workers_started, 1U);
}

TEST_F(supervised_start, in_vain_names_how_many_are_ready_and_leaves_no_process) {
  auto options = echo_pool("silent");
  options.module.clear();
  options.script = live::misbehaving_path("silent");
  options.wire_codec = codec::json;
  options.min_ready = 1;
  options.start_timeout = 200ms;
  const auto refused = system_->start_pool(std::move(options));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, system_errc::start_failed);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("start_timeout"), HasSubstr("0 of 1 workers ready after 200 ms")));
}

TEST_F(supervised_start, whose_module_does_not_import_fails_with_stage_and_last_words) {
  auto options = broken_module();
  options.min_ready = 1;
  const auto refused = system_->start_pool(std::move(options));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, system_errc::start_failed);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("init_failed"), HasSubstr("module_import"),
                                             HasSubstr("module_of_nobody")));
  EXPECT_THAT(events_.of<runtime_events::worker_init_failed>(), SizeIs(3));
}

TEST_F(supervised_start, whose_module_does_not_import_ends_the_pool_after_bounded_retries) {
  live::pool_host host(broken_module());
  const auto ended = host.exit();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->type, "init_failed");
  EXPECT_THAT(ended->message, HasSubstr("3 times in a row"));
  ASSERT_TRUE(ended->cause);
  EXPECT_EQ(ended->cause->type, "module_import");
  EXPECT_THAT(ended->cause->stderr_tail, Contains(HasSubstr("module_of_nobody")));
  EXPECT_THAT(host.events().of<runtime_events::worker_init_failed>(), SizeIs(3));
}

TEST_F(supervised_start, that_times_out_has_the_last_failure_with_its_tail_as_the_cause) {
  auto options = broken_module();
  options.retry = {.retries = 1, .first = 1h};
  live::pool_host host(options);
  ASSERT_TRUE(host.events().await<runtime_events::worker_init_failed>());
  const auto waited = host.pool()->wait_until_ready(1, 1ms);
  ASSERT_FALSE(waited);
  EXPECT_THAT(waited.error().message,
              AllOf(HasSubstr("0 of 1 workers ready after 1 ms"), HasSubstr("module_import")));
  const exit_reason why = start_timed_out(waited.error());
  ASSERT_TRUE(why.cause);
  EXPECT_EQ(why.cause->type, "module_import");
  EXPECT_THAT(why.cause->stderr_tail, Contains(HasSubstr("module_of_nobody")));
}

}  // namespace
}  // namespace slipway::init_matrix
