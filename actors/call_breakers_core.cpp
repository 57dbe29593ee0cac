// slipway/actors/call_breakers_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_breakers_core.hpp>

#include <utility>

namespace slipway {
namespace {

void note(std::vector<breaker_change>& changes, std::string_view command,
          const std::optional<circuit_change>& change) {
  if (change) {
    changes.push_back({std::string(command), *change});
  }
}

std::optional<circuit_change> tell(circuit_breaker_core& breaker, circuit_token call,
                                   circuit_outcome outcome, time_point now) {
  switch (outcome) {
    case circuit_outcome::succeeded:
      return breaker.succeeded(call, now);
    case circuit_outcome::failed:
      return breaker.failed(call, now);
    case circuit_outcome::abandoned:
      break;
  }
  breaker.abandoned(call);
  return std::nullopt;
}

breaker_refusal refused_by(const circuit_breaker_core& breaker, std::string_view command) {
  return {std::string(command), breaker.state(), breaker.next_probe()};
}

}  // namespace

call_breakers_core::call_breakers_core(call_breakers_options options) : options_(options) {
  if (options_.pool) {
    pool_.emplace(*options_.pool);
  }
}

breaker_answer call_breakers_core::allow(std::string_view command, time_point now) {
  breaker_answer answer;
  breaker_token token;
  if (pool_) {
    const auto asked = pool_->allow(now);
    note(answer.changes, {}, asked.change);
    if (!asked.allowed()) {
      answer.refusal = refused_by(*pool_, {});
      return answer;
    }
    token.pool_ = asked.token;
  }
  if (own_breaker* own = find_or_make(command)) {
    const auto asked = own->breaker.allow(now);
    note(answer.changes, command, asked.change);
    if (!asked.allowed()) {
      if (token.pool_) {
        pool_->abandoned(*token.pool_);
      }
      answer.refusal = refused_by(own->breaker, command);
      return answer;
    }
    token.own_ = asked.token;
    token.command_ = command;
    token.born_ = own->born;
  }
  answer.token = std::move(token);
  return answer;
}

std::vector<breaker_change> call_breakers_core::ended(const breaker_token& call,
                                                      circuit_outcome outcome, time_point now) {
  std::vector<breaker_change> changes;
  if (call.pool_) {
    note(changes, {}, tell(*pool_, *call.pool_, outcome, now));
  }
  if (call.own_) {
    const auto found = own_.find(call.command_);
    // Another one of that name: the one that allowed the call was forgotten meanwhile.
    if (found != own_.end() && found->second.born == call.born_) {
      note(changes, call.command_, tell(found->second.breaker, *call.own_, outcome, now));
    }
  }
  return changes;
}

std::vector<breaker_change> call_breakers_core::reset(time_point now) {
  std::vector<breaker_change> changes;
  if (pool_) {
    note(changes, {}, pool_->reset(now));
  }
  return changes;
}

std::vector<breaker_change> call_breakers_core::reset(std::string_view command, time_point now) {
  std::vector<breaker_change> changes;
  if (const auto found = own_.find(command); found != own_.end()) {
    note(changes, command, found->second.breaker.reset(now));
  }
  return changes;
}

std::optional<circuit_state> call_breakers_core::state() const {
  return pool_ ? std::optional(pool_->state()) : std::nullopt;
}

std::optional<circuit_state> call_breakers_core::state(std::string_view command) const {
  if (!options_.command) {
    return std::nullopt;
  }
  const auto found = own_.find(command);
  return found == own_.end() ? circuit_state::closed : found->second.breaker.state();
}

call_breakers_core::own_breaker* call_breakers_core::find_or_make(std::string_view command) {
  if (!options_.command) {
    return nullptr;
  }
  auto found = own_.find(command);
  if (found == own_.end()) {
    if (own_.size() >= options_.most_commands && !forget_one()) {
      return nullptr;
    }
    found = own_.emplace(std::string(command),
                         own_breaker{circuit_breaker_core(*options_.command), ++number_, 0})
                .first;
  }
  found->second.last_asked = ++number_;
  return &found->second;
}

bool call_breakers_core::forget_one() {
  auto oldest = own_.end();
  for (auto each = own_.begin(); each != own_.end(); ++each) {
    if (each->second.breaker.state() == circuit_state::closed &&
        (oldest == own_.end() || each->second.last_asked < oldest->second.last_asked)) {
      oldest = each;
    }
  }
  if (oldest == own_.end()) {
    return false;
  }
  own_.erase(oldest);
  return true;
}

}  // namespace slipway
