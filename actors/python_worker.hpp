// slipway/actors/python_worker.hpp
//
// The worker behaviour whose workers are Python processes.
// Belongs here: starting one with its handshake, lending its port, noticing its end, ending it.
// Does not: calls (client), when any of this happens (pool_core), what runs in Python
// (slipway_worker).
// Source: NimblePool's callbacks; the handshake is the seed bridge's `ping`.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool.hpp>
#include <slipway/actors/port.hpp>
#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/worker_behaviour.hpp>
#include <slipway/actors/worker_record.hpp>
#include <slipway/actors/worker_roster.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace slipway {

namespace internal {
class process_guard;
class session_table;
}  // namespace internal

/// The only two ways to ask for a worker.
struct anonymous {};
struct session_checkout {
  std::string id;
  std::optional<worker_wish> wish{};  ///< the worker that holds its state
};
using checkout_type = std::variant<anonymous, session_checkout>;

/// Where an initialisation failed; the name is the `type` of the exit reason.
enum class init_stage : std::uint8_t {
  environment,    ///< the interpreter, or a package that it needs, is missing
  spawn,          ///< the system refused to start the process
  handshake,      ///< the process ended, was silent, or answered what is no answer
  module_import,  ///< the user's module or its on_start hook raised
};

[[nodiscard]] const char* to_string(init_stage stage);

/// NimblePool's behaviour for Python processes.
class python_worker {
 public:
  /// One value a pool: the owner of every port that no client holds.
  struct pool_state {
    port_owner_ptr owner;
  };
  /// One value a worker.
  struct worker_state {
    std::shared_ptr<port> process;
    std::string name;  ///< "licences/3"
    worker_id id{};
    /// A start that succeeds while its pool ends may be terminated after that end.
    std::shared_ptr<void> holds_runtime;
    /// A process that nobody has asked to end when this goes, as that of a killed pool, is killed.
    std::shared_ptr<internal::process_guard> guard;
    std::shared_ptr<worker_record> record;
  };
  /// What a client holds: the port, and the identity under which it owns it.
  struct client_state {
    std::shared_ptr<port> process;
    port_owner_ptr owner;
    std::string name;
    worker_ref self{};
    std::shared_ptr<worker_record> record;
    /// Set by the client when its command raised: for the counts, the worker is none the worse.
    bool call_failed = false;
  };
  using command = checkout_type;
  /// Told by a worker's process.
  struct message {};

  /// `shared` must live until every process of the pool has ended, as a runtime waits for in its
  /// end.
  /// @param workers   gets a record of each worker; null: nobody looks there.
  /// @param sessions  learns which workers go; null: there are none.
  /// @param run       which of its pool's starts this is.
  python_worker(runtime& shared, python_pool_options options,
                std::shared_ptr<worker_roster> workers = nullptr,
                std::shared_ptr<internal::session_table> sessions = nullptr, std::uint64_t run = 1);

  /// A session wants the worker that holds its state.
  [[nodiscard]] static std::optional<worker_wish> wish_of(const command& wanted);

  init_return<worker_state, message> init_worker(worker_id id, pool_state& pool);
  /// ok with the port handed over; remove when the worker is unfit, and `checkout_failed` when the
  /// hand-over fails.
  checkout_return<client_state> handle_checkout(const command& wanted, request_id from,
                                                worker_state& worker, pool_state& pool);
  /// ok; remove `port_closed` when the process ended while it was lent, or when it is unfit.
  checkin_return handle_checkin(client_state& client, request_id from, worker_state& worker,
                                pool_state& pool);
  /// Something happened to the process: ok while it runs and is fit.
  info_return handle_info(const message& what, worker_state& worker);
  /// A lazy pool gives back a worker that has been idle for `worker_idle_timeout` (remove, `idle`);
  /// an eager pool keeps it while its process runs.
  ping_return handle_ping(worker_state& worker, const pool_state& pool);
  /// Asks an unharmed worker to end, kills any other. Returns at once; the process is reaped
  /// elsewhere.
  void terminate_worker(const exit_reason& reason, const worker_state& worker, pool_state& pool);

 private:
  runtime* runtime_;
  std::shared_ptr<const python_pool_options> options_;
  std::shared_ptr<worker_roster> workers_;
  std::shared_ptr<internal::session_table> sessions_;
  std::uint64_t run_;
};

using python_pool = pool<python_worker>;

}  // namespace slipway
