// slipway/tests/actors/init_matrix.hpp
//
// Init under fire: what happens to a client and to the worker that starts for it when something
// else happens meanwhile. One table, from which both matrix tests take what they expect.
// Belongs here: the axes, the cells that follow from them, the table.
// Does not: making any of it happen (init_matrix_play.hpp, the two tests).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace slipway::init_matrix {

// -- the axes -------------------------------------------------------------------------------------

/// How far the worker under fire has come.
enum class init_state : std::uint8_t { starting, handshaking, ready };

/// What arrives.
enum class event : std::uint8_t {
  cancel,               ///< the client gives up: its timeout, or an error while it holds the worker
  client_down,          ///< the client ends
  process_down,         ///< the worker's process ends, or its start fails otherwise
  owner_down,           ///< the pool's owner crashes
  supervisor_shutdown,  ///< the pool is asked to end
  handle_info,          ///< a message for all workers, and one of the very worker
  other_checkin,        ///< the other worker of the pool is checked in
};

enum class start_mode : std::uint8_t { eager, lazy };

inline constexpr std::array init_states{init_state::starting, init_state::handshaking,
                                        init_state::ready};
inline constexpr std::array events{
    event::cancel,       event::client_down,         event::process_down,
    event::owner_down,   event::supervisor_shutdown, event::handle_info,
    event::other_checkin};
inline constexpr std::array start_modes{start_mode::eager, start_mode::lazy};
inline constexpr std::array policies{cancelled_init::keep, cancelled_init::abort};

struct cell {
  init_state state = init_state::starting;
  event arriving = event::cancel;
  start_mode mode = start_mode::eager;
  cancelled_init policy = cancelled_init::keep;

  friend bool operator==(const cell&, const cell&) = default;
};

/// All of them: 3 x 7 x 2 x 2.
[[nodiscard]] inline std::vector<cell> all_cells() {
  std::vector<cell> cells;
  for (const init_state state : init_states) {
    for (const event arriving : events) {
      for (const start_mode mode : start_modes) {
        for (const cancelled_init policy : policies) {
          cells.push_back({state, arriving, mode, policy});
        }
      }
    }
  }
  return cells;
}

// -- what is expected -----------------------------------------------------------------------------

/// The client for which the worker starts, before the event: it waits, holds the worker, or has
/// given it back.
enum class client_before : std::uint8_t { waits, holds, done };

enum class client_after : std::uint8_t {
  still_waits,
  served_later,    ///< waits on, and is served when a worker is ready
  served_at_once,  ///< by another worker
  timed_out,
  gone,  ///< gave up or ended; it hears nothing
  pool_stopped,
  pool_exited,
  keeps_lease,  ///< of a pool that has ended
  done,
};

/// What becomes of the worker under fire.
enum class worker_after : std::uint8_t {
  joins_idle,  ///< its start goes on; nobody wants it then
  serves,      ///< its start goes on; it serves the client
  aborted,     ///< no longer wanted: its process is ended, and what it says later is dropped
  retried,     ///< its start failed; another follows after a delay
  stays_idle,
  removed,     ///< terminated; another starts when somebody asks
  replaced,    ///< terminated; another starts at once
  terminated,  ///< with its pool
  odd,         ///< none of these, which is never expected
};

/// The one call of handle_cancelled, by its context.
enum class told_cancelled : std::uint8_t { no, queued, checked_out, repeatedly };

enum class pool_after : std::uint8_t { runs, stopped, exited };

struct outcome {
  client_after client = client_after::still_waits;
  worker_after worker = worker_after::odd;
  told_cancelled handle_cancelled = told_cancelled::no;
  bool handle_info = false;  ///< asked of the worker under fire
  pool_after pool = pool_after::runs;

  friend bool operator==(const outcome&, const outcome&) = default;
};

// -- the table ------------------------------------------------------------------------------------

/// A row stands for each cell with its state and event, whatever an axis without a value (`any`).
struct row {
  init_state state;
  event arriving;
  std::optional<start_mode> mode;
  std::optional<cancelled_init> policy;
  client_before before;
  outcome expected;
};

/// The rules: who waits in vain leaves the queue and handle_cancelled(queued) runs; an abort is the
/// policy of lazy pools only, since an eager one starts its workers for itself; a start that fails
/// is tried again; with the pool end all starts; only idle workers are asked by handle_info; a
/// worker that is checked in serves the queue, and who starts meanwhile joins later.
[[nodiscard]] inline const std::vector<row>& table() {
  using enum init_state;
  using enum event;
  using enum start_mode;
  using enum client_before;
  using enum worker_after;
  using enum pool_after;
  using is = client_after;
  using told = told_cancelled;
  constexpr auto keep = cancelled_init::keep;
  constexpr auto abort = cancelled_init::abort;
  constexpr std::nullopt_t any = std::nullopt;
  constexpr bool asked = true;
  constexpr bool not_asked = false;
  // clang-format off
  static const std::vector<row> rows{
    // state      event                mode   policy  client | client             worker      handle_cancelled   handle_info pool
    {starting,    cancel,              eager, any,    waits, {is::timed_out,      joins_idle, told::queued,      not_asked,  runs}},
    {starting,    cancel,              lazy,  keep,   waits, {is::timed_out,      joins_idle, told::queued,      not_asked,  runs}},
    {starting,    cancel,              lazy,  abort,  waits, {is::timed_out,      aborted,    told::queued,      not_asked,  runs}},
    {handshaking, cancel,              eager, any,    waits, {is::timed_out,      joins_idle, told::queued,      not_asked,  runs}},
    {handshaking, cancel,              lazy,  keep,   waits, {is::timed_out,      joins_idle, told::queued,      not_asked,  runs}},
    {handshaking, cancel,              lazy,  abort,  waits, {is::timed_out,      aborted,    told::queued,      not_asked,  runs}},
    {ready,       cancel,              eager, any,    holds, {is::gone,           replaced,   told::checked_out, not_asked,  runs}},
    {ready,       cancel,              lazy,  any,    holds, {is::gone,           removed,    told::checked_out, not_asked,  runs}},

    {starting,    client_down,         eager, any,    waits, {is::gone,           joins_idle, told::queued,      not_asked,  runs}},
    {starting,    client_down,         lazy,  keep,   waits, {is::gone,           joins_idle, told::queued,      not_asked,  runs}},
    {starting,    client_down,         lazy,  abort,  waits, {is::gone,           aborted,    told::queued,      not_asked,  runs}},
    {handshaking, client_down,         eager, any,    waits, {is::gone,           joins_idle, told::queued,      not_asked,  runs}},
    {handshaking, client_down,         lazy,  keep,   waits, {is::gone,           joins_idle, told::queued,      not_asked,  runs}},
    {handshaking, client_down,         lazy,  abort,  waits, {is::gone,           aborted,    told::queued,      not_asked,  runs}},
    {ready,       client_down,         eager, any,    holds, {is::gone,           replaced,   told::checked_out, not_asked,  runs}},
    {ready,       client_down,         lazy,  any,    holds, {is::gone,           removed,    told::checked_out, not_asked,  runs}},

    {starting,    process_down,        any,   any,    waits, {is::served_later,   retried,    told::no,          not_asked,  runs}},
    {handshaking, process_down,        any,   any,    waits, {is::served_later,   retried,    told::no,          not_asked,  runs}},
    {ready,       process_down,        eager, any,    done,  {is::done,           replaced,   told::no,          asked,      runs}},
    {ready,       process_down,        lazy,  any,    done,  {is::done,           removed,    told::no,          asked,      runs}},

    {starting,    owner_down,          any,   any,    waits, {is::pool_exited,    aborted,    told::no,          not_asked,  exited}},
    {handshaking, owner_down,          any,   any,    waits, {is::pool_exited,    aborted,    told::no,          not_asked,  exited}},
    {ready,       owner_down,          any,   any,    holds, {is::keeps_lease,    terminated, told::no,          not_asked,  exited}},

    {starting,    supervisor_shutdown, any,   any,    waits, {is::pool_stopped,   aborted,    told::no,          not_asked,  stopped}},
    {handshaking, supervisor_shutdown, any,   any,    waits, {is::pool_stopped,   aborted,    told::no,          not_asked,  stopped}},
    {ready,       supervisor_shutdown, any,   any,    holds, {is::keeps_lease,    terminated, told::no,          not_asked,  stopped}},

    {starting,    handle_info,         any,   any,    waits, {is::served_later,   serves,     told::no,          not_asked,  runs}},
    {handshaking, handle_info,         any,   any,    waits, {is::served_later,   serves,     told::no,          not_asked,  runs}},
    {ready,       handle_info,         any,   any,    done,  {is::done,           stays_idle, told::no,          asked,      runs}},

    {starting,    other_checkin,       any,   any,    waits, {is::served_at_once, joins_idle, told::no,          not_asked,  runs}},
    {handshaking, other_checkin,       any,   any,    waits, {is::served_at_once, joins_idle, told::no,          not_asked,  runs}},
    {ready,       other_checkin,       any,   any,    done,  {is::done,           stays_idle, told::no,          not_asked,  runs}},
  };
  // clang-format on
  return rows;
}

/// The rows that speak of a cell; one, if the table is good.
[[nodiscard]] inline std::vector<row> rows_for(const cell& at) {
  std::vector<row> found;
  for (const row& each : table()) {
    if (each.state == at.state && each.arriving == at.arriving &&
        each.mode.value_or(at.mode) == at.mode && each.policy.value_or(at.policy) == at.policy) {
      found.push_back(each);
    }
  }
  return found;
}

// -- text -----------------------------------------------------------------------------------------

[[nodiscard]] inline std::string to_string(init_state state) {
  constexpr std::array names{"starting", "handshaking", "ready"};
  return names.at(static_cast<std::size_t>(state));
}
[[nodiscard]] inline std::string to_string(event arriving) {
  constexpr std::array names{"cancel",       "client_down",         "process_down",
                             "owner_down",   "supervisor_shutdown", "handle_info",
                             "other_checkin"};
  return names.at(static_cast<std::size_t>(arriving));
}
[[nodiscard]] inline std::string to_string(client_after client) {
  constexpr std::array names{"still_waits",  "served_later", "served_at_once", "timed_out", "gone",
                             "pool_stopped", "pool_exited",  "keeps_lease",    "done"};
  return names.at(static_cast<std::size_t>(client));
}
[[nodiscard]] inline std::string to_string(worker_after worker) {
  constexpr std::array names{"joins_idle", "serves",   "aborted",    "retried", "stays_idle",
                             "removed",    "replaced", "terminated", "odd"};
  return names.at(static_cast<std::size_t>(worker));
}
[[nodiscard]] inline std::string to_string(told_cancelled told) {
  constexpr std::array names{"no", "queued", "checked_out", "repeatedly"};
  return names.at(static_cast<std::size_t>(told));
}
[[nodiscard]] inline std::string to_string(pool_after pool) {
  constexpr std::array names{"runs", "stopped", "exited"};
  return names.at(static_cast<std::size_t>(pool));
}

/// "cancel_while_starting_in_a_lazy_pool_that_aborts": how a test of this cell is called.
[[nodiscard]] inline std::string name_of(const cell& at) {
  return to_string(at.arriving) + "_while_" + to_string(at.state) + "_in_" +
         (at.mode == start_mode::lazy ? "a_lazy" : "an_eager") + "_pool_that_" +
         (at.policy == cancelled_init::abort ? "aborts" : "keeps");
}

// How GoogleTest prints them.
inline void PrintTo(const cell& at, std::ostream* to) {
  *to << name_of(at);
}
inline void PrintTo(const outcome& seen, std::ostream* to) {
  *to << "client " << to_string(seen.client) << ", worker " << to_string(seen.worker)
      << ", handle_cancelled " << to_string(seen.handle_cancelled) << ", handle_info "
      << (seen.handle_info ? "asked" : "not asked") << ", pool " << to_string(seen.pool);
}

}  // namespace slipway::init_matrix
