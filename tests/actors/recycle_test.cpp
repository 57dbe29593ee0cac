// slipway/tests/actors/recycle_test.cpp
//
// Real workers that pass a limit: they are named, replaced, and stopped only then.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace slipway::live {
namespace {

using namespace std::chrono_literals;
using runtime_events::worker_exited;
using runtime_events::worker_ready;
using runtime_events::worker_recycled;
using runtime_events::worker_removed;
using testing::StartsWith;

class recycled_workers : public live_test {
 protected:
  static python_pool_options pool_with(std::size_t size, const recycle_options& recycle) {
    auto options = echo_pool("recycled");
    options.size = size;
    options.recycle = recycle;
    options.recycle->check_interval = 10ms;
    return options;
  }

  // Calls until a worker is being replaced, and waits until it has been; false when a call fails or
  // the limit has passed.
  static bool call_until_replaced(pool_host& host, const char* command, const value& arguments) {
    for (const time_point end = at_limit(); host.events().of<worker_recycled>().empty();) {
      const auto given = host.calls().call(command, arguments);
      if (!given || soon() >= end) {
        ADD_FAILURE() << testing::PrintToString(given);
        return false;
      }
    }
    return host.events().await<worker_removed>();
  }
};

// The order of the events is that in which they happened.
class order_of_events {
 public:
  event_handler handler() {
    return [this](const runtime_event& event) {
      const std::lock_guard guard(mutex_);
      if (const auto* ready = std::get_if<worker_ready>(&event)) {
        seen_.push_back("ready " + ready->worker);
        ready_.insert(ready->worker);
      } else if (const auto* removed = std::get_if<worker_removed>(&event)) {
        seen_.push_back("removed " + removed->worker);
        ready_.erase(removed->worker);
        fewest_after_removal_ = std::min(fewest_after_removal_, ready_.size());
      } else if (const auto* recycled = std::get_if<worker_recycled>(&event)) {
        seen_.push_back("recycled " + recycled->worker);
      }
    };
  }
  [[nodiscard]] std::vector<std::string> seen() const {
    const std::lock_guard guard(mutex_);
    return seen_;
  }
  // How many workers were ready when one of them had just gone.
  [[nodiscard]] std::size_t fewest_after_removal() const {
    const std::lock_guard guard(mutex_);
    return fewest_after_removal_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  std::set<std::string> ready_;
  std::size_t fewest_after_removal_ = 1000;
};

TEST_F(recycled_workers, one_that_has_served_enough_is_replaced_before_it_is_stopped) {
  order_of_events order;
  pool_host host(pool_with(1, {.max_requests = 5, .jitter = 0}), order.handler());
  ASSERT_TRUE(host.ready());
  ASSERT_TRUE(call_until_replaced(host, "echo", value::map({})));
  const auto seen = order.seen();
  ASSERT_GE(seen.size(), 4U);
  EXPECT_EQ(seen[0], "ready recycled/1");
  EXPECT_EQ(seen[1], "recycled recycled/1");
  EXPECT_EQ(seen[2], "ready recycled/2");
  EXPECT_EQ(seen[3], "removed recycled/1");
  const auto removed = host.events().of<worker_removed>().front();
  EXPECT_EQ(removed.reason, host.events().of<worker_recycled>().front().reason);
  EXPECT_THAT(removed.reason.message, StartsWith("max_requests: "));
  ASSERT_TRUE(host.events().await<worker_exited>());
  EXPECT_TRUE(host.events().of<worker_exited>().front().expected) << "asked to end, not killed";
}

TEST_F(recycled_workers, one_whose_memory_grows_without_bound_is_named_and_replaced) {
  const auto growth = value::map({{"bytes", value(1 << 20)}});
  pool_host host(pool_with(1, {.max_resident_bytes = std::uint64_t{64} << 20, .jitter = 0}));
  ASSERT_TRUE(host.ready());
  ASSERT_TRUE(call_until_replaced(host, "hoard", growth));
  const auto recycled = host.events().of<worker_recycled>().front();
  EXPECT_EQ(recycled.worker, "recycled/1");
  EXPECT_THAT(recycled.reason.message, StartsWith("max_resident_bytes: "));
  EXPECT_THAT(host.calls().call("pid", value::map({})),
              gives(value(host.events().of<worker_ready>()[1].os_pid)));
}

TEST_F(recycled_workers, one_that_is_old_is_replaced_though_nobody_calls) {
  pool_host host(pool_with(1, {.max_age = 50ms, .jitter = 0}));
  ASSERT_TRUE(host.events().await<worker_removed>(2));
  const auto removed = host.events().of<worker_removed>();
  EXPECT_EQ(removed[0].worker, "recycled/1");
  EXPECT_EQ(removed[1].worker, "recycled/2");
  EXPECT_THAT(removed[0].reason.message, StartsWith("max_age: "));
}

TEST_F(recycled_workers, one_that_is_idle_for_long_is_replaced_and_a_busy_one_is_not) {
  pool_host host(pool_with(2, {.max_idle = 50ms, .jitter = 0, .at_once = 2}));
  ASSERT_TRUE(host.ready());
  auto busy = host.pool()->checkout(anonymous{}, limit);
  ASSERT_TRUE(busy);
  const std::string busy_one = busy->state().name;
  const std::size_t before = host.events().of<worker_removed>().size();
  ASSERT_TRUE(host.events().await<worker_removed>(before + 3));
  for (const auto& removed : host.events().of<worker_removed>()) {
    EXPECT_NE(removed.worker, busy_one);
    EXPECT_THAT(removed.reason.message, StartsWith("max_idle: "));
  }
}

TEST_F(recycled_workers, one_with_a_client_is_replaced_at_once_and_goes_when_it_comes_back) {
  pool_host host(pool_with(1, {.max_age = 50ms, .jitter = 0}));
  ASSERT_TRUE(host.ready());
  auto held = host.pool()->checkout(anonymous{}, limit);
  ASSERT_TRUE(held);
  const std::string name = held->state().name;
  const auto has_gone = [&](const worker_removed& event) { return event.worker == name; };
  ASSERT_TRUE(host.events().await<worker_recycled>(
      [&](const worker_recycled& event) { return event.worker == name; }));
  EXPECT_TRUE(host.calls().call("echo", value::map({}))) << "the replacement serves";
  for (const auto& removed : host.events().of<worker_removed>()) {
    EXPECT_FALSE(has_gone(removed));
  }
  held->checkin();
  EXPECT_TRUE(host.events().await<worker_removed>(has_gone));
}

TEST_F(recycled_workers, no_call_fails_and_no_worker_is_missing_while_all_are_replaced) {
  constexpr std::size_t size = 3;
  constexpr std::size_t replaced = 9;
  order_of_events order;
  pool_host host(pool_with(size, {.max_requests = 50}), order.handler());
  ASSERT_TRUE(host.ready());
  std::atomic<bool> enough{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!enough) {
        failed += host.calls().call("echo", value::map({})) ? 0 : 1;
      }
    });
  }
  EXPECT_TRUE(host.events().await<worker_removed>(replaced));
  enough = true;
  for (auto& each : clients) {
    each.join();
  }
  EXPECT_EQ(failed, 0);
  EXPECT_GE(order.fewest_after_removal(), size);
  std::set<std::string> names;
  for (const auto& removed : host.events().of<worker_removed>()) {
    EXPECT_TRUE(names.insert(removed.worker).second) << removed.worker << " went twice";
    EXPECT_THAT(removed.reason.message, StartsWith("max_requests: "));
  }
}

TEST_F(recycled_workers, a_pool_may_be_stopped_at_any_moment_of_a_replacement) {
  for (int i = 0; i < 10; ++i) {
    pool_host host(pool_with(1, {.max_age = 1ms, .jitter = 0}));
    ASSERT_TRUE(host.events().await<worker_recycled>());
    static_cast<void>(eventually([] { return false; }, std::chrono::milliseconds(4 * i)));
    host.stop();
    EXPECT_EQ(host.exit(), exit_reason::shutdown());
  }
}

}  // namespace
}  // namespace slipway::live
