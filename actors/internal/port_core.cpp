// slipway/actors/internal/port_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/port_core.hpp>

#include <string>
#include <utility>

namespace slipway::internal {
namespace {

port_error not_sent(port_errc code, std::string message) {
  return {code, std::move(message), frame_sent::no, std::nullopt, std::nullopt};
}

}  // namespace

std::shared_ptr<port_owner> port_core::give_to(std::shared_ptr<port_owner> next) {
  return std::exchange(owner_, std::move(next));
}

result<void, port_error> port_core::check_usable(const port_owner& owner) const {
  if (!running()) {
    port_error error = not_sent(port_errc::port_closed, "the process has ended or is ending");
    error.exit = exit_;
    return failure(std::move(error));
  }
  if (!owned_by(owner)) {
    return failure(not_sent(port_errc::not_owner, "the port belongs to somebody else"));
  }
  return {};
}

result<void, port_error> port_core::begin_exchange(const port_owner& owner,
                                                   const incoming_frames& incoming) {
  if (auto usable = check_usable(owner); !usable) {
    return usable;
  }
  if (exchanging_) {
    return failure(not_sent(port_errc::not_owner, "an exchange is under way"));
  }
  // Not before: while an exchange is under way another thread reads.
  if (incoming.unasked()) {
    return failure(not_sent(port_errc::protocol_error, "the process sent what nobody asked for"));
  }
  exchanging_ = true;
  return {};
}

close_step port_core::close(bool has_shutdown_frame) {
  if (!running()) {
    return close_step::none;
  }
  state_ = state::closing;
  return has_shutdown_frame && !exchanging_ ? close_step::ask : close_step::terminate;
}

void port_core::kill() {
  if (running()) {
    state_ = state::closing;
  }
}

port_exit port_core::end_by(exit_status status) const {
  return {status, {}, state_ == state::closing};
}

port_exit port_core::reaped(exit_status status) {
  port_exit end = end_by(status);
  state_ = state::exited;
  reaped_ = end;
  return end;
}

port_error owner_not_alive(const char* which) {
  return not_sent(port_errc::owner_not_alive, std::string(which) + " has ended");
}

}  // namespace slipway::internal
