// slipway/supervision/detail/server_process.hpp
//
// The actor behind every gen_server, whatever its type: mailbox, exits, timeouts, end.
// Belongs here: when which callback runs.
// Does not: the callbacks' types (gen_server.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/child_spec.hpp>
#include <slipway/supervision/detail/server_life.hpp>
#include <slipway/supervision/detail/server_step.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/gen_server_info.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <typeindex>
#include <variant>

namespace slipway::gen_server::detail {

/// What a server may ask of its own actor. Thread: the server's callbacks only.
class server_host {
 public:
  server_host() = default;
  server_host(const server_host&) = delete;
  server_host& operator=(const server_host&) = delete;
  server_host(server_host&&) = delete;
  server_host& operator=(server_host&&) = delete;
  virtual ~server_host() = default;

  virtual caf::actor_system& host_system() = 0;
  virtual caf::actor self() = 0;
  virtual void trap_exit(bool on) = 0;
  virtual void monitor(const caf::actor& other) = 0;
  virtual void demonitor(const caf::actor_addr& other) = 0;
  virtual void link(const caf::actor& other) = 0;
  virtual void unlink(const caf::actor_addr& other) = 0;
  virtual void send_after(std::chrono::milliseconds delay, server_mail_ptr mail) = 0;

  [[nodiscard]] virtual std::shared_ptr<server_life> life() const = 0;
  [[nodiscard]] virtual std::type_index server_type() const = 0;
};

/// How `init` went; `step.stop` is its failure.
struct server_init {
  bool ignored = false;
  server_step step = {};
};

/// The server without its type. Members may throw what the user's callbacks throw.
class server_callbacks {
 public:
  server_callbacks() = default;
  server_callbacks(const server_callbacks&) = delete;
  server_callbacks& operator=(const server_callbacks&) = delete;
  server_callbacks(server_callbacks&&) = delete;
  server_callbacks& operator=(server_callbacks&&) = delete;
  virtual ~server_callbacks() = default;

  [[nodiscard]] virtual std::type_index type() const = 0;
  /// Makes the server object and initialises it.
  virtual server_init init(server_host& host) = 0;
  virtual server_step deliver(const server_mail& mail) = 0;
  /// Each of these: nothing when the server does not take such messages.
  virtual std::optional<server_step> foreign(const caf::message& message) = 0;
  virtual std::optional<server_step> timed_out() = 0;
  virtual std::optional<server_step> went_down(const gen_server::down& notice) = 0;
  virtual std::optional<server_step> exited(const gen_server::exit_signal& signal) = 0;
  virtual void terminate(const exit_reason& reason) = 0;
};

/// How a start went: told once, by the server itself.
using server_started = std::variant<std::monostate, ignore_t, exit_reason>;

struct server_setup {
  std::unique_ptr<server_callbacks> callbacks;
  /// Its exit signals end the server, and its end does.
  caf::actor_addr parent{};
  /// Whether the parent tells its end by an exit signal (a supervisor does) or has to be watched.
  bool parent_signals = false;
  std::function<void(server_started)> acknowledge{};
  /// Called last of all, before anybody learns of the end.
  std::function<void(const caf::actor_addr&)> before_end{};
};

/// Makes the actor. It initialises itself when `begin` says so, or when somebody sends to it.
[[nodiscard]] caf::actor spawn_server(caf::actor_system& system, server_setup setup);
void begin(const caf::actor& server);

/// Puts mail into a server's mailbox; dropped when it has ended.
void send(const caf::actor& server, server_mail_ptr mail);

/// Asks a server to stop in its turn.
void send_stop(const caf::actor& server, exit_reason reason);

/// Kills: terminate is not called.
void kill(const caf::actor& server);

/// The life of a server of that type; null of any other actor.
[[nodiscard]] std::shared_ptr<server_life> life_of(const caf::actor& actor, std::type_index type);

}  // namespace slipway::gen_server::detail
