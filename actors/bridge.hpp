// slipway/actors/bridge.hpp
//
// One interface to commands on programs, whatever carries them out.
//
//     auto bridge = slipway::open_bridge({.backend = slipway::bridge_backend::mock});
//     auto made = bridge->create_program({.id = "qa", .signature = signature});
//
// Belongs here: the choice of the back end, the commands with their results as types.
// Does not: what a back end does within (internal/bridge_workers.hpp).
// Invariants: (1) the back end is the one that the configuration names, from the opening to the end;
//             (2) a command has the same result shape and the same error type on all of them.
// Source: the commands of the seed system's bridge; docs/bridge.md is the contract.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/codec.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace slipway {

enum class bridge_backend : std::uint8_t {
  mock,      ///< within this process, deterministic, with answers of the user's own if he gives any
  loopback,  ///< the same through the codec: what cannot be written or read shows
  single,    ///< one Python process under a supervisor
  pool,      ///< several; each session, and each program outside of sessions, stays with one
};

[[nodiscard]] const char* to_string(bridge_backend backend);
[[nodiscard]] std::optional<bridge_backend> bridge_backend_from_string(std::string_view name);

/// An answer of the user's own, in place of the built-in one. Thread: the caller's.
using bridge_answer = std::function<result<value, call_error>(const value& args)>;

/// Keys that are not given are empty: a key that does not go with the back end is an error, as it
/// would otherwise be dropped in silence.
struct bridge_config {
  /// Must be given: nothing chooses it by itself.
  std::optional<bridge_backend> backend{};
  std::string name = "bridge";
  /// mock, loopback: by command.
  std::map<std::string, bridge_answer> answers{};
  /// All but mock. msgpack when left out.
  std::optional<codec> wire_codec{};
  /// pool: how many processes; 4 when left out.
  std::optional<std::size_t> size{};
  /// single, pool: the interpreter; python3 when left out.
  std::optional<std::string> python{};
  /// single, pool: at most one of both; the module slipway_worker.programs when both are left out.
  std::optional<std::string> module{};
  std::optional<std::string> script{};
  std::vector<std::string> python_path{};
  /// For each start of a process, and so for the opening.
  std::optional<duration> init_timeout{};
  /// For calls that name no timeout.
  duration call_timeout = std::chrono::seconds(30);
  event_handler on_event{};
  std::shared_ptr<spdlog::logger> logger{};
};

enum class bridge_errc : std::uint8_t {
  missing_key,    ///< `keys` has the one that must be given
  contradiction,  ///< `keys` has the two that exclude each other
  invalid_value,  ///< `keys` has the one whose value cannot be
  start_failed,   ///< the workers did not start; the message has the reason
};

[[nodiscard]] const char* to_string(bridge_errc code);

struct bridge_error {
  bridge_errc code = bridge_errc::missing_key;
  std::vector<std::string> keys;
  std::string message;
};

/// What is wrong with a configuration; nothing if it is good. Starts nothing.
[[nodiscard]] std::optional<bridge_error> flaw_of(const bridge_config& config);

// -- results --------------------------------------------------------------------------------------

struct program_info {
  std::string id;
  std::optional<std::string> session_id;
  value signature;
  std::string created_at;        ///< ISO 8601
  std::uint64_t executions = 0;  ///< by the worker that holds it now
  MSGPACK_DEFINE_MAP(id, session_id, signature, created_at, executions)
};

struct program_list {
  std::vector<program_info> programs;  ///< by id and session
  std::uint64_t total_count = 0;
  MSGPACK_DEFINE_MAP(programs, total_count)
};

struct program_outputs {
  std::string program_id;
  std::map<std::string, value> outputs;
  MSGPACK_DEFINE_MAP(program_id, outputs)
};

struct bridge_stats {
  std::uint64_t programs_count = 0;  ///< as the workers say
  std::uint64_t command_count = 0;   ///< calls that have ended, whatever their outcome
  std::uint64_t error_count = 0;     ///< those of them that failed
  double uptime_s = 0;
  std::vector<value> workers;  ///< what each says of itself
  MSGPACK_DEFINE_MAP(programs_count, command_count, error_count, uptime_s, workers)
};

/// A program to create.
struct new_program {
  std::string id;
  /// {inputs: [{name}], outputs: [{name}]}
  value signature;
  std::optional<std::string> session_id{};
};

/// The same session must be named as at its creation.
struct program_ref {
  std::string id;
  std::optional<std::string> session_id{};
};

// -- the bridge -----------------------------------------------------------------------------------

/// A handle; cheap to copy. The last one that goes ends the back end. Thread: any.
class bridge {
 public:
  template <class R>
  using reply = result<R, call_error>;

  /// Carries out `command`, which need not be one of those below, with a map of arguments or nil.
  /// Errors  see call_errc; `unexpected_result` when a known command's result lacks what it must
  ///          have; `pool_stopped` after `shutdown`.
  [[nodiscard]] reply<value> call(std::string_view command, const value& args,
                                  duration timeout) const;
  [[nodiscard]] reply<value> call(std::string_view command, const value& args = {}) const;

  [[nodiscard]] reply<void> ping() const;
  /// Errors  remote: `ProgramExists`, `InvalidArguments`.
  [[nodiscard]] reply<void> create_program(const new_program& program) const;
  /// Errors  remote: `UnknownProgram`, `InvalidArguments`, or what the predictor raised.
  [[nodiscard]] reply<program_outputs> execute_program(const program_ref& program,
                                                       const value& inputs) const;
  /// All of them, or those of one session.
  [[nodiscard]] reply<program_list> list_programs(
      const std::optional<std::string>& session_id = std::nullopt) const;
  [[nodiscard]] reply<program_info> get_program_info(const program_ref& program) const;
  [[nodiscard]] reply<void> delete_program(const program_ref& program) const;
  [[nodiscard]] reply<bridge_stats> get_stats() const;
  /// @returns how many programs went with the session.
  [[nodiscard]] reply<std::uint64_t> cleanup_session(const std::string& session_id) const;
  /// Removes all programs; how many they were.
  [[nodiscard]] reply<std::uint64_t> cleanup() const;
  /// The same, and the offline predictor again.
  [[nodiscard]] reply<std::uint64_t> reset_state() const;
  /// @param options  a map with `model`, and whatever that model takes.
  /// Errors  remote: `PackageMissing` when the worker's interpreter has no dspy.
  [[nodiscard]] reply<void> configure_lm(const value& options) const;
  /// Ends the back end, once; no call is carried out after it.
  [[nodiscard]] reply<void> shutdown() const;

  [[nodiscard]] bridge_backend backend() const;

 private:
  class impl;
  friend result<bridge, bridge_error> open_bridge(bridge_config config);
  explicit bridge(std::shared_ptr<impl> state);

  template <class R>
  [[nodiscard]] reply<R> typed(std::string_view command, const value& args) const;
  [[nodiscard]] reply<void> done(std::string_view command, const value& args) const;
  [[nodiscard]] reply<std::uint64_t> removed(std::string_view command, const value& args) const;

  std::shared_ptr<impl> impl_;
};

/// Opens what `config` says, and returns when all of its workers are ready.
/// Errors  see bridge_errc.
[[nodiscard]] result<bridge, bridge_error> open_bridge(bridge_config config);

}  // namespace slipway
