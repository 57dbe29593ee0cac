// slipway/tests/actors/pool_start_test.cpp
//
// How a pool comes to its workers: how many start at one time, who waits until enough are ready,
// what is told when that takes too long. Workers are no processes; time is virtual.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using harness::virtual_clock;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

// The starts under way, as the workers see them. Thread: any.
class starts {
 public:
  using link = worker_link<int>;

  void add(const link& to) {
    const std::lock_guard guard(mutex_);
    running_.emplace(to.id(), to);
    most_ = std::max(most_, running_.size());
    ++all_;
  }
  void aborted(worker_id worker) {
    const std::lock_guard guard(mutex_);
    running_.erase(worker);
    aborted_.push_back(worker);
  }
  /// The oldest of them, which is then over.
  std::optional<link> take() {
    const std::lock_guard guard(mutex_);
    if (running_.empty()) {
      return std::nullopt;
    }
    return running_.extract(running_.begin()).mapped();
  }
  std::size_t running() const {
    const std::lock_guard guard(mutex_);
    return running_.size();
  }
  std::size_t most() const {
    const std::lock_guard guard(mutex_);
    return most_;
  }
  std::size_t all() const {
    const std::lock_guard guard(mutex_);
    return all_;
  }
  std::vector<worker_id> aborts() const {
    const std::lock_guard guard(mutex_);
    return aborted_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<worker_id, link> running_;
  std::vector<worker_id> aborted_;
  std::size_t most_ = 0;
  std::size_t all_ = 0;
};

struct starter {
  struct pool_state {};
  using worker_state = int;
  using client_state = int;
  struct command {};

  std::shared_ptr<starts> under_way;

  init_return<int> init_worker(worker_id id, pool_state& /*pool*/) const {
    return init_async<int>{[all = under_way](const auto& link) { all->add(link); },
                           [all = under_way, id] { all->aborted(id); }};
  }
  checkout_return<int> handle_checkout(const command& /*wanted*/, request_id /*from*/, int& worker,
                                       pool_state& /*pool*/) const {
    return checkout_ok<int>{worker};
  }
};

exit_reason failed_import() {
  return exit_reason::error("module_import", "exit code 82")
      .with_stderr_tail({"Traceback:", "ModuleNotFoundError: No module named 'numpy'"});
}

class pool_start : public testing::Test {
 protected:
  using pool_type = pool<starter>;
  using started = result<std::shared_ptr<pool_type>, pool_start_error>;
  using waited = std::optional<result<void, checkout_error>>;

  [[nodiscard]] started try_start(const pool_options& options) const {
    return pool_type::start(options, starter{under_way}, {}, time, time);
  }
  [[nodiscard]] std::shared_ptr<pool_type> start(const pool_core_options& options) const {
    return try_start({.core = options}).value();
  }
  /// The answer is in it once it is there.
  static std::shared_ptr<waited> wait_for(pool_type& subject, std::size_t workers,
                                          duration timeout = 1h) {
    auto given = std::make_shared<waited>();
    subject.async_wait_until_ready(workers, timeout,
                                   [given](auto answer) { given->emplace(std::move(answer)); });
    return given;
  }
  static void ask(pool_type& subject, duration timeout = 1h) {
    subject.async_checkout({}, timeout, [](const auto& /*given*/) {});
  }
  void finish_one() const { under_way->take().value().ready(1); }
  void fail_one() const { under_way->take().value().failed(failed_import()); }
  void await_starts(std::size_t count) const {
    while (under_way->running() < count) {
      std::this_thread::yield();
    }
  }

  std::shared_ptr<starts> under_way = std::make_shared<starts>();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
};

// -- init_concurrency -----------------------------------------------------------------------------

TEST_F(pool_start, never_starts_more_workers_at_one_time_than_it_may_and_all_in_the_end) {
  const auto subject = start({.pool_size = 7, .init_concurrency = 2});
  EXPECT_EQ(under_way->running(), 2U);
  for (std::size_t ready = 1; ready <= 7; ++ready) {
    finish_one();
    EXPECT_EQ(under_way->running(), std::min<std::size_t>(2, 7 - ready));
    EXPECT_EQ(subject->status().load.idle, ready);
  }
  EXPECT_EQ(under_way->most(), 2U);
  EXPECT_EQ(under_way->all(), 7U);
}

TEST_F(pool_start, counts_starts_that_are_tried_again_within_the_bound) {
  const auto subject = start({.pool_size = 4, .init_concurrency = 2});
  fail_one();
  EXPECT_EQ(under_way->running(), 2U) << "the next takes its place at once";
  time->advance(1s);
  EXPECT_EQ(under_way->running(), 2U) << "what is tried again waits for its turn";
  while (under_way->running() != 0) {
    finish_one();
  }
  EXPECT_EQ(under_way->most(), 2U);
  EXPECT_EQ(subject->status().load.idle, 4U);
}

TEST_F(pool_start, of_a_lazy_pool_keeps_the_bound_whatever_its_clients_want) {
  const auto subject = start({.pool_size = 5, .lazy = true, .init_concurrency = 2});
  for (int i = 0; i < 4; ++i) {
    ask(*subject);
  }
  const auto ready = wait_for(*subject, 5);
  EXPECT_EQ(under_way->running(), 2U);
  while (under_way->running() != 0) {
    finish_one();
  }
  EXPECT_TRUE(*ready && **ready);
  EXPECT_EQ(under_way->most(), 2U);
  EXPECT_EQ(subject->status().load.checked_out, 0U) << "nobody keeps its lease";
  EXPECT_EQ(subject->status().counters.granted, 4U);
}

TEST_F(pool_start, without_a_bound_starts_all_at_once) {
  const auto subject = start({.pool_size = 7});
  EXPECT_EQ(under_way->running(), 7U);
}

// -- wait_until_ready -----------------------------------------------------------------------------

TEST_F(pool_start, who_waits_for_workers_of_an_eager_pool_is_answered_when_they_are_ready) {
  const auto subject = start({.pool_size = 3});
  const auto two = wait_for(*subject, 2);
  const auto none = wait_for(*subject, 0);
  EXPECT_TRUE(*none && **none);
  finish_one();
  EXPECT_FALSE(*two);
  auto busy = subject->checkout({}, 1h);
  ASSERT_TRUE(busy);
  finish_one();
  EXPECT_TRUE(*two && **two) << "a worker that is checked out has started, too";
  EXPECT_EQ(under_way->all(), 3U) << "waiting starts nothing";
}

TEST_F(pool_start, who_waits_for_workers_of_a_lazy_pool_has_the_missing_ones_started) {
  const auto subject = start({.pool_size = 3, .lazy = true});
  EXPECT_EQ(under_way->all(), 0U);
  ask(*subject);
  EXPECT_EQ(under_way->all(), 1U);
  const auto two = wait_for(*subject, 2);
  EXPECT_EQ(under_way->all(), 2U) << "one is under way already";
  const auto two_again = wait_for(*subject, 2);
  EXPECT_EQ(under_way->all(), 2U);
  finish_one();
  EXPECT_FALSE(*two);
  finish_one();
  EXPECT_TRUE(*two && **two);
  EXPECT_TRUE(*two_again && **two_again);
}

TEST_F(pool_start, who_waits_for_more_workers_than_there_are_is_refused) {
  const auto subject = start({.pool_size = 3});
  const auto refused = subject->wait_until_ready(4, 1h);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, checkout_errc::invalid_argument);
  EXPECT_THAT(refused.error().message, HasSubstr("has 3 workers, 4 are asked for"));
}

TEST_F(pool_start, who_waits_in_vain_hears_how_many_are_ready_and_what_failed_last) {
  const auto subject = start({.pool_size = 2});
  const auto both = wait_for(*subject, 2, 5s);
  finish_one();
  fail_one();
  time->advance(4999ms);
  EXPECT_FALSE(*both);
  time->advance(1ms);
  ASSERT_TRUE(*both);
  ASSERT_FALSE(**both);
  EXPECT_EQ((*both)->error().code, checkout_errc::timeout);
  EXPECT_THAT((*both)->error().message,
              AllOf(HasSubstr("1 of 2 workers ready after 5000 ms"), HasSubstr("module_import"),
                    HasSubstr("No module named 'numpy'")));
  EXPECT_FALSE(subject->ended()) << "the pool goes on";
}

TEST_F(pool_start, who_waits_for_workers_hears_of_the_end_of_the_pool) {
  const auto subject = start({.pool_size = 1});
  const auto before = wait_for(*subject, 1);
  subject->stop(exit_reason::shutdown());
  ASSERT_TRUE(*before);
  EXPECT_EQ((*before)->error().code, checkout_errc::pool_stopped);
  const auto after = subject->wait_until_ready(1, 1h);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, checkout_errc::pool_stopped);
}

// A start that somebody waits for is wanted, whatever becomes of a request that would have had it.
TEST_F(pool_start, a_cancelled_request_does_not_abort_the_workers_that_somebody_waits_for) {
  const auto subject =
      start({.pool_size = 3, .lazy = true, .cancelled_init = cancelled_init::abort});
  const auto one = wait_for(*subject, 1);
  ask(*subject, 1s);
  time->advance(1s);
  EXPECT_THAT(under_way->aborts(), IsEmpty());
  ASSERT_EQ(under_way->running(), 1U);
  finish_one();
  EXPECT_TRUE(*one && **one);
}

TEST_F(pool_start, a_cancelled_request_aborts_its_own_start_beside_those_that_somebody_waits_for) {
  const auto subject =
      start({.pool_size = 3, .lazy = true, .cancelled_init = cancelled_init::abort});
  const auto one = wait_for(*subject, 1);
  ask(*subject);
  ask(*subject, 1s);
  EXPECT_EQ(under_way->running(), 2U);
  time->advance(1s);
  EXPECT_THAT(under_way->aborts(), ElementsAre(worker_id{2}));
  finish_one();
  EXPECT_TRUE(*one && **one);
  auto held = subject->checkout({}, 1h);
  ask(*subject, 1s);
  time->advance(1s);
  EXPECT_THAT(under_way->aborts(), ElementsAre(worker_id{2}, worker_id{3}))
      << "once they are ready nobody waits for workers any more";
}

// -- min_ready ------------------------------------------------------------------------------------

TEST_F(pool_start, without_min_ready_returns_when_the_starts_have_begun) {
  const auto subject = try_start({.core = {.pool_size = 2}});
  ASSERT_TRUE(subject);
  EXPECT_EQ((*subject)->status().load.starting, 2U);
}

class start_that_waits : public pool_start, public testing::WithParamInterface<bool> {
 protected:
  [[nodiscard]] std::future<started> begin(std::size_t min_ready) const {
    return std::async(std::launch::async, [this, min_ready] {
      return try_start({.name = "tokens",
                        .core = {.pool_size = 3, .lazy = GetParam()},
                        .min_ready = min_ready,
                        .start_timeout = 5s});
    });
  }
  /// Lets time pass until the start is over.
  [[nodiscard]] started passes(std::future<started> given) const {
    while (given.wait_for(1ms) != std::future_status::ready) {
      time->advance(100ms);
    }
    return given.get();
  }
  /// Waits until so many tasks wait for their time: the start timeout, and the delays of retries.
  void await_tasks(std::size_t count) const {
    while (time->pending() < count) {
      std::this_thread::yield();
    }
  }
  /// What the start begins with: an eager pool starts all, a lazy one what is waited for.
  static std::size_t begun() { return GetParam() ? 2 : 3; }
};

INSTANTIATE_TEST_SUITE_P(of, start_that_waits, testing::Bool(), [](const auto& tested) {
  return tested.param ? "a_lazy_pool" : "an_eager_pool";
});

TEST_P(start_that_waits, returns_when_so_many_workers_are_ready) {
  auto starting = begin(2);
  await_starts(begun());
  finish_one();
  EXPECT_EQ(starting.wait_for(5ms), std::future_status::timeout);
  finish_one();
  const auto subject = starting.get();
  ASSERT_TRUE(subject) << subject.error().message;
  EXPECT_EQ((*subject)->status().load.idle, 2U);
  EXPECT_EQ(under_way->all(), begun());
}

TEST_P(start_that_waits, in_vain_says_how_many_are_ready_and_what_failed_last) {
  auto starting = begin(2);
  await_starts(begun());
  finish_one();
  fail_one();
  const auto refused = passes(std::move(starting));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, pool_start_errc::failed);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("tokens"), HasSubstr("1 of 2 workers ready after 5000 ms"),
                    HasSubstr("module_import"), HasSubstr("No module named 'numpy'")));
  const exit_reason& reason = refused.error().reason;
  EXPECT_EQ(reason.type, "start_timeout");
  ASSERT_TRUE(reason.cause) << "the last failure, with its stage and all of its last words";
  EXPECT_EQ(*reason.cause, failed_import());
  EXPECT_EQ(under_way->running(), 0U) << "what was still starting has been aborted";
}

TEST_P(start_that_waits, ends_with_the_pool_when_no_worker_can_be_started) {
  auto starting = begin(2);
  for (duration delay = 100ms;; delay *= 2) {
    await_starts(begun());
    while (under_way->running() != 0) {
      fail_one();
    }
    if (delay > 400ms) {
      break;
    }
    // Time must not pass before its thread has set the delays: it would run into the start timeout.
    await_tasks(1 + begun());
    time->advance(delay);
  }
  const auto refused = passes(std::move(starting));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason.type, "init_failed");
  ASSERT_TRUE(refused.error().reason.cause);
  EXPECT_EQ(*refused.error().reason.cause, failed_import());
}

}  // namespace
}  // namespace slipway
