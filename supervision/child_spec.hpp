// slipway/supervision/child_spec.hpp
//
// How a child is started and treated: what the users of a supervisor write.
// Belongs here: the spec, the start function's contract and its outcomes.
// Does not: running children, restart decisions (supervisor_core.hpp).
//
//     child_spec{.id = "cache", .start = [](start_context& context) -> start_result {
//       return context.system().spawn<cache_actor>();
//     }}
//
// Source: OTP supervisor, `child_spec()` and the start function's return values.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/child_rules.hpp>
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace slipway {

/// The child declined to run, which is no failure. Its spec is kept, without an actor, unless it is
/// temporary.
struct ignore_t {
  friend bool operator==(const ignore_t&, const ignore_t&) = default;
};
inline constexpr ignore_t ignore{};

/// A started child; `info` is passed on to the caller of start_child or restart_child, if there is
/// one.
struct running_child {
  caf::actor actor;
  std::string info;
};

/// A child whose start goes on in its own actor. It is started when it acknowledges
/// (start_acknowledger), and has failed to start if it ends before. Meanwhile its supervisor is
/// busy with it and serves nothing else, as an OTP supervisor is during a child's init; no thread
/// waits.
struct starting_child {
  caf::actor actor;
};

/// What a start function returns: an actor, `starting_child`, `ignore`, or a failure with its
/// reason.
class start_result {
 public:
  using outcome = std::variant<running_child, starting_child, ignore_t, exit_reason>;

  // NOLINTBEGIN(google-explicit-constructor): a start function returns any of its outcomes as it
  // is.
  start_result(caf::actor started) : outcome_(running_child{std::move(started), {}}) {}
  start_result(running_child started) : outcome_(std::move(started)) {}
  start_result(starting_child starting) : outcome_(std::move(starting)) {}
  start_result(ignore_t declined) : outcome_(declined) {}
  start_result(exit_reason why_not) : outcome_(std::move(why_not)) {}
  start_result(tl::unexpected<exit_reason> why_not) : outcome_(std::move(why_not.value())) {}
  start_result(result<caf::actor, exit_reason> started)
      : outcome_(started ? outcome(running_child{std::move(*started), {}})
                         : outcome(std::move(started.error()))) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] const outcome& get() const noexcept { return outcome_; }
  [[nodiscard]] bool is_failure() const noexcept {
    return std::holds_alternative<exit_reason>(outcome_);
  }

 private:
  outcome outcome_;
};

/// With this a child that returned `starting_child` tells its supervisor the end of its start. A
/// value; copies are equal; the first message counts, later ones are dropped. Thread  any.
class start_acknowledger {
 public:
  /// Acknowledges nothing to nobody.
  start_acknowledger() = default;
  start_acknowledger(caf::actor_addr supervisor, run_number run)
      : supervisor_(std::move(supervisor)), run_(run) {}

  /// The child runs. `info` as in running_child.
  void started(std::string info = {}) const;
  /// The child declines to run and is about to end.
  void ignored() const;
  /// The start failed; the child is about to end. Ending without a word does the same with its exit
  /// reason.
  void failed(exit_reason reason) const;

 private:
  caf::actor_addr supervisor_;
  run_number run_ = 0;
};

/// What a start function gets to know.
class start_context {
 public:
  start_context(caf::actor_system& system, caf::actor_addr supervisor, child_id id, run_number run,
                argument_list arguments = {})
      : system_(&system),
        supervisor_(std::move(supervisor)),
        id_(std::move(id)),
        run_(run),
        arguments_(std::move(arguments)) {}

  [[nodiscard]] caf::actor_system& system() const noexcept { return *system_; }
  /// The supervisor, as an address: a child that held its supervisor would keep it alive.
  [[nodiscard]] const caf::actor_addr& supervisor() const noexcept { return supervisor_; }
  [[nodiscard]] const child_id& id() const noexcept { return id_; }
  [[nodiscard]] run_number run() const noexcept { return run_; }
  /// Those of the spec. Under simple_one_for_one the template's, then start_child's; of a dynamic
  /// supervisor its extra_arguments, then the spec's. The same at each restart.
  [[nodiscard]] const argument_list& arguments() const noexcept { return arguments_; }
  /// For children that return `starting_child`.
  [[nodiscard]] start_acknowledger acknowledger() const { return {supervisor_, run_}; }

 private:
  caf::actor_system* system_;
  caf::actor_addr supervisor_;
  child_id id_;
  run_number run_;
  argument_list arguments_;
};

/// Starts a child and says how that went.
/// Legal returns  those of start_result. An exception is caught and is a failed start with its type
/// and text. Runs in        the supervisor's own actor, which does nothing else meanwhile (OTP:
/// init is synchronous).
///                It holds a scheduler thread, so it must not wait for other actors or for the
///                outside world: what takes long belongs into the child, which then returns
///                `starting_child`. It must not call its own supervisor and wait: that would never
///                be answered.
using start_function = std::function<start_result(start_context&)>;

/// A child as its supervisor's user describes it.
struct child_spec {
  child_id id = {};
  start_function start = {};
  restart_type restart = restart_type::permanent;
  /// Not given: 5000 ms for a worker, infinity for a supervisor.
  std::optional<shutdown_type> shutdown = {};
  child_type type = child_type::worker;
  bool significant = false;
  /// What the start function finds in its context.
  argument_list arguments = {};
  /// What read_child found wrong; a supervisor refuses the spec for it.
  std::optional<spec_error> flaw = {};

  /// The spec without its start function.
  [[nodiscard]] child_rules rules() const {
    return {id, restart, shutdown, type, significant, arguments};
  }
};

}  // namespace slipway
