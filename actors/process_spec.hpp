// slipway/actors/process_spec.hpp
//
// What to start as an OS process: program, arguments, environment, working directory, limits.
// Belongs here: the description and the errors of starting it.
// Does not: starting it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// Limits that hold for one process and what it starts. Unset: the host's own limit holds.
/// Source: setrlimit(2).
struct resource_limits {
  std::optional<std::uint64_t> address_space_bytes{};  ///< RLIMIT_AS
  std::optional<std::uint64_t> cpu_seconds{};          ///< RLIMIT_CPU
  std::optional<std::uint64_t> open_files{};           ///< RLIMIT_NOFILE
  std::optional<std::uint64_t> file_size_bytes{};      ///< RLIMIT_FSIZE

  friend bool operator==(const resource_limits&, const resource_limits&) = default;
};

/// One program to run.
struct process_spec {
  /// A path, or a name that is looked for on the host's PATH.
  std::string program{};
  std::vector<std::string> arguments{};
  /// Added to the host's environment, and stronger than it.
  std::map<std::string, std::string> environment{};
  /// Where the process starts; empty: where the host is.
  std::string working_directory{};
  resource_limits limits{};

  friend bool operator==(const process_spec&, const process_spec&) = default;
};

/// Why a process could not be started.
enum class spawn_errc : std::uint8_t {
  program_not_found,      ///< ENOENT, or not on the PATH
  permission_denied,      ///< EACCES, EPERM
  bad_working_directory,  ///< the working directory is none, or may not be entered
  too_many_processes,     ///< EAGAIN
  too_many_files,         ///< EMFILE, ENFILE
  spawner_stopped,        ///< the runtime is shutting down
  system_error,           ///< anything else; the message has the system's text
};

[[nodiscard]] const char* to_string(spawn_errc code);

struct spawn_error {
  spawn_errc code = spawn_errc::system_error;
  std::string message;  ///< one sentence that names the program and what failed
  int system_errno = 0;

  friend bool operator==(const spawn_error&, const spawn_error&) = default;
};

}  // namespace slipway
