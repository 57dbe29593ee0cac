// slipway/actors/internal/call_outcome.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <algorithm>

namespace slipway::internal {
namespace {

call_error make(call_errc code, call_effect effect, std::string message) {
  call_error error;
  error.code = code;
  error.effect = effect;
  error.message = std::move(message);
  return error;
}

std::string quoted(const std::string& command) {
  return "'" + command + "'";
}

// Of the deepest reason that has one: it is the worker's, those above are of whom it took along.
std::vector<std::string> stderr_tail_of(const exit_reason& reason) {
  std::vector<std::string> deepest = reason.stderr_tail;
  for (auto beneath = reason.cause; beneath; beneath = beneath->cause) {
    if (!beneath->stderr_tail.empty()) {
      deepest = beneath->stderr_tail;
    }
  }
  return deepest;
}

call_effect effect_of(const port_error& error) {
  return error.sent == frame_sent::yes ? call_effect::unknown : call_effect::not_sent;
}

}  // namespace

read_answer read(const call_subject& call, port::payload payload, const std::string& worker) {
  auto decoded = decode_response_to(call.wire_codec, call.id, payload);
  if (!decoded) {
    const wire_error& why = decoded.error();
    const std::string text = to_string(why) + ", answer begins with " + why.first_bytes;
    call_error error = make(call_errc::protocol_error, call_effect::unknown,
                            quoted(call.command) + " on " + worker + ": " + text);
    error.worker = worker;
    return {failure(std::move(error)), exit_reason::error("protocol_error", text)};
  }
  if (decoded->outcome) {
    return {std::move(*decoded->outcome), std::nullopt};
  }
  call_error error = make(
      call_errc::remote_exception, call_effect::unknown,
      quoted(call.command) + " on " + worker + " raised " + to_string(decoded->outcome.error()));
  error.remote = std::move(decoded->outcome.error());
  error.worker = worker;
  return {failure(std::move(error)), std::nullopt};
}

call_error not_encodable(const std::string& command, const wire_error& error) {
  return make(call_errc::invalid_argument, call_effect::not_sent,
              quoted(command) + ": " + to_string(error));
}

call_error no_worker(const call_subject& call, const checkout_error& error) {
  call_error told =
      make(call_errc::timeout, call_effect::not_sent, quoted(call.command) + ": " + error.message);
  if (error.code == checkout_errc::overloaded) {
    told.code = call_errc::overloaded;
  } else if (error.code == checkout_errc::pool_stopped) {
    told.code = call_errc::pool_stopped;
  } else if (error.code == checkout_errc::pool_exited) {
    told.code = call_errc::pool_exited;
  } else if (error.code == checkout_errc::worker_busy) {
    told.code = call_errc::worker_busy;
  }
  told.pool_exit = error.pool_exit;
  if (told.pool_exit) {
    told.stderr_tail = stderr_tail_of(*told.pool_exit);
  }
  return told;
}

call_error refused(const call_subject& call, const breaker_refusal& refusal,
                   const std::string& pool, time_point now) {
  const std::string whose =
      refusal.command.empty() ? "pool " + pool : quoted(refusal.command) + " in pool " + pool;
  std::string when = "; a call that finds out whether it is well is under way";
  if (refusal.next_probe) {
    // Rounded up, so that it is not too early then.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(*refusal.next_probe - now, duration::zero()));
    when = " for " + std::to_string(wait.count()) + " ms more";
  }
  return make(call_errc::circuit_open, call_effect::not_sent,
              quoted(call.command) + ": the breaker of " + whose + " is " +
                  to_string(refusal.state) + when);
}

call_error lost_worker(const call_subject& call, const port_error& error, const std::string& worker,
                       const python_pool& pool) {
  call_errc code = call_errc::worker_died;
  if (error.code == port_errc::timeout) {
    code = call_errc::timeout;
  } else if (error.code == port_errc::protocol_error) {
    code = call_errc::protocol_error;
  }
  const auto pool_exit = pool.ended_with();
  if (code == call_errc::worker_died && pool_exit) {
    code = pool_exit->is_abnormal() ? call_errc::pool_exited : call_errc::pool_stopped;
  }
  call_error told =
      make(code, effect_of(error), quoted(call.command) + " on " + worker + ": " + error.message);
  told.pool_exit = pool_exit;
  told.worker = worker;
  if (error.exit) {
    told.exit = error.exit->status;
    told.stderr_tail = error.exit->stderr_tail;
  }
  return told;
}

exit_reason removal_reason(const port_error& error) {
  if (error.code == port_errc::timeout) {
    auto reason = exit_reason::timeout();
    return error.unfinished_answer ? reason.with_cause(exit_reason::error("unfinished_answer",
                                                                          *error.unfinished_answer))
                                   : reason;
  }
  auto reason = exit_reason::error(to_string(error.code), error.message);
  return error.exit ? reason.with_stderr_tail(error.exit->stderr_tail) : reason;
}

bool may_try_another_worker(const port_error& error) {
  return error.code == port_errc::port_closed && error.sent == frame_sent::no;
}

}  // namespace slipway::internal
