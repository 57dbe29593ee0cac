// slipway/actors/call_breakers_core.hpp
//
// Decides whether a command of a pool is called: by the breaker of the pool and that of the command.
// Belongs here: which breakers there are, which are asked, which is forgotten.
// Does not: the rules of one breaker (circuit_breaker_core.hpp), locks and clocks (call_breakers.hpp),
//           which failures count (error_policy.hpp).
// Invariants: (1) a call is allowed only by every breaker that it has;
//             (2) a call that one of them refuses takes no probe's place in the other;
//             (3) at most `most_commands` commands have breakers, and one that is open or half open
//                 is never forgotten;
//             (4) what a call tells of its end reaches the very breakers that allowed it, or none.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/actors/circuit_outcome.hpp>
#include <slipway/actors/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

struct call_breakers_options {
  std::optional<circuit_breaker_options> pool{};     ///< none: the pool has no breaker
  std::optional<circuit_breaker_options> command{};  ///< of each command; none: they have none
  /// One more, and the closed breaker that was asked longest ago is forgotten with what it has
  /// counted. When none is closed, further commands have no breaker of their own.
  std::size_t most_commands = 256;
};

/// A change of one breaker.
struct breaker_change {
  std::string command;  ///< empty: the pool's
  circuit_change change;

  friend bool operator==(const breaker_change&, const breaker_change&) = default;
};

/// Which breaker refuses a call.
struct breaker_refusal {
  std::string command;  ///< empty: the pool's
  circuit_state state = circuit_state::open;
  /// When it is open: from when on it lets a call through.
  std::optional<time_point> next_probe;

  friend bool operator==(const breaker_refusal&, const breaker_refusal&) = default;
};

/// Goes with an allowed call, and comes back with its end.
class breaker_token {
 private:
  friend class call_breakers_core;

  std::optional<circuit_token> pool_;
  std::optional<circuit_token> own_;
  std::string command_;
  std::uint64_t born_ = 0;  // of the command's breaker
};

struct breaker_answer {
  std::optional<breaker_token> token;      ///< set: the call is allowed
  std::optional<breaker_refusal> refusal;  ///< set: it is not
  std::vector<breaker_change> changes;     ///< by asking, these became half open
};

/// Value type: copyable, one thread at a time. No function has errors. Cost: O(log commands); that of
/// a command's first call O(commands) once `most_commands` have breakers.
class call_breakers_core {
 public:
  /// @param options  without a flaw (see circuit_breaker_core.hpp).
  explicit call_breakers_core(call_breakers_options options);

  /// May a call of `command` begin? `now` is monotonic, here and below.
  [[nodiscard]] breaker_answer allow(std::string_view command, time_point now);

  /// An allowed call has ended; once for each.
  [[nodiscard]] std::vector<breaker_change> ended(const breaker_token& call,
                                                  circuit_outcome outcome, time_point now);

  /// Closes the pool's breaker by hand; see circuit_breaker_core::reset.
  [[nodiscard]] std::vector<breaker_change> reset(time_point now);
  /// Closes that of a command.
  [[nodiscard]] std::vector<breaker_change> reset(std::string_view command, time_point now);

  /// Of the pool's breaker, as of the last event; nothing: it has none.
  [[nodiscard]] std::optional<circuit_state> state() const;
  /// Of a command's; nothing: commands have none. One that was not called yet is closed.
  [[nodiscard]] std::optional<circuit_state> state(std::string_view command) const;

  /// How many commands have breakers.
  [[nodiscard]] std::size_t commands() const noexcept { return own_.size(); }

 private:
  struct own_breaker {
    circuit_breaker_core breaker;
    std::uint64_t born;        // never the same twice
    std::uint64_t last_asked;  // a running number
  };

  [[nodiscard]] own_breaker* find_or_make(std::string_view command);
  [[nodiscard]] bool forget_one();

  call_breakers_options options_;
  std::optional<circuit_breaker_core> pool_;
  std::map<std::string, own_breaker, std::less<>> own_;
  std::uint64_t number_ = 0;
};

}  // namespace slipway
