// slipway/tools/run_sessions.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/run_sessions.hpp>

namespace slipway::tools {
namespace {

call_error not_opened(const session_error& error) {
  call_error told;
  told.message = error.message;
  switch (error.code) {
    case session_errc::too_many:
      told.code = call_errc::overloaded;
      break;
    case session_errc::start_failed:
      told.code = call_errc::pool_stopped;
      break;
    case session_errc::invalid_id:
    case session_errc::invalid_options:
      told.code = call_errc::invalid_argument;
      break;
  }
  return told;
}

}  // namespace

result<value, call_error> run_sessions::call(const client& pool, const request_line& request) {
  const std::string& id = *request.session;
  auto opened = handle(pool, id);
  if (!opened) {
    return failure(std::move(opened.error()));
  }
  auto outcome = request.timeout ? opened->call(request.command, request.args, *request.timeout)
                                 : opened->call(request.command, request.args);
  if (!outcome && outcome.error().code == call_errc::session_ended) {
    forget(pool, id);
  }
  return outcome;
}

result<session, call_error> run_sessions::handle(const client& pool, const std::string& id) {
  std::lock_guard guard(mutex_);
  const std::pair key(pool.pool_name(), id);
  const auto found = handles_.find(key);
  if (found != handles_.end()) {
    return found->second;
  }
  auto opened = pool.open_session(id);
  if (!opened) {
    return failure(not_opened(opened.error()));
  }
  return handles_.emplace(key, std::move(*opened)).first->second;
}

void run_sessions::forget(const client& pool, const std::string& id) {
  std::lock_guard guard(mutex_);
  handles_.erase({pool.pool_name(), id});
}

}  // namespace slipway::tools
