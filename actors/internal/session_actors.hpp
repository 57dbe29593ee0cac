// slipway/actors/internal/session_actors.hpp
//
// The actors of a system's sessions, temporary children of one dynamic supervisor.
// Belongs here: that each session has one for as long as it lives, and the other way round.
// Does not: sessions themselves (session_table).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/session_table.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/supervision/dynamic_supervisor.hpp>

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace slipway::internal {

/// Of all pools of one system. Thread: any but an actor's, since a session that begins waits for its
/// supervisor.
class session_actors : public std::enable_shared_from_this<session_actors> {
 public:
  /// Gives the supervisor, which it starts when it is asked for the first time.
  using supervisor_source = std::function<result<caf::actor, std::string>()>;

  session_actors(caf::actor_system& system, supervisor_source supervisor,
                 std::chrono::milliseconds patience)
      : system_(system), supervisor_(std::move(supervisor)), patience_(patience) {}

  /// From now on each session of this pool has its actor.
  void serve(const std::shared_ptr<pool_slot>& pool);

  /// Null once the session has ended.
  [[nodiscard]] caf::actor actor_of(const pool_slot& pool, session_number session) const;

 private:
  class listener;
  using key = std::pair<const pool_slot*, session_number>;

  [[nodiscard]] std::optional<session_error> start(const std::shared_ptr<pool_slot>& pool,
                                                   const std::shared_ptr<session_record>& session);
  void ended(const key& which, const exit_reason& reason);

  caf::actor_system& system_;
  const supervisor_source supervisor_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::map<key, caf::actor> actors_;
};

}  // namespace slipway::internal
