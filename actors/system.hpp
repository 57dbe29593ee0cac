// slipway/actors/system.hpp
//
// A supervised tree of Python pools within a host program.
//
//     auto system = slipway::system::start({.name = "scoring"});
//     auto scores = (*system)->start_pool({.name = "scores", .size = 4, .module =
//     "scoring.commands"}); auto score  = scores->call<double>("score", features, 5s);
//
// Belongs here: tying runtime, CAF and the top supervisor together, and ending them in order.
// Does not: pools and calls themselves. Includes neither CAF nor Boost. Nothing here is global: two
// systems in one process do not know of each other.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/client.hpp>
#include <slipway/actors/machine.hpp>
#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/tree_node.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace caf {
class actor_system;
}
namespace boost::asio {
class io_context;
}
namespace spdlog {
class logger;
}

namespace slipway {

class pool_slot;
class telemetry;

namespace internal {
class session_actors;
}  // namespace internal

struct system_options {
  std::string name = "slipway";
  /// Restarts of pools within `period` that the top supervisor bears; one more, and it gives up.
  /// Defaults: OTP's are 1 in 5 s, which is little for a pool whose workers start processes.
  unsigned intensity = 3;
  std::chrono::milliseconds period{5000};

  /// Where to log; none: warnings and errors go to the host's standard error.
  std::shared_ptr<spdlog::logger> logger{};
  /// Every event of workers, pools and supervisor. See event_handler for the thread.
  event_handler on_event{};
  /// The host's actor system, which must outlive this one; none: one of our own, with a shared job
  /// queue and two threads, which wakes faster than CAF's default.
  caf::actor_system* actor_system = nullptr;
  /// The host's io_context, run by the host; none: a thread of our own.
  boost::asio::io_context* io_context = nullptr;
  /// How long `stop` and the destructor wait for pools and processes to end.
  duration stop_patience = std::chrono::seconds(10);
  /// Gets every event of workers, pools, calls and the supervisor; none: nobody watches.
  std::shared_ptr<telemetry> watch{};
  /// What the pools stand on; none: the real machine, with `io_context`. For those who put something
  /// before it (make_machine, port_source).
  std::optional<slipway::machine> machine{};
};

enum class system_errc : std::uint8_t {
  invalid_options,  ///< the message names the option
  name_taken,       ///< a pool of this name exists
  not_found,        ///< no pool has this name
  start_failed,     ///< the supervisor refused; the message has its reason
};

[[nodiscard]] const char* to_string(system_errc code);

struct system_error {
  system_errc code = system_errc::invalid_options;
  std::string message;
};

/// Runtime, top supervisor (one_for_one) and pools. Thread: any.
class system {
 public:
  [[nodiscard]] static result<std::unique_ptr<system>, system_error> start(
      system_options options = {});

  system(const system&) = delete;
  system& operator=(const system&) = delete;
  system(system&&) = delete;
  system& operator=(system&&) = delete;
  /// Stops everything; no process of its pools is left, unless one does not die within
  /// `stop_patience`.
  ~system();

  /// Starts a pool as a permanent child of the top supervisor. Its workers are then starting; use
  /// client::wait_until_ready to wait for them.
  [[nodiscard]] result<client, system_error> start_pool(python_pool_options options);

  [[nodiscard]] result<client, system_error> find_pool(const std::string& name) const;

  /// In order of their start.
  [[nodiscard]] std::vector<client> pools() const;

  /// Set once the top supervisor has ended, by giving up or by `stop`.
  [[nodiscard]] std::optional<exit_reason> ended() const;

  /// Waits until the top supervisor has ended, at the latest until `deadline`.
  [[nodiscard]] bool wait_ended(time_point deadline) const;

  /// Ends all pools in reverse order of their start. Callers that wait get `pool_stopped`.
  void stop();

  /// The actor system that carries the supervisor, for actors of the host's own.
  [[nodiscard]] caf::actor_system& actor_system() const;

  /// The place of a pool, for make_python_pool_actor.
  [[nodiscard]] std::shared_ptr<pool_slot> slot(const std::string& name) const;

  /// The actors of all sessions, for session_actor_of.
  [[nodiscard]] const internal::session_actors& session_actors() const;

  /// The supervisor, its pools, and each pool's workers (of kind "process", their uptime that of their
  /// present state): for to_text, to_json and to_dot. Blocks for a second at the most, when the
  /// supervisor is busy; not for actors.
  [[nodiscard]] tree_node tree() const;

 private:
  class impl;
  explicit system(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway
