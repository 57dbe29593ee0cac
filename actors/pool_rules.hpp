// slipway/actors/pool_rules.hpp
//
// The two sets of rules that a pool can follow, and everything in which they differ.
// Belongs here: each defect of NimblePool 1.1, named, with what is done instead.
// Does not: the rules that both share (pool_core), which asks this table and nothing else.
// Source: NimblePool 1.1, lib/nimble_pool.ex; the recordings under tests/conformance show each.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway {

enum class pool_rules : std::uint8_t {
  corrected,    ///< the default: none of the defects below
  nimble_pool,  ///< NimblePool 1.1 to the letter
};

/// What NimblePool 1.1 does that a user would not expect; true means that this pool does it too.
struct pool_defects {
  /// A look at the queue that finds no idle worker puts the head of the queue at its end.
  /// Corrected: the head keeps its place, so the order of arrival is the order of service.
  bool head_moves_to_the_back = false;
  /// A request is offered an idle or a fresh worker before the queue is looked at.
  /// Corrected: it goes behind those that wait.
  bool newcomers_overtake = false;
  /// A skip at checkout, a lazy place freed by a holder that died, raised or timed out or by
  /// handle_info or handle_ping, and an asynchronous start that crashed and whose repetition
  /// succeeds at once: after none of them the queue is looked at, and after any other event for one
  /// request only. Corrected: after each event the queue is served until it or the workers run out.
  bool looks_away = false;
  /// The command that handle_enqueue returned is lost when the request has to wait; handle_checkout
  /// gets the original. Corrected: it gets the returned one.
  bool forgets_wrapped_command = false;
  /// The deadline is checked before a lazy start and not after it, so a client that has gone during
  /// the start is served, and its worker removed when its cancel arrives. Corrected: it is checked
  /// after the start as well.
  bool serves_the_late = false;
  /// After a crash in the middle of an event the pool ends in the state from before that event, so
  /// workers removed by the same event are terminated again; after a `stop` of handle_ping likewise,
  /// but for the pool state. Corrected: the pool ends in the state that it has reached.
  bool ends_in_the_state_before = false;
  /// Each terminate_worker of the pool's end gets the pool state of the first.
  /// Corrected: it gets what the one before left.
  bool forgets_pool_state_at_the_end = false;
  /// A worker that fails to start is started again at once, for ever.
  /// Corrected: after a delay that grows, and not without end (init_retry).
  bool retries_init_at_once = false;
  /// A lazy pool starts a worker for each request that finds none idle, whatever is starting
  /// already. Corrected: it starts no more than wait.
  bool counts_no_starting_worker = false;
  /// Workers that are checked out when the pool ends are left to themselves, as are those of a start
  /// that fails. Corrected: every worker is terminated.
  bool abandons_workers = false;
  /// A client that gave up before it could be told of its worker keeps it until its cancel arrives,
  /// which costs the worker. Corrected: the untouched worker goes back at once.
  bool gives_workers_to_the_gone = false;

  friend bool operator==(const pool_defects&, const pool_defects&) = default;
};

[[nodiscard]] constexpr pool_defects defects_of(pool_rules rules) {
  if (rules == pool_rules::corrected) {
    return {};
  }
  return {.head_moves_to_the_back = true,
          .newcomers_overtake = true,
          .looks_away = true,
          .forgets_wrapped_command = true,
          .serves_the_late = true,
          .ends_in_the_state_before = true,
          .forgets_pool_state_at_the_end = true,
          .retries_init_at_once = true,
          .counts_no_starting_worker = true,
          .abandons_workers = true,
          .gives_workers_to_the_gone = true};
}

}  // namespace slipway
