// slipway/actors/telemetry.hpp
//
// Where events meet handlers.
//
//     auto watch = std::make_shared<slipway::telemetry>();
//     watch->attach("pool.worker", [](const slipway::telemetry_record& what) { … });
//     auto system = slipway::system::start({.watch = watch});
//
// Belongs here: attaching by prefix, calling the handlers, detaching one that throws.
// Does not: what events there are (telemetry_event), what is done with them (telemetry_log, metrics,
// trace_file).
// Invariants: (1) no lock is held while a handler runs: it may attach, detach and emit;
//             (2) a handler that has thrown is not called again by the thread in which it threw.
// Source: Erlang's telemetry library.
// Differs: attached by a prefix of the name, not by a list of names; the handlers are a value of the
//          host's, not a table of the whole process.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/telemetry_event.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Runs on the emitting thread, often from within a pool: it must be brief and must not ask a pool
/// anything. It may be called by several threads at once.
using telemetry_handler = std::function<void(const telemetry_record&)>;

enum class handler_id : std::uint64_t {};

/// Thread: any.
class telemetry {
 public:
  /// @param prefix  whole words of an event's name: "pool" or "pool.worker", not "po". Empty: all.
  handler_id attach(std::string prefix, telemetry_handler handler);

  /// The handler is called for no event that is emitted after the return; a call of another thread
  /// may still be running then. Does nothing for a handler that is not attached.
  void detach(handler_id handler);

  /// Whether anybody listens; if not, nothing needs to be measured. Cost: one relaxed load.
  [[nodiscard]] bool enabled(telemetry_event event) const {
    return (enabled_.load(std::memory_order_relaxed) & bit(event)) != 0;
  }

  /// Calls the handlers of this event in the order in which they were attached. One that throws is
  /// detached and reported by `telemetry.handler_failed` to the others.
  void emit(const telemetry_record& record);

 private:
  struct listener {
    handler_id id{};
    std::string prefix;
    std::uint64_t events = 0;
    telemetry_handler handler;
  };
  using listeners = std::vector<std::shared_ptr<const listener>>;

  static constexpr std::uint64_t bit(telemetry_event event) {
    return std::uint64_t{1} << static_cast<unsigned>(event);
  }
  [[nodiscard]] std::shared_ptr<const listeners> current() const;
  void replace(listeners next);
  void failed(const listener& of, const telemetry_record& at, std::string_view reason);

  std::atomic<std::uint64_t> enabled_{0};
  mutable std::mutex mutex_;
  // Replaced as a whole; never changed.
  std::shared_ptr<const listeners> listeners_ = std::make_shared<const listeners>();
  std::uint64_t last_id_ = 0;
};

}  // namespace slipway
