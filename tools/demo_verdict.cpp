// slipway/tools/demo_verdict.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_verdict.hpp>

#include <csignal>

namespace slipway::tools {
namespace {

bool names_a_kill(const call_error& error) {
  return error.code == call_errc::worker_died && error.effect == call_effect::unknown &&
         error.exit == exit_status{exit_status::kind::signaled, SIGKILL};
}

bool names_a_hang(const call_error& error) {
  return error.code == call_errc::timeout && error.effect == call_effect::unknown;
}

std::string counted(std::uint64_t number, const char* noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

std::size_t demo_tally::begin() {
  std::lock_guard guard(mutex_);
  outcomes_of_.push_back(0);
  return outcomes_of_.size() - 1;
}

void demo_tally::answered(std::size_t request, bool right) {
  std::lock_guard guard(mutex_);
  ++outcomes_of_[request];
  ++(right ? counts_.right : counts_.wrong);
}

void demo_tally::failed(std::size_t request, const call_error& error) {
  std::lock_guard guard(mutex_);
  ++outcomes_of_[request];
  if (names_a_kill(error)) {
    ++counts_.killed;
  } else if (names_a_hang(error)) {
    ++counts_.frozen;
  } else {
    if (counts_.unexplained++ == 0) {
      counts_.first_unexplained = to_string(error);
    }
  }
}

void demo_tally::retried() {
  std::lock_guard guard(mutex_);
  ++counts_.retries;
}

demo_outcomes demo_tally::outcomes() const {
  std::lock_guard guard(mutex_);
  demo_outcomes now = counts_;
  now.requests = outcomes_of_.size();
  for (const auto count : outcomes_of_) {
    now.none += count == 0 ? 1 : 0;
    now.several += count > 1 ? 1 : 0;
  }
  return now;
}

std::vector<std::string> broken_promises(const demo_outcomes& outcomes, const chaos_counts& chaos,
                                         demo_mode mode, processes_left left) {
  std::vector<std::string> broken;
  const auto check = [&](bool holds, const std::string& otherwise) {
    if (!holds) {
      broken.push_back(otherwise);
    }
  };
  check(outcomes.none == 0, counted(outcomes.none, "request") + " got no answer");
  check(outcomes.several == 0, counted(outcomes.several, "request") + " got more than one answer");
  check(outcomes.wrong == 0, counted(outcomes.wrong, "wrong answer"));
  check(outcomes.unexplained == 0,
        counted(outcomes.unexplained, "error") +
            " without a kill in it, the first: " + outcomes.first_unexplained);
  // One worker holds one request, so no kill can cost two.
  check(outcomes.killed <= chaos.kills, "more requests died by SIGKILL than workers were killed");
  check(outcomes.frozen <= chaos.freezes, "more requests timed out than workers were frozen");
  check(mode == demo_mode::plain || outcomes.right == outcomes.requests,
        "requests failed in spite of their retries");
  check(chaos.kills > 0 && outcomes.right > 0, "too little happened to prove anything");
  check(left == processes_left::no, "worker processes are left");
  return broken;
}

std::string proven_text(const demo_outcomes& outcomes, const chaos_counts& chaos,
                        std::uint64_t replacements) {
  constexpr const char* next_line = "\n          ";
  std::string text = counted(outcomes.requests, "request") +
                     ", each with exactly one outcome:" + next_line +
                     counted(outcomes.right, "right answer");
  if (outcomes.killed + outcomes.frozen > 0) {
    text += ", " + std::to_string(outcomes.killed) + " worker_died by signal 9, " +
            counted(outcomes.frozen, "timeout") + " of a frozen worker";
  }
  text += "; none wrong, none lost";
  if (outcomes.retries > 0) {
    text += ", " + std::to_string(outcomes.retries) + " retried";
  }
  return text + next_line + counted(chaos.kills, "worker") + " killed, " +
         std::to_string(chaos.freezes) + " frozen, " + std::to_string(replacements) +
         " replaced; no process is left";
}

}  // namespace slipway::tools
