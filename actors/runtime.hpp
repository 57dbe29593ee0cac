// slipway/actors/runtime.hpp
//
// What every pool of a host shares and nothing else in the process does: the machine below (time,
// timers, processes), logger, event handler. Needs no CAF.
// Belongs here: owning these and ending them in order.
// Does not: pools, supervision (system).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/clock.hpp>
#include <slipway/actors/event_outlet.hpp>
#include <slipway/actors/machine.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/telemetry.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace spdlog {
class logger;
}

namespace slipway {

struct runtime_options {
  /// Where to log; none: warnings and errors go to the host's standard error.
  std::shared_ptr<spdlog::logger> logger{};
  /// The host's io_context, which the host runs; none: a thread of our own.
  boost::asio::io_context* io_context = nullptr;
  event_handler on_event{};
  /// How long destruction waits for processes to end before it says in the log what is left.
  duration exit_patience = std::chrono::seconds(10);
  /// Gets every event as telemetry; none: nobody watches.
  std::shared_ptr<telemetry> watch{};
  /// What it stands on; none: the real machine, with `io_context`.
  std::optional<slipway::machine> machine{};
};

/// Two runtimes in one process do not know of each other. Thread: any.
class runtime {
 public:
  explicit runtime(runtime_options options = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  runtime(runtime&&) = delete;
  runtime& operator=(runtime&&) = delete;
  /// Waits until nobody holds it any more, `exit_patience` at the most. Pools must have been
  /// stopped.
  ~runtime();

  [[nodiscard]] const std::shared_ptr<const clock>& time() const { return machine_.time; }
  [[nodiscard]] const std::shared_ptr<timer_service>& timers() const { return machine_.timers; }
  [[nodiscard]] port_source& ports() const { return *machine_.ports; }
  /// For whoever needs chance: another one each time, in an order that the machine's seed decides.
  [[nodiscard]] std::uint64_t next_seed() {
    return machine_.seed + seeds_given_.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] spdlog::logger& log() { return *logger_; }

  /// Null when nobody watches.
  [[nodiscard]] const std::shared_ptr<telemetry>& watch() const { return options_.watch; }

  /// Logs the event, hands it to the host's handler and to its telemetry.
  void report(const runtime_event& event);

  /// The same for those who may outlive this runtime; they are then heard no more.
  [[nodiscard]] const std::shared_ptr<event_outlet>& outlet() const { return outlet_; }

  /// A token of somebody who uses this runtime: a process, a pool that has not ended on whichever
  /// of its clients' threads it is ending. Destruction waits until all have been let go.
  [[nodiscard]] std::shared_ptr<void> hold();

  /// Waits until nobody holds it. False: `deadline` came first.
  [[nodiscard]] bool wait_unheld(time_point deadline);

 private:
  struct holder_count {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t holders = 0;
  };

  runtime_options options_;
  std::shared_ptr<spdlog::logger> logger_;
  // Its parts are shared with pools and ports, which a client may hold longer than the runtime lives.
  slipway::machine machine_;
  std::atomic<std::uint64_t> seeds_given_{0};
  std::shared_ptr<holder_count> held_ = std::make_shared<holder_count>();
  std::shared_ptr<event_outlet> outlet_;
  handler_id failed_handlers_{};
};

}  // namespace slipway
