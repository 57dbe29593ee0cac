// slipway/harness/isolated_system.hpp
//
// A supervised system for one test: of its own, broken by a plan if wanted, and gone without a trace
// at the end. Needs no test framework; for GoogleTest there is supervised_test.hpp.
// Belongs here: starting and waiting, the faults, proof that nothing is left.
// Does not: what the test checks.
// Invariants: (1) two of these do not know of each other;
//             (2) `end` says what is left, and only what came since this began.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/fault_plan.hpp>
#include <slipway/harness/faulty_ports.hpp>
#include <slipway/harness/resource_census.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace slipway::harness {

class virtual_clock;

struct isolation_options {
  /// What shall go wrong; none: nothing, and no relay stands before the workers.
  std::optional<fault_plan> faults{};
  /// Of all chance in the plan.
  std::uint64_t seed = 1;
  /// Who moves the plan's time (at_time, after_fault); none: it passes by itself.
  std::shared_ptr<virtual_clock> fault_time{};
  process_fault_options processes{};
  /// For waiting; only a failure takes that long.
  duration patience = std::chrono::seconds(60);
  /// Restarts of pools that the top supervisor bears, and in which time.
  unsigned intensity = 3;
  std::chrono::milliseconds period{5000};
  event_handler on_event{};
  /// Where the system logs; none: its warnings go to standard error.
  std::shared_ptr<spdlog::logger> logger{};
};

/// Thread: that of the test; what `system` gives has its own rules.
class isolated_system {
 public:
  /// Throws std::runtime_error when there can be none, as a test has no use for going on.
  explicit isolated_system(isolation_options options = {});
  isolated_system(const isolated_system&) = delete;
  isolated_system& operator=(const isolated_system&) = delete;
  isolated_system(isolated_system&&) = delete;
  isolated_system& operator=(isolated_system&&) = delete;
  ~isolated_system();

  [[nodiscard]] slipway::system& system();

  /// Starts a pool and waits until `ready` of its workers are, none: all. Its workers write what is
  /// temporary into `directory`. Throws std::runtime_error with all that is known when they do not
  /// become ready.
  [[nodiscard]] client start_ready(python_pool_options options,
                                   std::optional<std::size_t> ready = std::nullopt);
  /// The options as `start_ready` uses them, for pools that are not to become ready.
  [[nodiscard]] python_pool_options at_home(python_pool_options options) const;

  /// "licences-1f3a-2": never the same twice on this machine.
  [[nodiscard]] std::string unique_name(std::string_view base);
  /// A folder of this system's own; what is in it at the end is left over.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Every event until now, oldest first.
  [[nodiscard]] std::vector<runtime_event> events() const;
  /// Waits for an event, also one that has been; false: patience has ended.
  [[nodiscard]] bool await(const std::function<bool(const runtime_event&)>& wanted) const;
  template <class Event>
  [[nodiscard]] bool await(std::size_t count = 1) const {
    return await([seen = std::size_t{0}, count](const runtime_event& event) mutable {
      return std::holds_alternative<Event>(event) && ++seen == count;
    });
  }

  /// Every fault that has struck, oldest first.
  [[nodiscard]] std::vector<injected_fault> faults() const;
  /// Lets the plan's time pass, which `fault_time` must be for, and has what is due strike.
  void pass_fault_time(duration by);

  /// Stops everything and says what is left: child processes, zombies, descriptors, threads, files;
  /// one sentence each. What is not asked for here the destructor still ends, and tells nobody.
  [[nodiscard]] std::vector<std::string> end();

 private:
  struct journal;

  void remove_directory(std::vector<std::string>& left);

  isolation_options options_;
  resource_census before_;
  std::shared_ptr<journal> journal_;
  std::string directory_;
  std::shared_ptr<faulty_ports> ports_;
  std::unique_ptr<slipway::system> system_;
};

}  // namespace slipway::harness
