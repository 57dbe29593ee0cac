// slipway/actors/internal/session_call.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/call_lease.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

namespace slipway::internal {
namespace {

constexpr const char* cleanup_command = "cleanup_session";
// How soon a pool whose workers are all degraded is asked again.
constexpr duration unfit_pause = std::chrono::milliseconds(20);

template <class... Cases>
struct cases : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
cases(Cases...) -> cases<Cases...>;

}  // namespace

result<value, call_error> with_session(const value& args, const std::string& session) {
  if (const auto named = args.find("session_id"); named && *named != value(session)) {
    call_error wrong;
    wrong.code = call_errc::invalid_argument;
    wrong.message =
        "a call of session '" + session + "' names another session: " + named->to_text();
    return failure(std::move(wrong));
  }
  const auto& from = args.object();
  if (!args.is_nil() && !args.is_map()) {
    return args;  // The codec says what is wrong with it.
  }
  const std::uint32_t size = args.is_map() ? from.via.map.size : 0;
  auto zone = std::make_shared<msgpack::zone>();
  auto* entries = static_cast<msgpack::object_kv*>(zone->allocate_align(
      sizeof(msgpack::object_kv) * (size + 1), MSGPACK_ZONE_ALIGNOF(msgpack::object_kv)));
  for (std::uint32_t i = 0; i != size; ++i) {
    entries[i].key = detail::copy_object(from.via.map.ptr[i].key, *zone);
    entries[i].val = detail::copy_object(from.via.map.ptr[i].val, *zone);
  }
  entries[size].key = msgpack::object(std::string_view("session_id"), *zone);
  entries[size].val = msgpack::object(std::string_view(session), *zone);
  msgpack::object root;
  root.type = msgpack::type::MAP;
  root.via.map.size = args.find("session_id") ? size : size + 1;
  root.via.map.ptr = entries;
  return value::adopt(std::move(zone), root);
}

session_call::session_call(std::shared_ptr<session_handle> handle, std::string command,
                           duration timeout, completion done)
    : handle_(std::move(handle)),
      call_{std::move(command), handle_->pool->next_request_id(),
            handle_->pool->options().wire_codec},
      deadline_(deadline_after(handle_->pool->now(), timeout)),
      held_(table().hold()),
      turn_(table().next_call()),
      watch_(*handle_->pool, call_.command),
      gate_(*handle_->pool),
      done_(std::move(done)) {}

void session_call::start(const value& args) {
  auto complete = with_session(args, handle_->session->id);
  if (!complete) {
    fail_without_turn(std::move(complete.error()));
    return;
  }
  if (auto written = encode_request(call_.wire_codec, call_.id, call_.command, *complete, frame_,
                                    handle_->pool->options().max_frame_bytes);
      !written) {
    fail_without_turn(not_encodable(call_.command, written.error()));
    return;
  }
  table().enter(number(), turn_, shared_from_this());
  if (!has_turn_) {
    // Weakly: a call that is over keeps nothing until its deadline.
    table().timers().run_after(deadline_ - handle_->pool->now(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->turn_is_late();
      }
    });
  }
}

void session_call::turn_is_late() {
  if (!has_turn_ && table().withdraw(number(), turn_)) {
    fail_without_turn(
        error(call_errc::timeout, "the call before it has not ended before the deadline"));
  }
}

void session_call::begin_turn() {
  has_turn_ = true;
  if (auto refused = gate_.refusal(call_)) {
    end(failure(std::move(*refused)));
    return;
  }
  go_where_the_state_is();
}

void session_call::go_where_the_state_is() {
  const auto placed = table().place(number(), handle_->told);
  std::visit(cases{[&](const session_step::ended&) {
                     end(failure(error(call_errc::session_ended, "it has ended")));
                   },
                   [&](const session_step::lost& step) { end(failure(lost(step.loss))); },
                   [&](const session_step::any_worker&) { check_out(std::nullopt); },
                   [&](const session_step::this_worker& step) { check_out(step.wish); }},
             placed);
}

void session_call::check_out(std::optional<worker_wish> wish) {
  pool_ = handle_->pool->current();
  if (!pool_) {
    end(failure(no_worker(call_, handle_->pool->not_started())));
    return;
  }
  watch_.asks();
  pool_->async_checkout(
      session_checkout{handle_->session->id, wish}, deadline_ - handle_->pool->now(),
      [self = shared_from_this()](auto given) { self->granted(std::move(given)); });
}

void session_call::granted(result<lease<python_worker>, checkout_error> given) {
  if (!given) {
    watch_.not_granted(given.error(), *pool_);
    if (given.error().code == checkout_errc::worker_gone) {
      table().home_gone(number(), given.error().worker_exit);
      go_where_the_state_is();
    } else {
      end(failure(no_worker(call_, given.error())));
    }
    return;
  }
  lease_.emplace(std::move(*given));
  watch_.granted(lease_->state().name, *pool_);
  preparation_.clear();
  next_preparation_ = 0;
  binds_ = false;
  rebuilds_ = false;
  const auto decided = table().granted(number(), lease_->state().self, handle_->told);
  const bool would_settle = std::holds_alternative<session_step::begin>(decided) ||
                            std::holds_alternative<session_step::rebuild>(decided);
  if (would_settle && lease_->state().record->degraded()) {
    try_another_worker();
    return;
  }
  std::visit(cases{[&](const session_step::ended&) {
                     end(failure(error(call_errc::session_ended, "it has ended")));
                   },
                   [&](const session_step::lost& step) { end(failure(lost(step.loss))); },
                   [&](const session_step::proceed&) { send(); },
                   [&](const session_step::begin&) {
                     preparation_.push_back({cleanup_command, value()});
                     prepare_next();
                   },
                   [&](const session_step::rebuild& step) {
                     // Not here, within the pool: it is the user's code.
                     table().timers().run_after(
                         duration::zero(),
                         [self = shared_from_this(), loss = step.loss] { self->rebuild(loss); });
                   }},
             decided);
}

// A degraded worker takes no sessions. The pool gives the one that has been idle for longest, so
// that each is met once in a round.
void session_call::try_another_worker() {
  watch_.gives_back_unused("degraded");
  lease_.reset();
  if (++unfit_workers_ < handle_->pool->options().size) {
    check_out(std::nullopt);
    return;
  }
  unfit_workers_ = 0;
  const duration left = deadline_ - handle_->pool->now();
  if (left <= duration::zero()) {
    end(failure(error(call_errc::timeout, "all workers are degraded, and take no sessions")));
    return;
  }
  table().timers().run_after(std::min(left, unfit_pause),
                             [self = shared_from_this()] { self->check_out(std::nullopt); });
}

// -- giving a worker the state --------------------------------------------------------------------

void session_call::rebuild(const session_loss& loss) {
  rebuilds_ = true;
  try {
    preparation_ = handle_->session->rebuild(loss);
  } catch (...) {
    cannot_prepare(
        error(call_errc::session_lost,
              "its rebuild threw " + to_string(exit_reason_from(std::current_exception()))));
    return;
  }
  preparation_.insert(preparation_.begin(), {cleanup_command, value()});
  prepare_next();
}

void session_call::prepare_next() {
  if (next_preparation_ == preparation_.size()) {
    binds_ = true;
    table().bind(number(), lease_->state().self, lease_->state().name);
    send();
    return;
  }
  const session_request& step = preparation_[next_preparation_++];
  call_subject subject{step.command, handle_->pool->next_request_id(), call_.wire_codec};
  auto args = with_session(step.args, handle_->session->id);
  if (!args) {
    cannot_prepare(std::move(args.error()));
    return;
  }
  byte_buffer frame;
  if (auto written = encode_request(subject.wire_codec, subject.id, subject.command, *args, frame,
                                    handle_->pool->options().max_frame_bytes);
      !written) {
    cannot_prepare(not_encodable(subject.command, written.error()));
    return;
  }
  const auto& worker = lease_->state();
  worker.process->async_exchange(worker.owner, std::move(frame), deadline_,
                                 [self = shared_from_this(), subject = std::move(subject)](
                                     auto answer) { self->prepared(subject, std::move(answer)); });
}

void session_call::prepared(const call_subject& step, result<port::payload, port_error> answer) {
  if (!answer) {
    auto told = give_up(*lease_, step, answer.error(), *pool_, watch_);
    lease_.reset();
    if (may_try_another_worker(answer.error()) && handle_->pool->now() < deadline_) {
      go_where_the_state_is();
    } else {
      cannot_prepare(std::move(told));
    }
    return;
  }
  auto meaning = read(step, *answer, lease_->state().name);
  if (meaning.remove) {
    lease_->cancel(std::move(*meaning.remove));
  }
  // A worker without that command holds no sessions.
  const bool cleans = step.command == cleanup_command && next_preparation_ == 1;
  if (!meaning.outcome && (meaning.remove || !cleans)) {
    cannot_prepare(std::move(meaning.outcome.error()));
    return;
  }
  prepare_next();
}

// The call itself was not sent, and what was lost is so still.
void session_call::cannot_prepare(call_error error) {
  error.effect = call_effect::not_sent;
  if (rebuilds_) {
    error.code = call_errc::session_lost;
    error.message = "session '" + handle_->session->id + "' is not rebuilt: " + error.message;
  }
  end(failure(std::move(error)));
}

// -- the call -------------------------------------------------------------------------------------

void session_call::send() {
  const auto& worker = lease_->state();
  worker.process->async_exchange(
      worker.owner, frame_, deadline_,
      [self = shared_from_this()](auto answer) { self->answered(std::move(answer)); });
}

void session_call::answered(result<port::payload, port_error> answer) {
  if (answer) {
    end(take_answer(*lease_, call_, *answer, watch_));
    return;
  }
  const bool unseen = may_try_another_worker(answer.error());
  if (unseen && binds_) {
    table().unbind(number());
  }
  auto told = give_up(*lease_, call_, answer.error(), *pool_, watch_);
  lease_.reset();
  if (unseen && handle_->pool->now() < deadline_) {
    go_where_the_state_is();
  } else {
    end(failure(std::move(told)));
  }
}

// -- ends -----------------------------------------------------------------------------------------

call_error session_call::error(call_errc code, const std::string& text) const {
  call_error made;
  made.code = code;
  made.effect = call_effect::not_sent;
  made.message = "'" + call_.command + "' in session '" + handle_->session->id + "': " + text;
  return made;
}

call_error session_call::lost(const session_loss& loss) {
  handle_->told = loss.number;
  auto made = error(call_errc::session_lost, "its state has gone: " + to_string(loss.reason));
  made.stderr_tail = loss.reason.stderr_tail;
  return made;
}

void session_call::fail_without_turn(call_error error) {
  result<value, call_error> outcome = failure(std::move(error));
  complete(outcome);
  done_(std::move(outcome));
}

void session_call::end(result<value, call_error> outcome) {
  watch_.gives_back_unused(outcome_text(outcome));
  lease_.reset();
  complete(outcome);
  table().leave(number(), outcome.has_value());
  done_(std::move(outcome));
  table().give_turns(number());
}

void session_call::complete(result<value, call_error>& outcome) {
  if (!outcome) {
    outcome.error().session = handle_->session->id;
  }
  gate_.ended(outcome);
  watch_.ended(outcome);
}

// -- cleaning up ----------------------------------------------------------------------------------

namespace {

class session_cleanup : public std::enable_shared_from_this<session_cleanup> {
 public:
  using completion = std::function<void(result<void, call_error>)>;

  session_cleanup(std::shared_ptr<pool_slot> slot, session_remains remains, completion done)
      : slot_(std::move(slot)),
        remains_(std::move(remains)),
        call_{cleanup_command, slot_->next_request_id(), slot_->options().wire_codec},
        held_(slot_->sessions()->hold()),
        done_(std::move(done)) {}

  void start(duration timeout) {
    pool_ = slot_->current();
    if (!pool_) {
      end({});
      return;
    }
    deadline_ = deadline_after(slot_->now(), timeout);
    pool_->async_checkout(
        session_checkout{remains_.session,
                         worker_wish{remains_.worker.worker, affinity::strict_queue}},
        timeout, [self = shared_from_this()](auto given) { self->granted(std::move(given)); });
  }

 private:
  void granted(result<lease<python_worker>, checkout_error> given) {
    if (!given) {
      // A worker that has gone took everything with it.
      const bool gone = given.error().code == checkout_errc::worker_gone;
      end(gone ? result<void, call_error>{} : failure(no_worker(call_, given.error())));
      return;
    }
    lease_.emplace(std::move(*given));
    const auto& worker = lease_->state();
    if (worker.self != remains_.worker ||
        slot_->sessions()->is_home(remains_.session, worker.self)) {
      end({});
      return;
    }
    byte_buffer frame;
    if (auto written = encode_request(call_.wire_codec, call_.id, call_.command,
                                      value::map({{"session_id", value(remains_.session)}}), frame,
                                      slot_->options().max_frame_bytes);
        !written) {
      end(failure(not_encodable(call_.command, written.error())));
      return;
    }
    worker.process->async_exchange(
        worker.owner, std::move(frame), deadline_,
        [self = shared_from_this()](auto answer) { self->answered(std::move(answer)); });
  }

  void answered(result<port::payload, port_error> answer) {
    const std::string worker = lease_->state().name;
    if (!answer) {
      auto told = lost_worker(call_, answer.error(), worker, *pool_);
      lease_->cancel(removal_reason(answer.error()));
      end(failure(std::move(told)));
      return;
    }
    auto meaning = read(call_, *answer, worker);
    if (meaning.remove) {
      lease_->cancel(std::move(*meaning.remove));
    }
    end(meaning.outcome ? result<void, call_error>{} : failure(std::move(meaning.outcome.error())));
  }

  void end(result<void, call_error> outcome) {
    lease_.reset();
    if (done_) {
      done_(std::move(outcome));
    }
  }

  const std::shared_ptr<pool_slot> slot_;
  const session_remains remains_;
  const call_subject call_;
  const std::shared_ptr<void> held_;
  const completion done_;
  std::shared_ptr<python_pool> pool_;
  time_point deadline_{};
  std::optional<lease<python_worker>> lease_;
};

}  // namespace

void clean_up(const std::shared_ptr<pool_slot>& pool, const session_remains& remains,
              duration timeout, std::function<void(result<void, call_error>)> done) {
  std::make_shared<session_cleanup>(pool, remains, std::move(done))->start(timeout);
}

}  // namespace slipway::internal
