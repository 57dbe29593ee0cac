// slipway/actors/internal/blocking_exchange.hpp
//
// One exchange of frames on the calling thread, by poll(2) on the pipes and the process itself.
// Belongs here: waiting.
// Does not: what is read and written (exchange_progress), who may (port).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/busy_poll.hpp>
#include <slipway/actors/internal/exchange_progress.hpp>
#include <slipway/actors/port_error.hpp>
#include <slipway/actors/time.hpp>

#include <optional>

namespace slipway::internal {

enum class exchange_end { answered, timed_out, process_gone, bad_frame, system_failure };

[[nodiscard]] time_point steady_now();

/// Blocks until the answer is there, the process has ended or closed its pipes, or the deadline has
/// come. Looks for the answer without sleeping first, while `polling` finds that worthwhile.
[[nodiscard]] exchange_end exchange_blocking(exchange_progress& progress, int command_fd,
                                             int response_fd, int pidfd, time_point deadline,
                                             busy_poll& polling);

/// What the caller of a failed exchange is told; `end` is any but `answered`.
[[nodiscard]] port_error exchange_error(const exchange_findings& found, exchange_end end,
                                        std::optional<port_exit> exit);

/// The end of the process has become known, or not, after an exchange that found its pipes closed.
void add_exit(port_error& error, std::optional<port_exit> exit);

}  // namespace slipway::internal
