// slipway/actors/internal/call_lease.hpp
//
// How a call gives back the worker that it holds. One place for all kinds of calls.
// Belongs here: telling the watch, the counts and the pool, in this order.
// Does not: what is said to the caller (call_outcome), what a call does next.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/call_watch.hpp>
#include <slipway/actors/python_worker.hpp>

#include <utility>

namespace slipway::internal {

/// The exchange failed: the pool removes the worker.
/// @returns what the caller is told, should no other worker take the request.
[[nodiscard]] inline call_error give_up(lease<python_worker>& held, const call_subject& call,
                                        const port_error& error, const python_pool& pool,
                                        call_watch& watch) {
  watch.exchanged();
  auto told = lost_worker(call, error, held.state().name, pool);
  watch.gives_back(to_string(told.code));
  held.cancel(removal_reason(error));
  return told;
}

/// The worker has answered: it goes back, or away when it cannot be trusted any more.
/// @returns what the caller gets.
[[nodiscard]] inline result<value, call_error> take_answer(lease<python_worker>& held,
                                                           const call_subject& call,
                                                           port::payload answer,
                                                           call_watch& watch) {
  watch.exchanged();
  auto meaning = read(call, answer, held.state().name);
  watch.gives_back(outcome_text(meaning.outcome));
  held.state().call_failed = !meaning.outcome;
  if (meaning.remove) {
    held.cancel(std::move(*meaning.remove));
  }
  return std::move(meaning.outcome);
}

}  // namespace slipway::internal
