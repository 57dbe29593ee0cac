// slipway/harness/fault_plan.hpp
//
// What shall go wrong, when, and with whom: a value, built in C++ or read from TOML.
// Belongs here: the vocabulary of faults. Does not: deciding when a rule strikes (fault_core), doing
// the damage (fault_relay, simulated_process, unreliable_link).
// Source: FoundationDB's workloads and Toxiproxy's toxics, for the idea of faults as data.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace slipway::harness {

// -- when -----------------------------------------------------------------------------------------

/// Where a worker's process stands, as its host sees it.
enum class process_state : std::uint8_t {
  before_spawn,
  starting,     ///< it runs, and nothing has been sent to it
  handshaking,  ///< it has the handshake and has not answered
  ready,        ///< it has answered the last request
  busy,         ///< it has a request and has not answered
  terminating,  ///< it has been asked to end
};

/// What the probability of a rule is drawn at.
enum class fault_chance : std::uint8_t { each_request, each_reply, each_spawn, each_message };

namespace fault_when {

/// The n-th request that the target gets, counted from 1; the handshake is none. Each process counts
/// for itself, replacements anew.
struct nth_request {
  std::uint64_t n = 1;

  friend bool operator==(const nth_request&, const nth_request&) = default;
};
/// The n-th frame, in either direction, handshake included.
struct nth_frame {
  std::uint64_t n = 1;

  friend bool operator==(const nth_frame&, const nth_frame&) = default;
};
/// So many bytes of answers have passed, handshake included: what follows them is hit.
struct at_byte {
  std::uint64_t offset = 0;

  friend bool operator==(const at_byte&, const at_byte&) = default;
};
/// The target enters the state.
struct enters {
  process_state state = process_state::ready;

  friend bool operator==(const enters&, const enters&) = default;
};
/// By chance, drawn anew each time.
struct at_random {
  double probability = 0;  ///< 0 to 1
  fault_chance at = fault_chance::each_request;

  friend bool operator==(const at_random&, const at_random&) = default;
};
/// So long after the plan began.
struct at_time {
  duration after{};

  friend bool operator==(const at_time&, const at_time&) = default;
};
/// So long after the rule of that name has struck.
struct after_fault {
  std::string rule;
  duration delay{};

  friend bool operator==(const after_fault&, const after_fault&) = default;
};

}  // namespace fault_when

using fault_trigger = std::variant<fault_when::nth_request, fault_when::nth_frame,
                                   fault_when::at_byte, fault_when::enters, fault_when::at_random,
                                   fault_when::at_time, fault_when::after_fault>;

// -- what -----------------------------------------------------------------------------------------

enum class spawn_fault : std::uint8_t { enoent, eacces, eagain, emfile };

namespace fault_what {

// Of processes.
/// By SIGKILL.
struct kill {
  friend bool operator==(const kill&, const kill&) = default;
};
struct stop {  ///< SIGSTOP, and SIGCONT later
  duration lasts = std::chrono::seconds(1);

  friend bool operator==(const stop&, const stop&) = default;
};
struct exit {
  int code = 1;

  friend bool operator==(const exit&, const exit&) = default;
};
struct slow_start {  ///< the handshake is answered so much later
  duration by = std::chrono::seconds(1);

  friend bool operator==(const slow_start&, const slow_start&) = default;
};
/// The handshake is never answered.
struct silent_start {
  friend bool operator==(const silent_start&, const silent_start&) = default;
};
/// Nothing is ever answered again.
struct hang {
  friend bool operator==(const hang&, const hang&) = default;
};
struct slow_reply {
  duration by = std::chrono::seconds(1);

  friend bool operator==(const slow_reply&, const slow_reply&) = default;
};
/// Half an answer, then nothing.
struct half_frame {
  friend bool operator==(const half_frame&, const half_frame&) = default;
};
/// A whole frame that is no envelope.
struct garbage_frame {
  friend bool operator==(const garbage_frame&, const garbage_frame&) = default;
};
/// A header that announces more than any limit.
struct overlong_length {
  friend bool operator==(const overlong_length&, const overlong_length&) = default;
};
/// The answer to a request that nobody made.
struct wrong_id {
  friend bool operator==(const wrong_id&, const wrong_id&) = default;
};
/// The answer twice.
struct duplicate_reply {
  friend bool operator==(const duplicate_reply&, const duplicate_reply&) = default;
};
struct late_reply {  ///< the answer when its caller has given up
  duration by = std::chrono::seconds(10);

  friend bool operator==(const late_reply&, const late_reply&) = default;
};
struct close_stdout {
  friend bool operator==(const close_stdout&, const close_stdout&) = default;
};
struct close_stdin {
  friend bool operator==(const close_stdin&, const close_stdin&) = default;
};
struct stderr_flood {
  std::size_t bytes = std::size_t{100} << 20U;

  friend bool operator==(const stderr_flood&, const stderr_flood&) = default;
};
struct memory_growth {
  std::size_t bytes = std::size_t{256} << 20U;

  friend bool operator==(const memory_growth&, const memory_growth&) = default;
};
struct spawn_failure {  ///< when a process is to be spawned
  spawn_fault error = spawn_fault::eagain;

  friend bool operator==(const spawn_failure&, const spawn_failure&) = default;
};
struct clock_jump {  ///< forwards; only where the clock is virtual
  duration by = std::chrono::hours(1);

  friend bool operator==(const clock_jump&, const clock_jump&) = default;
};

// Of actors.
struct actor_exit {
  exit_reason reason = exit_reason::error("fault", "by plan");

  friend bool operator==(const actor_exit&, const actor_exit&) = default;
};
struct actor_kill {
  friend bool operator==(const actor_kill&, const actor_kill&) = default;
};
/// the next callback throws
struct actor_throw {
  friend bool operator==(const actor_throw&, const actor_throw&) = default;
};
struct actor_block {  ///< the next callback takes so long
  duration lasts = std::chrono::seconds(1);

  friend bool operator==(const actor_block&, const actor_block&) = default;
};
struct drop_message {
  friend bool operator==(const drop_message&, const drop_message&) = default;
};
struct delay_message {
  duration by = std::chrono::milliseconds(100);

  friend bool operator==(const delay_message&, const delay_message&) = default;
};
struct duplicate_message {
  friend bool operator==(const duplicate_message&, const duplicate_message&) = default;
};
/// It comes after the one that follows it.
struct reorder_message {
  friend bool operator==(const reorder_message&, const reorder_message&) = default;
};

}  // namespace fault_what

using fault =
    std::variant<fault_what::kill, fault_what::stop, fault_what::exit, fault_what::slow_start,
                 fault_what::silent_start, fault_what::hang, fault_what::slow_reply,
                 fault_what::half_frame, fault_what::garbage_frame, fault_what::overlong_length,
                 fault_what::wrong_id, fault_what::duplicate_reply, fault_what::late_reply,
                 fault_what::close_stdout, fault_what::close_stdin, fault_what::stderr_flood,
                 fault_what::memory_growth, fault_what::spawn_failure, fault_what::clock_jump,
                 fault_what::actor_exit, fault_what::actor_kill, fault_what::actor_throw,
                 fault_what::actor_block, fault_what::drop_message, fault_what::delay_message,
                 fault_what::duplicate_message, fault_what::reorder_message>;

// -- whom -----------------------------------------------------------------------------------------

/// All that is given must fit; an empty target is everybody.
struct fault_target {
  std::string name{};  ///< of a pool, a worker ("licences/3") or an actor
  std::string tag{};
  std::string session{};                  ///< the worker that serves this session
  std::optional<std::uint64_t> worker{};  ///< the n-th worker that its pool started, from 1

  friend bool operator==(const fault_target&, const fault_target&) = default;
};

// -- the plan -------------------------------------------------------------------------------------

struct fault_rule {
  std::string name{};  ///< for `after_fault` and the trace; unique where it is given
  fault_trigger when{};
  fault what{};
  fault_target whom{};
  /// How often it may strike in all; none: each time.
  std::optional<std::uint64_t> times = 1;

  friend bool operator==(const fault_rule&, const fault_rule&) = default;
};

struct fault_plan {
  std::vector<fault_rule> rules{};

  friend bool operator==(const fault_plan&, const fault_plan&) = default;
};

}  // namespace slipway::harness
