// slipway/tests/actors/live_fixture.hpp
//
// What tests with real processes have in common: proof that nothing is left, looks into /proc,
// waiting for events, pools of Python workers without an actor system.
// Belongs here: what two of these tests need.
// Does not: what they check.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/port.hpp>
#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/harness/resource_census.hpp>
#include <slipway/protocol/byte_buffer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace slipway {

// How GoogleTest prints them when a test fails.
void PrintTo(const exit_status& status, std::ostream* to);
void PrintTo(const port_error& error, std::ostream* to);
void PrintTo(const call_error& error, std::ostream* to);
void PrintTo(const checkout_error& error, std::ostream* to);
void PrintTo(const spawn_error& error, std::ostream* to);
void PrintTo(const exit_reason& reason, std::ostream* to);
void PrintTo(const value& printed, std::ostream* to);
template <class T, class E>
void PrintTo(const result<T, E>& given, std::ostream* to) {
  if (given) {
    if constexpr (!std::is_void_v<T>) {
      *to << testing::PrintToString(*given).substr(0, 200);
    }
  } else {
    PrintTo(given.error(), to);
  }
}

}  // namespace slipway

namespace slipway::live {

/// Only a failure takes that long.
inline constexpr duration limit = std::chrono::seconds(60);

[[nodiscard]] time_point soon();      ///< now
[[nodiscard]] time_point at_limit();  ///< `limit` from now

/// Looks again and again until `holds` or the limit has passed; for what no event tells.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, duration within = limit);

/// Runs a loop of the test's own until `holds`, and no further; fails the test at the limit.
void drive(boost::asio::io_context& loop, const std::function<bool()>& holds);

/// A result with this value.
MATCHER_P(gives, wanted, "gives " + testing::PrintToString(wanted).substr(0, 200)) {
  static_cast<void>(result_listener);
  return arg.has_value() && *arg == wanted;
}

/// Fails its test when a child process, a zombie, a descriptor or a thread is left that was not
/// there before. What a derived fixture owns is gone by then.
class live_test : public testing::Test {
 public:
  live_test(const live_test&) = delete;
  live_test& operator=(const live_test&) = delete;
  live_test(live_test&&) = delete;
  live_test& operator=(live_test&&) = delete;

 protected:
  live_test();
  ~live_test() override;

 private:
  harness::resource_census before_;
};

// -- /proc ----------------------------------------------------------------------------------------

/// False once it has ended, also while it is a zombie.
[[nodiscard]] bool runs(int pid);
/// Kills a process and waits until all its threads are gone, so that it
/// can read nothing any more; false when the limit passed before. (The state in /proc is that of
/// its first thread alone.)
[[nodiscard]] bool kill_and_wait(int pid);
/// Number of each open descriptor and what it leads to.
[[nodiscard]] std::map<int, std::string> descriptors_of(int pid);
/// A field of /proc/PID/status, such as "SigIgn"; empty when there is none.
[[nodiscard]] std::string status_of(int pid, std::string_view field);
/// Processes whose environment has the entry `entry` ("NAME=value").
[[nodiscard]] std::vector<int> processes_with(const std::string& entry);
/// "ab3f…": never the same twice on this machine.
[[nodiscard]] std::string unique_mark();

// -- what is started ------------------------------------------------------------------------------

[[nodiscard]] process_spec shell(std::string script);
[[nodiscard]] process_spec python_code(std::string code);
/// A program below tests/python/misbehaving.
[[nodiscard]] process_spec misbehaving(const std::string& name, std::vector<std::string> more = {});
[[nodiscard]] std::string misbehaving_path(const std::string& name);
[[nodiscard]] std::string modules_dir();

/// A folder that goes with its contents.
class temporary_directory {
 public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  temporary_directory(temporary_directory&&) = delete;
  temporary_directory& operator=(temporary_directory&&) = delete;
  ~temporary_directory();

  [[nodiscard]] std::string path() const { return path_.string(); }
  /// Writes a file into it, making folders on the way, and returns its path.
  // NOLINTNEXTLINE(modernize-use-nodiscard): what counts is the file.
  std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

[[nodiscard]] byte_buffer frame_of(std::string_view payload);
[[nodiscard]] std::string text_of(std::span<const std::byte> payload);

// -- events ---------------------------------------------------------------------------------------

/// Keeps every event of a runtime or a system, and lets a test wait for one.
class event_journal {
 public:
  [[nodiscard]] event_handler handler();

  template <class Event>
  [[nodiscard]] std::vector<Event> of() const {
    const std::lock_guard guard(mutex_);
    return all<Event>();
  }
  /// Waits until there are `count` events of this type; false when the limit passed before.
  template <class Event>
  [[nodiscard]] bool await(std::size_t count = 1) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return all<Event>().size() >= count; });
  }
  template <class Event>
  [[nodiscard]] bool await(const std::function<bool(const Event&)>& wanted) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] {
      for (const auto& event : all<Event>()) {
        if (wanted(event)) {
          return true;
        }
      }
      return false;
    });
  }

 private:
  template <class Event>
  std::vector<Event> all() const {
    std::vector<Event> found;
    for (const auto& event : events_) {
      if (const auto* match = std::get_if<Event>(&event)) {
        found.push_back(*match);
      }
    }
    return found;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<runtime_event> events_;
};

/// Keeps log lines; the logger is nobody's default.
class log_journal {
 public:
  log_journal();
  [[nodiscard]] const std::shared_ptr<spdlog::logger>& logger() const { return logger_; }
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] bool await(std::string_view part) const;

 private:
  struct lines_kept;
  std::shared_ptr<lines_kept> kept_;
  std::shared_ptr<spdlog::logger> logger_;
};

// -- pools ----------------------------------------------------------------------------------------

/// Options of a pool that runs tests/python/echo_worker_module.py with the interpreter of the
/// build.
[[nodiscard]] python_pool_options echo_pool(std::string name);

/// A pool on a runtime of its own, without supervisor.
class pool_host {
 public:
  /// @param also  is told of every event, too.
  /// @param on    what it stands on; none: the real machine.
  explicit pool_host(python_pool_options options, event_handler also = nullptr,
                     std::optional<machine> on = std::nullopt);
  pool_host(const pool_host&) = delete;
  pool_host& operator=(const pool_host&) = delete;
  pool_host(pool_host&&) = delete;
  pool_host& operator=(pool_host&&) = delete;
  /// Stops the pool and waits for its processes.
  ~pool_host();

  [[nodiscard]] const client& calls() const { return client_; }
  [[nodiscard]] const event_journal& events() const { return events_; }
  [[nodiscard]] const log_journal& log() const { return log_; }
  [[nodiscard]] const std::shared_ptr<python_pool>& pool() const { return pool_; }
  [[nodiscard]] runtime& shared() { return *runtime_; }

  [[nodiscard]] bool ready();  ///< waits for all workers
  [[nodiscard]] pool_status status() const { return pool_->status(); }
  /// Waits for the pool's end and gives its reason.
  [[nodiscard]] std::optional<exit_reason> exit() const;
  void stop(exit_reason reason = exit_reason::shutdown());

 private:
  event_journal events_;
  log_journal log_;
  std::unique_ptr<runtime> runtime_;
  std::shared_ptr<pool_slot> slot_;
  std::shared_ptr<python_pool> pool_;
  client client_;
};

}  // namespace slipway::live
