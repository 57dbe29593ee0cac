// slipway/actors/session_table_core.hpp
//
// The sessions of a pool: which worker holds the state of each, whose turn it is, when it ends.
//
//     enter -> (turn) -> place -> [a worker is granted] -> granted -> [prepare] -> bind -> leave
//
// Belongs here: every decision about a session.
// Does not: calling (internal/session_call), locks and timers (internal/session_table), workers
//           (pool_core).
// Invariants: (1) a session has one call at a time; the others wait in order of arrival;
//             (2) a call proceeds only on the worker to which its session is bound, and a session
//                 is bound to the worker that got all its calls since it began or was rebuilt;
//             (3) each loss is told to each handle once, or made good by a rebuild;
//             (4) an idle session costs one entry here: no timer, no thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/session_options.hpp>
#include <slipway/protocol/result.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

/// One session from its begin to its end; never used again.
enum class session_number : std::uint64_t {};
/// One call of a session; unique among the calls that wait.
enum class session_call_number : std::uint64_t {};

// -- decisions ------------------------------------------------------------------------------------

namespace session_step {

/// The session has ended.
struct ended {};
/// The state has gone, and the caller does not know yet.
struct lost {
  session_loss loss;
};
/// Any worker will do: nobody holds the state.
struct any_worker {};
/// The worker that holds the state.
struct this_worker {
  worker_wish wish;
};
/// The worker holds the state: call.
struct proceed {};
/// There is no state yet: remove what an earlier session of this id may have left, bind, call.
struct begin {};
/// The state is to be replayed first.
struct rebuild {
  session_loss loss;
};

}  // namespace session_step

using session_placement = std::variant<session_step::ended, session_step::lost,
                                       session_step::any_worker, session_step::this_worker>;
using session_grant = std::variant<session_step::ended, session_step::lost, session_step::proceed,
                                   session_step::begin, session_step::rebuild>;

/// A worker holds what nobody wants any more.
struct session_remains {
  std::string session;
  worker_ref worker;
};

/// Value type. Thread: one at a time.
class session_table_core {
 public:
  explicit session_table_core(session_options options) : options_(options) {}

  struct opened {
    session_number number;
    bool begun;  ///< false: it was open already, and `spec` counts for nothing
  };
  /// Finds the session `id` or begins it.
  /// @param has_rebuild  see session_spec.
  [[nodiscard]] result<opened, session_error> open(const std::string& id, const session_spec& spec,
                                                   bool has_rebuild, time_point now);
  [[nodiscard]] std::optional<session_number> find(const std::string& id) const;
  /// How many losses a handle that is made now need not be told of.
  [[nodiscard]] std::uint64_t losses(session_number number) const;

  // -- one call -----------------------------------------------------------------------------------

  /// True: it is this call's turn. False: it waits, and `leave` or `withdraw` will name it.
  /// A session that has ended gives every call its turn.
  [[nodiscard]] bool enter(session_number number, session_call_number call);
  /// A call that waits gives up. False: it does not wait (any more), its turn has come.
  [[nodiscard]] bool withdraw(session_number number, session_call_number call);
  /// Where the call whose turn it is may go.
  /// @param told  the number of losses that its handle has been told of; `lost` is to be counted.
  [[nodiscard]] session_placement place(session_number number, std::uint64_t told) const;
  /// It was granted a worker.
  /// @param remains  set when the session leaves a living worker behind.
  [[nodiscard]] session_grant granted(session_number number, worker_ref worker, std::uint64_t told,
                                      std::optional<session_remains>& remains);
  /// The state begins, or is back, on this worker. Said under the lease, before the call is sent.
  void bind(session_number number, worker_ref worker);
  /// Nothing was sent after `bind`.
  void unbind(session_number number);
  /// The worker that it wished for has gone. Reason: nothing when nobody said.
  void home_gone(session_number number, const std::optional<exit_reason>& reason);
  /// The call is over. @returns the call whose turn it is now.
  [[nodiscard]] std::optional<session_call_number> leave(session_number number, bool ok,
                                                         time_point now);

  // -- ends ---------------------------------------------------------------------------------------

  /// A worker has gone, with all that it held.
  [[nodiscard]] std::vector<session_loss> worker_lost(worker_ref worker, const exit_reason& reason);
  /// All workers of this run have.
  [[nodiscard]] std::vector<session_loss> run_ended(std::uint64_t run, const exit_reason& reason);

  struct ended_session {
    session_number number;
    std::string id;
    std::optional<session_remains> remains;
  };
  /// Ends a session; from now on its id means another one. Nothing when it had ended.
  [[nodiscard]] std::optional<ended_session> end(session_number number);
  /// Those whose time has come.
  [[nodiscard]] std::vector<ended_session> expire(time_point now);
  [[nodiscard]] std::optional<time_point> next_expiry() const;

  /// Whether a session `id` is bound to the worker: then what it holds is not remains.
  [[nodiscard]] bool is_home(const std::string& id, worker_ref worker) const;

  /// False once it has ended and its last call is over.
  [[nodiscard]] bool is_known(session_number number) const { return find_entry(number) != nullptr; }

  [[nodiscard]] std::optional<session_status> status(session_number number, time_point now) const;
  [[nodiscard]] const session_counts& counts() const { return counts_; }

 private:
  struct entry {
    std::string id;
    affinity mode = affinity::strict_queue;
    std::optional<duration> time_to_live{};
    bool has_rebuild = false;
    bool ended = false;
    bool in_turn = false;
    std::deque<session_call_number> waiting{};
    std::optional<worker_ref> home{};
    /// Lost and not rebuilt yet; only with has_rebuild.
    bool to_be_rebuilt = false;
    std::uint64_t losses = 0;
    std::optional<exit_reason> last_loss{};
    std::optional<time_point> expires{};
    time_point begun{};
    time_point last_used{};
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
    std::uint64_t rebuilds = 0;
  };

  entry* find_entry(session_number number);
  [[nodiscard]] const entry* find_entry(session_number number) const;
  session_loss lose(session_number number, entry& losing, const exit_reason& reason);
  void leave_home(session_number number, entry& leaving);
  static session_loss loss_of(const entry& of);
  void expire_later(session_number number, entry& used, time_point now);
  void stop_expiry(session_number number, entry& used);
  ended_session end(session_number number, entry& ending);
  void drop_if_over(session_number number, const entry& over);

  session_options options_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<session_number, entry> entries_;
  std::unordered_map<std::string, session_number> by_id_;
  // Ordered, so that the workers of one run are a range.
  std::map<worker_ref, std::set<session_number>> by_home_;
  std::set<std::pair<time_point, session_number>> expiries_;
  session_counts counts_;
};

}  // namespace slipway
