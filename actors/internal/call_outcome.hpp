// slipway/actors/internal/call_outcome.hpp
//
// From what happened on the way of a call to what its caller is told. One place for both kinds of
// calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_breakers_core.hpp>
#include <slipway/actors/call_error.hpp>
#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/port_error.hpp>
#include <slipway/actors/python_worker.hpp>
#include <slipway/protocol/codec.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::internal {

/// One call, as every function here needs it.
struct call_subject {
  std::string command;
  std::uint64_t id = 0;
  codec wire_codec = codec::msgpack;
};

/// The answer's meaning. When there is `remove`, the worker cannot be trusted any more.
struct read_answer {
  result<value, call_error> outcome;
  std::optional<exit_reason> remove;
};
[[nodiscard]] read_answer read(const call_subject& call, port::payload payload,
                               const std::string& worker);

[[nodiscard]] call_error not_encodable(const std::string& command, const wire_error& error);
[[nodiscard]] call_error no_worker(const call_subject& call, const checkout_error& error);

/// @param pool  the name of the pool.
[[nodiscard]] call_error refused(const call_subject& call, const breaker_refusal& refusal,
                                 const std::string& pool, time_point now);

/// @param pool  whose end, if it has ended, is why the worker was lost.
[[nodiscard]] call_error lost_worker(const call_subject& call, const port_error& error,
                                     const std::string& worker, const python_pool& pool);

/// Why the pool removes the worker of an exchange that failed.
[[nodiscard]] exit_reason removal_reason(const port_error& error);

/// A worker that had gone before it could see the request: another one may take it.
[[nodiscard]] bool may_try_another_worker(const port_error& error);

}  // namespace slipway::internal
