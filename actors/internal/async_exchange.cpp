// slipway/actors/internal/async_exchange.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_exchange.hpp>

#include <utility>

namespace slipway::internal {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using write_state = exchange_progress::write_state;
using read_state = exchange_progress::read_state;

async_exchange::async_exchange(boost::asio::io_context& context, incoming_frames& incoming,
                               int command_fd, int response_fd, std::vector<std::byte> frame,
                               completion done)
    : frame_(std::move(frame)),
      progress_(command_fd, response_fd, incoming, frame_),
      command_(context, command_fd),
      response_(context, response_fd),
      timer_(context),
      done_(std::move(done)) {}

async_exchange::~async_exchange() {
  release_pipes();
}

void async_exchange::start(time_point deadline, duration patience) {
  patience_ = patience;
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled) {
      self->finish(exchange_end::timed_out, std::nullopt);
    }
  });
  wait_for_answer();
  write();
}

void async_exchange::process_ended(const port_exit& exit) {
  if (progress_.read() == read_state::frame && progress_.sent()) {
    finish(exchange_end::answered, std::nullopt);
  } else {
    finish(exchange_end::process_gone, exit);
  }
}

void async_exchange::write() {
  switch (progress_.write()) {
    case write_state::complete:
      return;
    case write_state::broken:
      wait_for_process_end();
      return;
    case write_state::blocked:
      command_.async_wait(stream_descriptor::wait_write,
                          [self = shared_from_this()](const error_code& failed) {
                            if (!failed && self->done_) {
                              self->write();
                            }
                          });
  }
}

void async_exchange::wait_for_answer() {
  response_.async_wait(stream_descriptor::wait_read,
                       [self = shared_from_this()](const error_code& failed) {
                         if (!failed && self->done_) {
                           self->look();
                         }
                       });
}

void async_exchange::look() {
  switch (progress_.read()) {
    case read_state::frame:
      finish(progress_.sent() ? exchange_end::answered : exchange_end::bad_frame, std::nullopt);
      return;
    case read_state::blocked:
      wait_for_answer();
      return;
    case read_state::closed:
      wait_for_process_end();
      return;
    case read_state::broken:
      finish(progress_.is_protocol_error() ? exchange_end::bad_frame : exchange_end::system_failure,
             std::nullopt);
  }
}

// A process that closed its pipes has most likely ended, and its status is on its way.
void async_exchange::wait_for_process_end() {
  timer_.expires_after(patience_);
  timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled) {
      self->finish(exchange_end::process_gone, std::nullopt);
    }
  });
}

void async_exchange::finish(exchange_end end, std::optional<port_exit> exit) {
  if (!done_) {
    return;
  }
  timer_.cancel();
  release_pipes();
  const auto done = std::exchange(done_, nullptr);
  if (end == exchange_end::answered) {
    done(progress_.frame());
  } else {
    done(failure(exchange_error(progress_.findings(), end, std::move(exit))));
  }
}

void async_exchange::release_pipes() {
  for (auto* pipe : {&command_, &response_}) {
    if (pipe->is_open()) {
      pipe->release();
    }
  }
}

}  // namespace slipway::internal
