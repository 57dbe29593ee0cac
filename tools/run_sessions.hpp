// slipway/tools/run_sessions.hpp
//
// The sessions that the requests of a run name.
// Belongs here: one handle for each, so that a loss is told once.
// Does not: what a session is (actors/session.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/session.hpp>
#include <slipway/tools/request_line.hpp>

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace slipway::tools {

/// Thread: any.
class run_sessions {
 public:
  /// Calls in the session that the request names, which begins with the first such request, and
  /// anew with the first after it has ended.
  [[nodiscard]] result<value, call_error> call(const client& pool, const request_line& request);

 private:
  [[nodiscard]] result<session, call_error> handle(const client& pool, const std::string& id);
  void forget(const client& pool, const std::string& id);

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, session> handles_;  // by pool and id
};

}  // namespace slipway::tools
