// slipway/actors/client.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/internal/async_call.hpp>
#include <slipway/actors/internal/call_gate.hpp>
#include <slipway/actors/internal/call_lease.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/call_watch.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/session.hpp>

#include <utility>

namespace slipway {

using internal::call_subject;

client::client(std::shared_ptr<pool_slot> pool) : pool_(std::move(pool)) {}

client::reply<value> client::exchange(encoded_call call, duration timeout) const {
  const call_subject subject{std::move(call.command), call.id, wire_codec()};
  internal::call_watch watch(*pool_, subject.command);
  internal::call_gate gate(*pool_);
  auto refused = gate.refusal(subject);
  reply<value> outcome =
      refused ? failure(std::move(*refused)) : exchange(subject, call.frame, timeout, watch);
  gate.ended(outcome);
  watch.ended(outcome);
  return outcome;
}

client::reply<value> client::exchange(const call_subject& subject, const byte_buffer& frame,
                                      duration timeout, internal::call_watch& watch) const {
  const time_point deadline = deadline_after(pool_->now(), timeout);
  for (;;) {
    const auto pool = pool_->current();
    if (!pool) {
      return failure(internal::no_worker(subject, pool_->not_started()));
    }
    watch.asks();
    auto held = pool->checkout_until(anonymous{}, deadline, timeout);
    if (!held) {
      watch.not_granted(held.error(), *pool);
      return failure(internal::no_worker(subject, held.error()));
    }
    const auto& worker = held->state();
    watch.granted(worker.name, *pool);
    auto answer = worker.process->exchange(*worker.owner, frame, deadline);
    if (answer) {
      return internal::take_answer(*held, subject, *answer, watch);
    }
    auto told = internal::give_up(*held, subject, answer.error(), *pool, watch);
    if (!internal::may_try_another_worker(answer.error()) || pool_->now() >= deadline) {
      return failure(std::move(told));
    }
  }
}

void client::async_exchange(encoded_call call, duration timeout,
                            std::function<void(reply<value>)> done) const {
  std::make_shared<internal::async_call>(
      pool_, call_subject{std::move(call.command), call.id, wire_codec()}, std::move(call.frame),
      timeout, std::move(done))
      ->start();
}

result<void, checkout_error> client::wait_until_ready(std::size_t workers, duration timeout) const {
  const auto pool = pool_->current();
  if (!pool) {
    return failure(pool_->not_started());
  }
  return pool->wait_until_ready(workers, timeout);
}

std::optional<pool_status> client::status() const {
  if (const auto pool = pool_->current()) {
    return pool->status();
  }
  return std::nullopt;
}

std::optional<pool_load> client::load() const {
  if (const auto pool = pool_->current()) {
    return pool->load();
  }
  return std::nullopt;
}

std::optional<circuit_state> client::breaker_state() const {
  const call_breakers* breakers = pool_->breakers();
  return breakers != nullptr ? breakers->state() : std::nullopt;
}

std::optional<circuit_state> client::breaker_state(std::string_view command) const {
  const call_breakers* breakers = pool_->breakers();
  return breakers != nullptr ? breakers->state(command) : std::nullopt;
}

void client::reset_breaker() const {
  if (call_breakers* breakers = pool_->breakers()) {
    breakers->reset();
  }
}

void client::reset_breaker(std::string_view command) const {
  if (call_breakers* breakers = pool_->breakers()) {
    breakers->reset(command);
  }
}

const std::string& client::pool_name() const {
  return pool_->options().name;
}

namespace {

session handle_of(const std::shared_ptr<pool_slot>& pool, internal::session_table::opened found) {
  auto handle = std::make_shared<internal::session_handle>();
  handle->pool = pool;
  handle->session = std::move(found.session);
  handle->told = found.told;
  return session(std::move(handle));
}

}  // namespace

result<session, session_error> client::open_session(const std::string& id,
                                                    session_spec spec) const {
  auto opened = pool_->sessions()->open(id, std::move(spec));
  if (!opened) {
    return failure(std::move(opened.error()));
  }
  return handle_of(pool_, std::move(*opened));
}

result<session, session_error> client::open_session(const std::string& id) const {
  return open_session(id, session_spec{});
}

std::optional<session> client::find_session(const std::string& id) const {
  auto found = pool_->sessions()->find(id);
  return found ? std::optional(handle_of(pool_, std::move(*found))) : std::nullopt;
}

session_counts client::sessions() const {
  return pool_->sessions()->counts();
}

duration client::default_timeout() const {
  return pool_->options().call_timeout;
}

codec client::wire_codec() const {
  return pool_->options().wire_codec;
}

std::size_t client::max_frame_bytes() const {
  return pool_->options().max_frame_bytes;
}

std::uint64_t client::next_request_id() const {
  return pool_->next_request_id();
}

const error_policy& client::errors() const {
  return pool_->options().errors;
}

const std::shared_ptr<timer_service>& client::timers() const {
  return pool_->timers();
}

void client::tell_of_retry(std::string_view command, const call_error& failed,
                           duration delay) const {
  pool_->report(runtime_events::call_retried{pool_->name(), std::string(command), failed, delay});
}

call_error client::not_encodable(const std::string& command, const wire_error& error) const {
  return internal::classified(internal::not_encodable(command, error), *pool_);
}

call_error client::unexpected_result(std::string_view command, const wire_error& error) const {
  call_error told;
  told.code = call_errc::unexpected_result;
  told.effect = call_effect::unknown;
  // Appended, as GCC 12 takes `"'" + std::string(…)` for an overlapping copy (its bug 105651).
  told.message = std::string("'").append(command).append("': ").append(to_string(error));
  return internal::classified(std::move(told), *pool_);
}

}  // namespace slipway
