// slipway/actors/internal/blocking_exchange.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/blocking_exchange.hpp>

#include <array>
#include <cerrno>
#include <ctime>
#include <poll.h>

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

}  // namespace

time_point steady_now() {
  return std::chrono::steady_clock::now();
}

exchange_end exchange_blocking(exchange_progress& progress, int command_fd, int response_fd,
                               int pidfd, time_point deadline) {
  if (progress.write() == write_state::broken) {
    return exchange_end::process_gone;
  }
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

port_error exchange_error(const exchange_progress& progress, exchange_end end,
                          std::optional<port_exit> exit) {
  port_error error;
  error.sent = progress.sent() ? frame_sent::yes : frame_sent::no;
  switch (end) {
    case exchange_end::timed_out:
      error.code = port_errc::timeout;
      error.message = "no whole answer before the deadline";
      break;
    case exchange_end::bad_frame:
      error.code = port_errc::protocol_error;
      error.message = progress.is_protocol_error()
                          ? progress.error_text()
                          : "an answer came before the request was written";
      break;
    case exchange_end::process_gone:
      error.code = port_errc::port_closed;
      error.message = exit ? "the process ended: " + to_string(exit->status)
                           : "the process closed its pipes but has not ended";
      break;
    case exchange_end::system_failure:
    case exchange_end::answered:
      error.code = port_errc::io_error;
      error.message = progress.error_text();
      break;
  }
  error.exit = std::move(exit);
  return error;
}

}  // namespace slipway::internal
