// slipway/actors/session.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/session.hpp>

namespace slipway {

session::session(std::shared_ptr<internal::session_handle> state)
    : state_(std::move(state)), calls_(state_->pool) {}

const std::string& session::id() const {
  return state_->session->id;
}

result<void, call_error> session::end(duration timeout) const {
  std::optional<session_remains> remains;
  if (!state_->pool->sessions()->end(state_->session->number, exit_reason::normal(), remains)) {
    call_error ended;
    ended.code = call_errc::session_ended;
    ended.session = id();
    ended.message = "session '" + id() + "' had ended";
    return failure(std::move(ended));
  }
  if (!remains) {
    return {};
  }
  std::promise<result<void, call_error>> promise;
  auto cleaned = promise.get_future();
  internal::clean_up(state_->pool, *remains, timeout, [&promise](result<void, call_error> outcome) {
    promise.set_value(std::move(outcome));
  });
  return cleaned.get();
}

std::optional<session_status> session::status() const {
  return state_->pool->sessions()->status(state_->session->number);
}

void session::start(std::string_view command, const value& args, duration timeout,
                    std::function<void(reply<value>)> done) const {
  std::make_shared<internal::session_call>(state_, std::string(command), timeout, std::move(done))
      ->start(args);
}

duration session::default_timeout() const {
  return state_->pool->options().call_timeout;
}

call_error session::not_packable(std::string_view command, std::string_view why) {
  call_error made;
  made.code = call_errc::invalid_argument;
  // Appended, as GCC 12 takes `"'" + std::string(…)` for an overlapping copy (its bug 105651).
  made.message = std::string("'").append(command).append("': ").append(why);
  return made;
}

}  // namespace slipway
