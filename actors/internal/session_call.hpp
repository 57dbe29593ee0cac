// slipway/actors/internal/session_call.hpp
//
// One call of a session: its turn, a worker with the state or one that gets it, the exchange.
// Belongs here: the steps.
// Does not: which step follows (session_table_core), what answers mean (call_outcome).
// Invariants: (1) the completion runs exactly once;
//             (2) the call's own frame goes only to a worker to which the session is bound.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/call_gate.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/call_watch.hpp>
#include <slipway/actors/internal/session_table.hpp>
#include <slipway/actors/pool_slot.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::internal {

/// A handle's part in its session; shared by the copies of the handle.
struct session_handle {
  std::shared_ptr<pool_slot> pool;
  std::shared_ptr<session_record> session;
  /// How many losses it has been told of.
  std::atomic<std::uint64_t> told{0};
};

/// The same arguments with the id of the session among them.
/// Errors  invalid_argument when they name another session.
[[nodiscard]] result<value, call_error> with_session(const value& args, const std::string& session);

class session_call final : public session_turn, public std::enable_shared_from_this<session_call> {
 public:
  /// Runs in the pool, on the I/O thread or on the caller's: it must be brief and must not throw.
  using completion = std::function<void(result<value, call_error>)>;

  session_call(std::shared_ptr<session_handle> handle, std::string command, duration timeout,
               completion done);

  /// @param args  without the session's id.
  void start(const value& args);

 private:
  void begin_turn() override;
  void turn_is_late();
  void go_where_the_state_is();
  void check_out(std::optional<worker_wish> wish);
  void granted(result<lease<python_worker>, checkout_error> given);
  void try_another_worker();
  void rebuild(const session_loss& loss);
  void prepare_next();
  void prepared(const call_subject& step, result<port::payload, port_error> answer);
  void cannot_prepare(call_error error);
  void send();
  void answered(result<port::payload, port_error> answer);

  [[nodiscard]] call_error error(call_errc code, const std::string& text) const;
  [[nodiscard]] call_error lost(const session_loss& loss);
  void fail_without_turn(call_error error);
  void complete(result<value, call_error>& outcome);
  void end(result<value, call_error> outcome);

  [[nodiscard]] session_table& table() const { return *handle_->pool->sessions(); }
  [[nodiscard]] session_number number() const { return handle_->session->number; }

  const std::shared_ptr<session_handle> handle_;
  const call_subject call_;
  const time_point deadline_;
  // A runtime that ends waits for this call.
  const std::shared_ptr<void> held_;
  const session_call_number turn_;
  call_watch watch_;
  call_gate gate_;
  completion done_;
  byte_buffer frame_;
  std::atomic<bool> has_turn_{false};
  // From here on used by one step after the other.
  std::shared_ptr<python_pool> pool_;
  std::optional<lease<python_worker>> lease_;
  std::vector<session_request> preparation_;
  std::size_t next_preparation_ = 0;
  std::size_t unfit_workers_ = 0;  // met in a row
  bool rebuilds_ = false;
  bool binds_ = false;
};

/// Tells a worker to forget what it holds for a session that is bound to it no more.
/// @param done  may be null; gets nothing more to say when the worker has gone or the id means
///              another session there.
void clean_up(const std::shared_ptr<pool_slot>& pool, const session_remains& remains,
              duration timeout, std::function<void(result<void, call_error>)> done);

}  // namespace slipway::internal
