// slipway/harness/supervisor_invariant.cpp
//
// The rules of a supervisor, written plainly a second time: what it says of itself is foretold event by
// event.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/invariant.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>

namespace slipway::harness::invariants {
namespace {

using verdict = std::optional<std::string>;

enum class child_state : std::uint8_t { idle, running, retrying, forgotten };

class supervisor_model {
 public:
  explicit supervisor_model(const observed_supervisor& of)
      : flags_(of.flags), rules_(of.rules), states_(rules_.size(), child_state::idle) {
    for (std::size_t i = 0; i != rules_.size(); ++i) {
      next_.push_back({says::started, i});
    }
    next_.push_back({says::supervisor_started, 0});
  }

  /// What is wrong with the event.
  verdict take(const observed_event& event) {
    now_ = event.at;
    if (const auto left = std::exchange(left_behind_, std::nullopt)) {
      const auto* stopped = std::get_if<child_stopped>(&event.what);
      if (stopped == nullptr || stopped->child != left->child || now_ != left->at) {
        return "did not go on at once without '" + left->child + "', which outlives its kill";
      }
    }
    return std::visit([this](const auto& what) { return this->on(what); }, event.what);
  }

 private:
  enum class says : std::uint8_t {
    started,
    supervisor_started,
    restarted,
    stopped,
    gave_up,
    auto_shutdown,
    stopping,
    supervisor_stopped,
  };
  struct expectation {
    says what;
    std::size_t child;
  };
  struct left_child {
    child_id child;
    time_point at;
  };

  verdict on(const supervisor_started& /*event*/) { return take_next(says::supervisor_started, 0); }

  verdict on(const child_started& event) {
    const std::size_t at = place_of(event.child);
    if (!next_.empty()) {
      states_[at] = child_state::running;
      return take_next(says::started, at);
    }
    // By restart_child.
    if (states_[at] != child_state::idle) {
      return "started '" + event.child + "', which is not there to be started";
    }
    states_[at] = child_state::running;
    return std::nullopt;
  }

  verdict on(const child_restarted& event) {
    const std::size_t at = place_of(event.child);
    if (auto wrong = try_again(at)) {
      return wrong;
    }
    states_[at] = child_state::running;
    return take_next(says::restarted, at);
  }

  verdict on(const child_stopped& event) {
    const std::size_t at = place_of(event.child);
    if (states_[at] != child_state::running) {
      return "stopped '" + event.child + "', which did not run";
    }
    // Those that stop for one that is tried again. With nobody to be tried again: by terminate_child.
    if (auto wrong = try_again(at)) {
      return wrong;
    }
    put_aside(at);
    return next_.empty() ? std::nullopt : take_next(says::stopped, at);
  }

  verdict on(const child_exited& event) {
    const std::size_t at = place_of(event.child);
    if (!next_.empty()) {
      return "did not go on before it heard of the end of '" + event.child + "'";
    }
    if (states_[at] != child_state::running) {
      return "heard of the end of '" + event.child + "', which did not run";
    }
    const exit_outcome right = outcome_of(rules_[at], event.reason);
    if (event.outcome != right) {
      return "child '" + event.child + "' has the outcome " +
             std::string(to_string(event.outcome)) + ", not " + std::string(to_string(right));
    }
    put_aside(at);
    if (right == exit_outcome::restart) {
      restart(at);
    } else if (shuts_down(at)) {
      next_ = {{says::auto_shutdown, at}, {says::stopping, 0}};
    }
    return std::nullopt;
  }

  verdict on(const child_start_failed& event) {
    const std::size_t at = place_of(event.child);
    if (!next_.empty() && next_.front().what == says::started) {
      next_ = {{says::stopping, 0}};
      return std::nullopt;
    }
    if (auto wrong = try_again(at)) {
      return wrong;
    }
    if (next_.empty()) {
      return std::nullopt;  // by restart_child: it stays as it was
    }
    if (auto wrong = take_next(says::restarted, at)) {
      return wrong;
    }
    next_.clear();
    states_[at] = child_state::retrying;
    failed_at_ = now_;
    return std::nullopt;
  }

  verdict on(const gave_up& event) {
    const std::size_t at = place_of(event.child);
    if (auto wrong = try_again(at)) {
      return wrong;
    }
    put_aside(at);
    if (!counts_surely_) {
      next_ = {{says::stopping, 0}};
      return std::nullopt;
    }
    return take_next(says::gave_up, at);
  }

  verdict on(const auto_shutdown_triggered& event) {
    return take_next(says::auto_shutdown, place_of(event.child));
  }

  verdict on(const supervisor_stopping& /*event*/) {
    if (!next_.empty()) {
      if (auto wrong = take_next(says::stopping, 0)) {
        return wrong;
      }
    }
    const auto waits = std::find(states_.begin(), states_.end(), child_state::retrying);
    // At once, but behind what a child may take to end.
    if (waits != states_.end() && now_ - failed_at_ > std::chrono::seconds(2)) {
      return "did not try again to start '" +
             rules_[static_cast<std::size_t>(waits - states_.begin())].id + "'";
    }
    for (std::size_t i = rules_.size(); i-- != 0;) {
      if (states_[i] == child_state::running) {
        next_.push_back({says::stopped, i});
      }
    }
    next_.push_back({says::supervisor_stopped, 0});
    std::replace(states_.begin(), states_.end(), child_state::retrying, child_state::idle);
    return std::nullopt;
  }

  verdict on(const supervisor_stopped& /*event*/) { return take_next(says::supervisor_stopped, 0); }

  // It counts as stopped from now on.
  verdict on(const child_outlives_kill& event) {
    if (states_[place_of(event.child)] != child_state::running) {
      return "gave up waiting for '" + event.child + "', which did not run";
    }
    left_behind_ = {event.child, now_};
    return std::nullopt;
  }

  verdict on(const child_ignored& /*event*/) { return std::nullopt; }

  // -- rules --------------------------------------------------------------------------------------

  static exit_outcome outcome_of(const child_rules& rules, const exit_reason& reason) {
    if (rules.restart == restart_type::temporary) {
      return exit_outcome::forget;
    }
    return rules.restart == restart_type::permanent || reason.is_abnormal() ? exit_outcome::restart
                                                                            : exit_outcome::keep;
  }

  void put_aside(std::size_t at) {
    states_[at] =
        rules_[at].restart == restart_type::temporary ? child_state::forgotten : child_state::idle;
  }

  [[nodiscard]] bool shuts_down(std::size_t at) const {
    if (!rules_[at].significant || flags_.auto_shutdown == auto_shutdown_type::never) {
      return false;
    }
    for (std::size_t i = 0; i != rules_.size(); ++i) {
      if (flags_.auto_shutdown == auto_shutdown_type::all_significant && rules_[i].significant &&
          (states_[i] == child_state::running || states_[i] == child_state::retrying)) {
        return false;
      }
    }
    return true;
  }

  void restart(std::size_t at) {
    if (is_one_too_many()) {
      next_ = {{says::gave_up, at}, {says::stopping, 0}};
      return;
    }
    std::size_t first = at;
    std::size_t last = at;
    if (flags_.strategy != restart_strategy::one_for_one) {
      first = flags_.strategy == restart_strategy::one_for_all ? 0 : at;
      last = rules_.size() - 1;
    }
    for (std::size_t i = last + 1; i-- != first;) {
      if (states_[i] == child_state::running) {
        next_.push_back({says::stopped, i});
      }
    }
    for (std::size_t i = first; i <= last; ++i) {
      const bool stops_for_good =
          states_[i] == child_state::running && rules_[i].restart == restart_type::temporary;
      if (states_[i] != child_state::forgotten && !stops_for_good) {
        next_.push_back({says::restarted, i});
      }
      if (states_[i] == child_state::retrying) {
        states_[i] = child_state::idle;
      }
    }
  }

  // OTP counts whole seconds; one that lies exactly a period back counts.
  bool is_one_too_many() {
    const auto tick = tick_of(now_);
    const auto period =
        (flags_.period + flags_.resolution - std::chrono::milliseconds(1)) / flags_.resolution;
    while (!restarts_.empty() && restarts_.front() < tick - period) {
      restarts_.pop_front();
    }
    restarts_.push_back(tick);
    return counts_surely_ && restarts_.size() > flags_.intensity;
  }
  [[nodiscard]] std::int64_t tick_of(time_point when) const {
    return when.time_since_epoch() / flags_.resolution;
  }

  // Nothing was to come, and something came: a restart that had failed is tried again.
  verdict try_again(std::size_t about) {
    if (!next_.empty()) {
      return std::nullopt;
    }
    auto waits = states_.begin() + static_cast<std::ptrdiff_t>(about);
    if (flags_.strategy != restart_strategy::one_for_one) {
      waits = std::find(states_.begin(), states_.end(), child_state::retrying);
    }
    if (waits != states_.end() && *waits == child_state::retrying) {
      *waits = child_state::idle;
      // What is seen first may be seen later than it was decided.
      counts_surely_ = counts_surely_ && tick_of(now_) == tick_of(failed_at_);
      restart(static_cast<std::size_t>(waits - states_.begin()));
    }
    return std::nullopt;
  }

  verdict take_next(says what, std::size_t child) {
    if (next_.empty()) {
      return std::string(text_of(what)) + " '" + name_of(child) + "' for no reason";
    }
    const expectation next = next_.front();
    next_.pop_front();
    if (next.what != what || next.child != child) {
      return std::string(text_of(what)) + " '" + name_of(child) + "' where it should have " +
             text_of(next.what) + " '" + name_of(next.child) + "'";
    }
    return std::nullopt;
  }

  static const char* text_of(says what) {
    switch (what) {
      case says::started:
        return "started";
      case says::supervisor_started:
        return "told that it was ready, with";
      case says::restarted:
        return "restarted";
      case says::stopped:
        return "stopped";
      case says::gave_up:
        return "given up";
      case says::auto_shutdown:
        return "shut down because of";
      case says::stopping:
        return "begun to stop all from";
      case says::supervisor_stopped:
        break;
    }
    return "ended with";
  }

  [[nodiscard]] std::string name_of(std::size_t at) const {
    return at < rules_.size() ? rules_[at].id : std::string("?");
  }
  [[nodiscard]] std::size_t place_of(const child_id& id) const {
    const auto found = std::find_if(rules_.begin(), rules_.end(),
                                    [&](const child_rules& each) { return each.id == id; });
    return static_cast<std::size_t>(found - rules_.begin());
  }

  supervisor_flags flags_;
  std::vector<child_rules> rules_;
  std::vector<child_state> states_;
  std::deque<expectation> next_;
  std::optional<left_child> left_behind_;
  std::deque<std::int64_t> restarts_;
  time_point now_{};
  time_point failed_at_{};
  bool counts_surely_ = true;
};

}  // namespace

invariant supervisor_keeps_its_rules() {
  return {"a supervisor keeps its rules", invariant::moment::at_end,
          [](const run_view& run) -> verdict {
            for (const auto& each : run.supervisors) {
              supervisor_model model(each);
              for (const auto& event : run.events) {
                if (event.supervisor != each.name) {
                  continue;
                }
                if (auto wrong = model.take(event)) {
                  return "supervisor '" + each.name + "': " + *wrong + " (" +
                         to_string(event.what) + ")";
                }
              }
            }
            return std::nullopt;
          }};
}

}  // namespace slipway::harness::invariants
