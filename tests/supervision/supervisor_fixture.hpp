// tests/supervision/supervisor_fixture.hpp
//
// What tests of real supervisors share: an actor system of their own, children that crash when told,
// and events that can be waited for.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::testing {

inline constexpr auto limit = std::chrono::seconds(20);

using crash_atom = caf::atom_constant<caf::atom("crash")>;
using link_atom = caf::atom_constant<caf::atom("link")>;

/// Collects events of one or more supervisors, and lets a test wait for one.
class event_log {
 public:
  [[nodiscard]] supervisor_observer observer() {
    return [this](const supervisor_event& event) {
      const std::lock_guard guard{mutex_};
      events_.push_back(event);
      changed_.notify_all();
    };
  }

  /// Waits until `count` events of this type have come; false when the limit passed before.
  template <class Event>
  [[nodiscard]] bool await(std::size_t count = 1) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return all<Event>().size() >= count; });
  }

  template <class Event>
  [[nodiscard]] std::vector<Event> of() {
    const std::lock_guard guard{mutex_};
    return all<Event>();
  }

 private:
  template <class Event>
  [[nodiscard]] std::vector<Event> all() const {
    std::vector<Event> found;
    for (const supervisor_event& event : events_) {
      if (const auto* match = std::get_if<Event>(&event)) {
        found.push_back(*match);
      }
    }
    return found;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<supervisor_event> events_;
};

/// Text lines written from any thread.
class journal {
 public:
  void write(std::string line) {
    const std::lock_guard guard{mutex_};
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard guard{mutex_};
    return lines_;
  }
  [[nodiscard]] bool await(const std::string& line) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] {
      return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// A child that crashes when told, and writes how it was asked to end.
inline caf::behavior worker(caf::event_based_actor* self, const std::shared_ptr<journal>& notes,
                            const std::string& name) {
  self->set_exit_handler([self, notes, name](caf::exit_msg& signal) {
    if (notes) {
      notes->write(name + ": " + to_string(from_caf(signal.reason)));
    }
    self->quit(std::move(signal.reason));
  });
  return {[self](crash_atom) { self->quit(to_caf(exit_reason::error("crash", "as told"))); },
          [self](link_atom, const caf::actor& other) { self->link_to(other); },
          [](const std::string& text) { return text; }};
}

/// A child that does not end when it is asked.
inline caf::behavior stubborn(caf::event_based_actor* self) {
  self->set_exit_handler([](caf::exit_msg&) {});
  return {[](int) {}};
}

class supervisor_shell : public ::testing::Test {
 protected:
  supervisor_shell() : supervisor_shell(0) {}
  explicit supervisor_shell(std::size_t threads) {
    if (threads != 0) {
      config.set("scheduler.max-threads", threads);
    }
    system = std::make_unique<caf::actor_system>(config);
  }

  [[nodiscard]] child_spec worker_spec(const child_id& id) {
    return {.id = id, .start = [notes = notes, id](start_context& context) -> start_result {
              return context.system().spawn(worker, notes, id);
            }};
  }
  [[nodiscard]] supervisor_options options(std::vector<child_spec> children,
                                           unsigned intensity = 1) {
    return {.name = "test",
            .flags = {.intensity = intensity},
            .children = std::move(children),
            .observer = log.observer()};
  }
  [[nodiscard]] caf::actor child(const supervisor_handle& tree, const child_id& id) {
    const auto children = tree.which_children(limit);
    EXPECT_TRUE(children) << (children ? "" : to_string(children.error()));
    for (const child_info& info : *children) {
      if (info.id == id) {
        return info.actor;
      }
    }
    return {};
  }
  [[nodiscard]] exit_reason end_of(const caf::actor& who) {
    caf::scoped_actor self{*system, true};
    self->monitor(who);
    exit_reason reason = exit_reason::error("test", "it did not end");
    self->receive([&reason](const caf::down_msg& down) { reason = from_caf(down.reason); },
                  caf::after(limit) >> [] {});
    return reason;
  }

  std::shared_ptr<journal> notes = std::make_shared<journal>();
  event_log log;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
};

/// What a blocked handler waits for.
class gate {
 public:
  void open() {
    {
      const std::lock_guard guard{mutex_};
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, limit, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace slipway::testing
