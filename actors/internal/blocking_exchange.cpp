// slipway/actors/internal/blocking_exchange.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/blocking_exchange.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <sched.h>

namespace slipway::internal {
namespace {

using write_state = exchange_progress::write_state;
using read_state = exchange_progress::read_state;

timespec until(time_point deadline) {
  const auto left = deadline - steady_now();
  if (left <= duration::zero()) {
    return {};
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()),
          static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
}

// What a look at the response pipe means; nothing: go on waiting.
std::optional<exchange_end> look(exchange_progress& progress) {
  switch (progress.read()) {
    case read_state::frame:
      // An answer to a request that is still being written answers something else.
      return progress.sent() ? exchange_end::answered : exchange_end::bad_frame;
    case read_state::closed:
      return exchange_end::process_gone;
    case read_state::broken:
      return progress.is_protocol_error() ? exchange_end::bad_frame : exchange_end::system_failure;
    case read_state::blocked:
      break;
  }
  return std::nullopt;
}

// Looks again and again until `until`, and lets others run in between: on a busy machine the
// process may need this very core for its answer.
std::optional<exchange_end> look_until(exchange_progress& progress, time_point until) {
  do {
    ::sched_yield();
    if (const auto end = look(progress)) {
      return end;
    }
  } while (steady_now() < until);
  return std::nullopt;
}

// Sleeps until there is something to look at.
exchange_end wait_for_end(exchange_progress& progress, int command_fd, int response_fd, int pidfd,
                          time_point deadline) {
  for (;;) {
    std::array<pollfd, 3> watched{pollfd{response_fd, POLLIN, 0}, pollfd{pidfd, POLLIN, 0},
                                  pollfd{command_fd, POLLOUT, 0}};
    const timespec left = until(deadline);
    // The command pipe is last, since it is not waited for once the request is written.
    const int ready = ::ppoll(watched.data(), progress.sent() ? 2 : 3, &left, nullptr);
    if (ready == 0) {
      return exchange_end::timed_out;
    }
    if (ready < 0) {
      if (errno == EINTR) {
        continue;
      }
      return exchange_end::system_failure;
    }
    if (watched[2].revents != 0 && progress.write() == write_state::broken) {
      return exchange_end::process_gone;
    }
    // The last answer of a process that has just ended is still in its pipe.
    if (watched[0].revents != 0 || watched[1].revents != 0) {
      if (const auto end = look(progress)) {
        return *end;
      }
      if (watched[1].revents != 0) {
        return exchange_end::process_gone;
      }
    }
  }
}

std::string ended_by(const exit_status& status) {
  return "the process ended: " + to_string(status);
}

}  // namespace

time_point steady_now() {
  return std::chrono::steady_clock::now();
}

exchange_end exchange_blocking(exchange_progress& progress, int command_fd, int response_fd,
                               int pidfd, time_point deadline, busy_poll& polling) {
  const time_point begun = steady_now();
  if (progress.write() == write_state::broken) {
    return exchange_end::process_gone;
  }
  std::optional<exchange_end> end;
  if (progress.sent() && polling.worthwhile()) {
    end = look_until(progress, std::min(deadline, begun + polling.budget()));
  }
  if (!end) {
    end = wait_for_end(progress, command_fd, response_fd, pidfd, deadline);
  }
  polling.took(steady_now() - begun);
  return *end;
}

port_error exchange_error(const exchange_findings& found, exchange_end end,
                          std::optional<port_exit> exit) {
  port_error error;
  error.sent = found.sent ? frame_sent::yes : frame_sent::no;
  switch (end) {
    case exchange_end::timed_out:
      error.code = port_errc::timeout;
      error.message = "no whole answer before the deadline";
      error.unfinished_answer = found.unfinished_answer;
      if (error.unfinished_answer) {
        error.message += ": " + *error.unfinished_answer;
      }
      break;
    case exchange_end::bad_frame:
      error.code = port_errc::protocol_error;
      error.message = found.is_protocol_error ? found.error_text
                                              : "an answer came before the request was written";
      break;
    case exchange_end::process_gone:
      error.code = port_errc::port_closed;
      error.message =
          exit ? ended_by(exit->status) : "the process closed its pipes but has not ended";
      break;
    case exchange_end::system_failure:
    case exchange_end::answered:
      error.code = port_errc::io_error;
      error.message = found.error_text;
      break;
  }
  error.exit = std::move(exit);
  return error;
}

void add_exit(port_error& error, std::optional<port_exit> exit) {
  if (exit) {
    error.message = ended_by(exit->status);
  }
  error.exit = std::move(exit);
}

}  // namespace slipway::internal
