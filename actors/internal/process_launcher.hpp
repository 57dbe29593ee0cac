// slipway/actors/internal/process_launcher.hpp
//
// Starts one OS process with three pipes and a pidfd. Only the spawner's thread calls it: where a
// kernel has only PR_SET_PDEATHSIG to kill a child with its host, that is tied to the thread that
// forked.
// Belongs here: fork, exec and what stands between.
// Does not: queues, reading pipes, reaping.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/unique_fd.hpp>
#include <slipway/protocol/result.hpp>

#include <sys/types.h>

namespace slipway::internal {

/// A process that runs, and our ends of what leads to it. All are close-on-exec and non-blocking.
struct launched_process {
  pid_t pid = -1;
  unique_fd pidfd;
  unique_fd command_pipe;   ///< leads to its standard input
  unique_fd response_pipe;  ///< comes from its standard output
  unique_fd stderr_pipe;    ///< comes from its standard error
  unique_fd lifeline;       ///< when the last copy closes, the kernel kills the process's group
};

/// Forks and executes. The child leads its own process group, has default signals, and holds the
/// three pipes, its end of the lifeline and nothing else of the host's. Its whole group is killed
/// when the host ends in whatever way, also by SIGKILL. Blocks until the child has executed its
/// program or failed to.
[[nodiscard]] result<launched_process, spawn_error> launch_process(const process_spec& spec);

}  // namespace slipway::internal
